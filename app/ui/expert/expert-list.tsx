export function ExpertList() {
  return null;
}
