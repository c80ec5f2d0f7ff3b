/** The 3 px swatch of a protocol: its own hue where the tokens give one, else one of four by a stable hash of the id. */
const OWN: ReadonlySet<string> = new Set(['mana', 'muddery', 'fco', 'mjsonp', 'socketchat']);

export function swatchClass(protocol: string): string {
  if (protocol === '') return 'sw';
  if (OWN.has(protocol)) return `sw ${protocol}`;
  let hash = 0;
  for (let i = 0; i < protocol.length; i++) hash = (hash * 31 + protocol.charCodeAt(i)) >>> 0;
  return `sw id-${(hash % 4) + 1}`;
}
