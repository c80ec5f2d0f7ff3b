/** Writes a message a rule or a user asked for: composed by the protocol, or bytes as they are. */
import type { Direction, Protocol } from '../protocol/protocol.ts';
import type { Template } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';

/** @throws EngineError `not-encodable` or `bad-request` with a sentence. */
export function writeTemplate(
  place: { readonly protocol: Protocol | undefined; readonly state: unknown },
  template: Template,
  direction: Direction,
): Uint8Array {
  if ('hex' in template) return bytesOfHex(template.hex);
  if ('text' in template) return new TextEncoder().encode(template.text);
  const { protocol, state } = place;
  if (protocol === undefined) {
    const why = `The connection's protocol is not known, so ${template.message} cannot be composed; give its bytes as hex or text.`;
    throw new EngineError('not-encodable', why);
  }
  try {
    return protocol.encode({ message: template.message, fields: template.fields }, direction, state).bytes;
  } catch (error) {
    throw new EngineError('not-encodable', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** @throws EngineError `bad-request` when the text is not pairs of hex digits (blanks and colons may stand between). */
export function bytesOfHex(text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new EngineError('bad-request', `${JSON.stringify(text.slice(0, 40))} is not hexadecimal bytes.`);
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
