/** Both directions of a captured WebSocket connection, from its upgrade on. */
import {
  type DeflateParameters,
  deflateParameters,
  handshakeDetails,
  isUpgradeRequest,
  isUpgradeResponse,
  readHttpHead,
} from '../protocol/websocket/handshake.ts';
import { MessageAssembler, type WebSocketMessage } from '../protocol/websocket/messages.ts';
import { createWireFrameReader, type WireFrameReader } from '../protocol/websocket/wire-frames.ts';
import type { Direction } from '../traffic/frame.ts';
import type { Payload } from './stream-pair.ts';

export interface Handshake {
  readonly requestSize: number;
  readonly responseSize: number;
  readonly path: string;
  readonly details: Record<string, string>;
  readonly deflate: DeflateParameters | undefined;
}

/** `no`: not an upgrade; `incomplete`: it may become one. */
export function readHandshake(toServer: Uint8Array, toClient: Uint8Array): Handshake | 'incomplete' | 'no' {
  const request = readHttpHead(toServer);
  if (request === 'no' || toServer.length === 0) return 'no';
  if (request === 'incomplete') return 'incomplete';
  if (!isUpgradeRequest(request)) return 'no';
  const response = readHttpHead(toClient);
  if (response === 'incomplete' || toClient.length === 0) return 'incomplete';
  if (response === 'no' || !isUpgradeResponse(response)) return 'no';
  return {
    requestSize: request.size,
    responseSize: response.size,
    path: request.startLine.split(' ')[1] ?? '/',
    details: handshakeDetails(request, response),
    deflate: deflateParameters(response.headers.get('sec-websocket-extensions')),
  };
}

interface Half {
  readonly wire: WireFrameReader;
  readonly assembler: MessageAssembler;
}
const NONE = new Uint8Array(0);

export class WebSocketPair {
  readonly #halves: Record<Direction, Half>;

  constructor({ deflate }: Handshake) {
    const half = (noContextTakeover: boolean): Half => ({
      wire: createWireFrameReader(),
      assembler: new MessageAssembler(deflate === undefined ? {} : { deflate: { noContextTakeover } }),
    });
    this.#halves = {
      toServer: half(deflate?.clientNoContextTakeover ?? false),
      toClient: half(deflate?.serverNoContextTakeover ?? false),
    };
  }

  push(direction: Direction, chunk: Uint8Array): Payload[] {
    const { wire, assembler } = this.#halves[direction];
    return wire
      .push(chunk)
      .flatMap((frame) => assembler.push(frame))
      .map(toPayload);
  }

  end(direction: Direction): Payload[] {
    const { wire, assembler } = this.#halves[direction];
    const payloads: Payload[] = [];
    const open = assembler.end();
    if (open !== undefined) payloads.push(toPayload(open));
    const rest = wire.end();
    if (rest !== undefined) {
      const expert = [
        {
          severity: 'warning',
          group: 'transport',
          code: 'truncated',
          text: 'the stream ended in the middle of this WebSocket frame',
        } as const,
      ];
      payloads.push({
        bytes: rest,
        head: NONE,
        tail: NONE,
        carrier: { opcode: 'binary', compressed: false, fragments: 1 },
        expert,
      });
    }
    return payloads;
  }
}

function toPayload({ opcode, payload, compressed, fragments, expert }: WebSocketMessage): Payload {
  return { bytes: payload, head: NONE, tail: NONE, carrier: { opcode, compressed, fragments }, expert };
}
