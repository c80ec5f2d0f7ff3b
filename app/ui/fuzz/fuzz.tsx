export function Fuzz() {
  return null;
}
