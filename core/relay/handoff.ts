/**
 * Handoffs: messages that tell the client to connect elsewhere. Finds them, and writes the message anew with the address of a
 * listener of ours, every other byte as it was.
 */
import { getPath, setPath } from '../schema/path.ts';
import type { Direction, DissectedMessage, Handoff, Protocol } from '../protocol/protocol.ts';
import type { Meaning } from './meaning.ts';

/** One place in a message that names a server. */
export interface HandoffFound {
  readonly handoff: Handoff;
  readonly message: DissectedMessage;
  readonly host: string;
  readonly port: number;
  readonly token: unknown;
}

export function handsOff(protocol: Protocol | undefined, direction: Direction): boolean {
  return protocol?.handoffs.some((h) => h.direction === direction) === true;
}

/** A refusal and the like have no address: they lead nowhere. */
export function findHandoffs(meaning: Meaning, direction: Direction): readonly HandoffFound[] {
  const found: HandoffFound[] = [];
  for (const handoff of meaning.protocol.handoffs) {
    if (handoff.direction !== direction) continue;
    for (const message of meaning.dissected.messages) {
      if (message.name !== handoff.message) continue;
      const host = getPath(message.fields, handoff.address);
      const port = Number(getPath(message.fields, handoff.port));
      if (typeof host !== 'string' || !Number.isInteger(port) || port < 1 || port > 65_535) continue;
      const token = handoff.token === undefined ? undefined : getPath(message.fields, handoff.token);
      found.push({ handoff, message, host, port, token });
    }
  }
  return found;
}

export interface Detour {
  readonly found: HandoffFound;
  readonly host: string;
  readonly port: number;
}

/**
 * The payload with each detour's address and port in place of the server's.
 * @throws Error when the protocol cannot encode it.
 */
export function rewriteHandoffs(
  payload: Uint8Array,
  meaning: Meaning,
  direction: Direction,
  detours: readonly Detour[],
): Uint8Array {
  let bytes = payload;
  const messages = new Set(detours.map((d) => d.found.message));
  for (const message of messages) {
    let { fields } = message;
    for (const { found, host, port } of detours) {
      if (found.message !== message) continue;
      const before = getPath(fields, found.handoff.port);
      fields = setPath(fields, found.handoff.address, host);
      fields = setPath(fields, found.handoff.port, typeof before === 'string' ? String(port) : port);
    }
    bytes = meaning.protocol.encode({ message: message.name!, fields }, direction, meaning.state, {
      original: bytes,
    }).bytes;
  }
  return bytes;
}
