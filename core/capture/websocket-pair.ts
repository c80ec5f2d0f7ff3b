/** Both directions of a captured WebSocket connection, from its upgrade on, or from wherever the capture began. */
import {
  type DeflateParameters,
  deflateParameters,
  handshakeDetails,
  isUpgradeRequest,
  isUpgradeResponse,
  readHttpHead,
} from '../protocol/websocket/handshake.ts';
import { MessageAssembler, type WebSocketMessage } from '../protocol/websocket/messages.ts';
import { createWireFrameReader, headersOf, type WireFrameReader } from '../protocol/websocket/wire-frames.ts';
import type { Direction } from '../traffic/frame.ts';
import type { Sample } from '../protocol/protocol.ts';
import type { Payload } from './stream-pair.ts';

const NONE = new Uint8Array(0);

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

/** A connection whose upgrade was before the capture began. What it agreed on is not known: compression is taken for none. */
export const UPGRADED_BEFORE: Handshake = {
  requestSize: 0,
  responseSize: 0,
  path: '',
  details: {},
  deflate: undefined,
};

/** The messages of both directions so far, text and binary. */
export function messagesWithin({ toServer, toClient }: Sample, handshake: Handshake): Sample[] {
  const pair = new WebSocketPair(handshake);
  const said = (direction: Direction, bytes: Uint8Array): Sample[] =>
    pair
      .push(direction, bytes)
      .filter(({ carrier }) => 'opcode' in carrier && (carrier.opcode === 'text' || carrier.opcode === 'binary'))
      .map(({ bytes: message }) => ({ toServer: NONE, toClient: NONE, [direction]: message }));
  return [
    ...said('toServer', toServer.subarray(handshake.requestSize)),
    ...said('toClient', toClient.subarray(handshake.responseSize)),
  ];
}

/**
 * The first message of each direction, where both streams are nothing but whole WebSocket frames without a fault, masked by the
 * client and by nobody else: a connection that was upgraded before.
 */
export function readFrames(toServer: Uint8Array, toClient: Uint8Array): Sample | undefined {
  const server = firstMessage(toServer, true);
  const client = firstMessage(toClient, false);
  if (server === undefined || client === undefined || server.length + client.length === 0) return undefined;
  return { toServer: server, toClient: client };
}

/** Empty: only control frames so far; undefined: no frames. */
function firstMessage(bytes: Uint8Array, masked: boolean): Uint8Array | undefined {
  const assembler = new MessageAssembler({});
  let first: Uint8Array | undefined;
  for (const frame of createWireFrameReader().push(bytes)) {
    if (frame.broken !== undefined || frame.masked !== masked) return undefined;
    for (const { opcode, payload, expert } of assembler.push(frame)) {
      if (expert.length > 0) return undefined;
      if (opcode === 'text' || opcode === 'binary') first ??= payload;
    }
  }
  return first ?? NONE;
}

interface Half {
  readonly wire: WireFrameReader;
  readonly assembler: MessageAssembler;
}

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

function toPayload({ opcode, payload, compressed, fragments, expert, wire }: WebSocketMessage): Payload {
  const carrier = { opcode, compressed, fragments };
  return { bytes: payload, head: NONE, tail: NONE, headers: headersOf(wire), carrier, expert };
}
