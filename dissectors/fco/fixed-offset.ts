/**
 * The client does not parse to find the command: it reads characters 11 to 13 of the text as the number. What the server sends
 * must therefore begin with `{"command":` and three digits.
 */
import type { ExpertInfo } from '../../core/schema/expert-info.ts';

const HEAD = new TextEncoder().encode('{"command":');
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Why the client cannot read the text's command; undefined when it can. */
export function offsetProblem(bytes: Uint8Array): ExpertInfo | undefined {
  const head = HEAD.every((byte, index) => bytes[index] === byte);
  const digits = [0, 1, 2].every((index) => isDigit(bytes[HEAD.length + index]));
  const next = bytes[HEAD.length + 3];
  if (head && digits && (next === 0x2c || next === 0x7d)) return undefined;
  const why = head
    ? 'the number does not have three digits'
    : 'the text does not begin with {"command": and nothing between';
  return {
    severity: 'warning',
    group: 'schema',
    code: 'fixed-offset',
    text: `The client reads characters 11 to 13 as the command and will not understand this: ${why}.`,
    path: 'command',
    range: [0, Math.min(bytes.length, HEAD.length + 4)],
  };
}
