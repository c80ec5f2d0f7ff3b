/** The meaning of a live connection's frames: protocol state followed frame by frame, and payloads written anew for it. */
import { wrapPayload } from '../protocol/framer.ts';
import type { Direction, Dissected, DissectedMessage, Link, Memory, Protocol } from '../protocol/protocol.ts';
import { formatPath, getPath, setPath } from '../schema/path.ts';
import type { Connection } from '../traffic/frame.ts';
import type { Replacement } from './binding-table.ts';
import { isSame } from './leaves.ts';
import type { RecordedConnection, RecordedFrame } from './recording.ts';

const UNREAD: readonly DissectedMessage[] = [{ name: null, fields: undefined, range: [0, 0], path: '' }];

export interface Understood {
  readonly messages: readonly DissectedMessage[];
  readonly dissected: Dissected | undefined;
  readonly summary: string;
}

export function linkOf({ connection }: RecordedConnection, live?: Partial<Connection>): Link {
  const { path } = connection.details;
  return {
    transport: connection.transport,
    serverPort: live?.server?.port ?? connection.server.port,
    clientPort: connection.client.port,
    ...(typeof path === 'string' ? { path } : {}),
    ...(connection.role === undefined ? {} : { role: connection.role }),
  };
}

export class Conversation {
  readonly protocol: Protocol | undefined;
  #state: unknown;
  readonly #memory: Memory;

  /** @param recorded what the connection was in the recording: the live one is read as the same protocol */
  constructor(recorded: RecordedConnection, memory: Memory) {
    this.protocol = recorded.protocol;
    this.#memory = memory;
    if (this.protocol === undefined) return;
    // By the recorded port: what a message means may hang on it, and a test server listens anywhere.
    const link = linkOf(recorded);
    try {
      this.#state = this.protocol.start(link, recorded.options);
    } catch {
      this.#state = this.protocol.start(link, {});
    }
  }

  get state(): unknown {
    return this.#state;
  }

  see(bytes: Uint8Array, direction: Direction): Understood {
    const { protocol } = this;
    if (protocol === undefined) return { messages: UNREAD, dissected: undefined, summary: '' };
    const state = this.#state as never;
    const dissected = protocol.dissect(bytes, direction, state);
    this.#state = protocol.next(state, direction, dissected, bytes, this.#memory);
    const [first] = dissected.messages;
    const messages = first === undefined ? UNREAD : dissected.messages;
    return { messages, dissected, summary: first === undefined ? '' : protocol.summary(first, direction) };
  }

  /**
   * The recorded payload with other values in it, spelled as it was. Undefined when the protocol cannot write them; what it can
   * write is written.
   */
  rewrite(
    frame: RecordedFrame,
    replacements: readonly (readonly Replacement[])[],
  ): { readonly bytes: Uint8Array; readonly failed: readonly string[] } {
    let { bytes } = frame;
    const failed: string[] = [];
    replacements.forEach((list, index) => {
      if (list.length === 0) return;
      const message = frame.messages[index];
      const written = message === undefined ? undefined : this.#encode(bytes, frame, message, index, list);
      if (written === undefined) failed.push(...list.map((one) => formatPath(one.path)));
      else bytes = written;
    });
    return { bytes, failed };
  }

  #encode(
    bytes: Uint8Array,
    frame: RecordedFrame,
    message: DissectedMessage,
    index: number,
    list: readonly Replacement[],
  ): Uint8Array | undefined {
    const { protocol } = this;
    if (protocol === undefined || message.name === null) return undefined;
    let fields = message.fields;
    for (const { path, value } of list) fields = setPath(fields, path, value);
    // The state of then knows the message as it was; the live one what became of the protocol since.
    for (const state of [frame.state, this.#state]) {
      try {
        const composed = { message: message.name, fields };
        const encoded = protocol.encode(composed, frame.direction, state as never, { original: bytes });
        const again = protocol.dissect(encoded.bytes, frame.direction, state as never).messages[index];
        if (again !== undefined && list.every(({ path, value }) => isSame(getPath(again.fields, path), value))) {
          return encoded.bytes;
        }
      } catch {
        // Not in this state: try the other.
      }
    }
    return undefined;
  }
}

/** The bytes of a frame on a stream: with the delimiters it had where they still fit. */
export function wireOf(recorded: RecordedConnection, frame: RecordedFrame, bytes: Uint8Array): Uint8Array {
  const { framing } = recorded;
  const { head, tail } = frame;
  // A length in front depends on the payload; a delimiter does not.
  const keepsDelimiters = framing.kind === 'lines' || framing.kind === 'nul' || framing.kind === 'json';
  const wasDelimited = head.length + tail.length > 0;
  if (!wasDelimited || (bytes !== frame.bytes && !keepsDelimiters)) return wrapPayload(framing, bytes);
  const wire = new Uint8Array(head.length + bytes.length + tail.length);
  wire.set(head);
  wire.set(bytes, head.length);
  wire.set(tail, head.length + bytes.length);
  return wire;
}
