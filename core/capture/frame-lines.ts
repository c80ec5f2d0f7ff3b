/** JSON lines of frames, as `decode --format jsonl` and the export write them → connections and frames. */
import { fromHex } from '../schema/characters.ts';
import type { Carrier, Connection, Endpoint, Fate, Origin, Transport } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import { applyHint, parseHint } from './packet-hint.ts';

const NONE = new Uint8Array(0);
const TRANSPORTS: readonly string[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];

/** True when the first line looks like a frame's. */
export function isFrameLines(text: string): boolean {
  const line = text.slice(0, Math.max(0, text.indexOf('\n') >>> 0)) || text;
  return /^\s*\{/.test(line) && line.includes('"conn":') && line.includes('"dir":') && line.includes('"bytes"');
}

/** Takes lines one by one, so that a file of any length is read in a stream. */
export class FrameLineReader {
  readonly problems: string[] = [];
  readonly #sink: TrafficSink;
  /** Numbers in the file → ours. */
  readonly #connections = new Map<unknown, number>();
  #line = 0;
  #last = 0;
  began: number | undefined;

  constructor(sink: TrafficSink) {
    this.#sink = sink;
  }

  line(text: string): void {
    this.#line++;
    if (text.trim() === '') return;
    try {
      this.#read(JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      if (this.problems.length < 20) this.problems.push(`line ${this.#line} is no frame: ${(error as Error).message}`);
    }
  }

  end(): void {
    for (const id of this.#connections.values()) this.#sink.closed(id, this.#last, 'log ended');
  }

  #read(value: Record<string, unknown>): void {
    const { time, conn, dir, transport, src, dst, carrier, protocol, origin, fate, sent, bytes, gapBefore } = value;
    if (dir !== 'c2s' && dir !== 's2c') throw new Error('"dir" is "c2s" or "s2c"');
    if (bytes === undefined && Array.isArray(value['commands'])) return; // what brought no frame
    if (typeof bytes !== 'string') throw new Error('"bytes" is missing');
    const payload = fromHex(bytes);
    const at = typeof time === 'number' && Number.isFinite(time) ? time : this.#last;
    this.#last = at;
    this.began ??= at;
    const isToServer = dir === 'c2s';
    let id = this.#connections.get(conn);
    if (id === undefined) {
      id = this.#sink.nextConnectionId();
      this.#connections.set(conn, id);
      const [client, server] = isToServer ? [src, dst] : [dst, src];
      const connection: Connection = {
        id,
        transport: TRANSPORTS.includes(transport as string) ? (transport as Transport) : 'tcp',
        client: endpointOf(client),
        server: endpointOf(server),
        protocol: typeof protocol === 'string' ? protocol : '',
        opened: at,
        details: {},
      };
      this.#sink.opened(connection);
    }
    const { comment, mark } = value;
    // The same check as for what stands beside packets: a file may hold anything.
    const said = parseHint(JSON.stringify({ frame: { origin, fate, sent, carrier, mark } }))?.frame ?? {};
    applyHint(
      this.#sink,
      {
        conn: id,
        direction: isToServer ? 'toServer' : 'toClient',
        time: at,
        mono: Math.max(0, Math.round((at - this.began) * 1e6)),
        carrier: (said.carrier ?? {}) as Carrier,
        bytes: payload,
        head: NONE,
        tail: NONE,
        origin: (said.origin ?? 'wire') as Origin,
        fate: (said.fate ?? 'forwarded') as Fate,
        expert: [],
        ...(typeof gapBefore === 'number' && gapBefore > 0 ? { gapBefore } : {}),
      },
      { frame: said, ...(typeof comment === 'string' ? { comment } : {}) },
    );
  }
}

function endpointOf(value: unknown): Endpoint {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(typeof value === 'string' ? value : '');
  return match === null
    ? { address: '', port: 0 }
    : { address: match[1] ?? match[2] ?? '', port: Math.min(65_535, Number(match[3])) };
}
