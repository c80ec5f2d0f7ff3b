/** Bytes and their writings. */

export function bytesFromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return out;
}

export function hexOf(bytes: Uint8Array, separator = ''): string {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += (i === 0 ? '' : separator) + HEX[bytes[i] ?? 0];
  return out;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function hexByte(value: number): string {
  return HEX[value & 0xff] ?? '00';
}

/** Printable ASCII, or a middle dot. */
export function asciiOf(value: number): string {
  return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '·';
}

/** `{ 0x02, 0x80 }`, twelve to a line. */
export function cArray(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += 12) {
    lines.push(`  ${[...bytes.subarray(i, i + 12)].map((byte) => `0x${hexByte(byte)}`).join(', ')}`);
  }
  return `{\n${lines.join(',\n')}\n}`;
}

/** What a person typed as hex: spaces, commas, `0x` and line breaks are let through. */
export function parseHexText(
  text: string,
): { readonly hex: string } | { readonly problem: 'odd' | 'digit'; readonly at: number } {
  let hex = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (/[\s,;:{}]/.test(char)) continue;
    if (char === '0' && /[xX]/.test(text[i + 1] ?? '')) {
      i++;
      continue;
    }
    if (!/[0-9a-fA-F]/.test(char)) return { problem: 'digit', at: i };
    hex += char.toLowerCase();
  }
  return hex.length % 2 === 0 ? { hex } : { problem: 'odd', at: text.length };
}
