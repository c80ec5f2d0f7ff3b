/** Blind damage to bytes: bits flipped, pieces cut, doubled, swapped, overwritten. For bytes without a schema, and beside it. */
import { concat } from './content.ts';
import type { Roll } from './roll.ts';

const INTERESTING: readonly number[] = [
  0x00, 0x01, 0x0a, 0x20, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
];

type Damage = (bytes: Uint8Array, roll: Roll) => Uint8Array;

const DAMAGES: readonly Damage[] = [
  (bytes, roll) => changed(bytes, roll, (byte) => byte ^ (1 << roll(8))),
  (bytes, roll) => changed(bytes, roll, () => INTERESTING[roll(INTERESTING.length)] as number),
  (bytes, roll) => changed(bytes, roll, (byte) => byte + roll(16) + 1),
  (bytes, roll) => changed(bytes, roll, (byte) => byte - roll(16) - 1),
  (bytes, roll) => changed(bytes, roll, () => roll(256)),
  // A run removed.
  (bytes, roll) => {
    const [start, end] = run(bytes, roll);
    return concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  // A run doubled.
  (bytes, roll) => {
    const [start, end] = run(bytes, roll);
    return concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  // Random bytes put in.
  (bytes, roll) => {
    const at = roll(bytes.length + 1);
    const more = Uint8Array.from({ length: roll(8) + 1 }, () => roll(256));
    return concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  // A run moved.
  (bytes, roll) => {
    const [start, end] = run(bytes, roll);
    const rest = concat([bytes.subarray(0, start), bytes.subarray(end)]);
    const at = roll(rest.length + 1);
    return concat([rest.subarray(0, at), bytes.subarray(start, end), rest.subarray(at)]);
  },
  (bytes, roll) => bytes.slice(0, roll(bytes.length + 1)),
  // A digit changed: what text protocols count with.
  (bytes, roll) => {
    const digits: number[] = [];
    bytes.forEach((byte, at) => {
      if (byte >= 0x30 && byte <= 0x39) digits.push(at);
    });
    const out = bytes.slice();
    const at = digits[roll(digits.length)];
    if (at !== undefined) out[at] = 0x30 + roll(10);
    return out;
  },
];

function changed(bytes: Uint8Array, roll: Roll, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(change(0));
  const out = bytes.slice();
  const at = roll(out.length);
  out[at] = change(out[at] as number);
  return out;
}

function run(bytes: Uint8Array, roll: Roll): [number, number] {
  const start = roll(bytes.length + 1);
  const most = Math.min(bytes.length - start, roll(4) === 0 ? bytes.length : 16);
  return [start, start + (most === 0 ? 0 : roll(most) + 1)];
}

/** One to `most` damages in a row; differs from the input whenever it has a byte. At most 64 bytes longer per damage. */
export function havoc(bytes: Uint8Array, roll: Roll, most = 6): Uint8Array {
  let out: Uint8Array = bytes;
  const rounds = roll(most) + 1;
  for (let round = 0; round < rounds; round += 1) {
    const damage = DAMAGES[roll(DAMAGES.length)] as Damage;
    const made = damage(out, roll);
    out = made.length > bytes.length * 4 + 1024 ? made.slice(0, bytes.length * 4 + 1024) : made;
  }
  const same = out.length === bytes.length && out.every((byte, at) => byte === bytes[at]);
  return same ? changed(bytes, roll, (byte) => byte ^ 0x80) : out;
}
