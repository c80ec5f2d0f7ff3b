/** IP addresses as text → bytes. */

/** 4 or 16 bytes; undefined when the text is no IP address. An IPv4 address written as IPv6 (`::ffff:1.2.3.4`) comes out as IPv4. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  const plain = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return parseDotted(plain);
  const halves = plain.split('::');
  if (halves.length > 2) return undefined;
  const [before, after] = halves.map(groupsOf);
  if (before === undefined || (halves.length === 2 && after === undefined)) return undefined;
  const missing = 8 - before.length - (after?.length ?? 0);
  if (halves.length === 2 ? missing < 0 : missing !== 0) return undefined;
  const groups = [...before, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0), ...(after ?? [])];
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff ? bytes.slice(12) : bytes;
}

/** An IPv4 address in the form IPv6 packets have it. */
export function asIpv6(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...address);
}

function parseDotted(text: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1).map(Number);
  return parts?.every((part) => part <= 255) === true ? Uint8Array.from(parts) : undefined;
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const dotted = i === parts.length - 1 && part.includes('.') ? parseDotted(part) : undefined;
    if (dotted !== undefined) groups.push((dotted[0]! << 8) | dotted[1]!, (dotted[2]! << 8) | dotted[3]!);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
