/**
 * WebSocket on a byte stream: the HTTP upgrade and plain HTTP pass as they are; after an upgrade, messages are read beside the
 * bytes. Unedited messages keep their very bytes. After the first edit in a direction whose compression keeps its context,
 * the rest of that direction is deflated anew, since the peers' contexts differ from then on.
 */
import {
  type DeflateParameters,
  deflateParameters,
  handshakeDetails,
  type HttpHead,
  isUpgradeRequest,
  isUpgradeResponse,
  readHttpHead,
} from '../protocol/websocket/handshake.ts';
import { MessageAssembler, type WebSocketMessage } from '../protocol/websocket/messages.ts';
import { MessageDeflater } from '../protocol/websocket/deflater.ts';
import {
  createWireFrameReader,
  headersOf,
  OPCODE,
  type WireFrame,
  type WireFrameReader,
  writeWireFrame,
} from '../protocol/websocket/wire-frames.ts';
import { createDice, type Dice } from '../traffic/clock.ts';
import type { Carrier, Direction, WebSocketCarrier } from '../traffic/frame.ts';
import { type Codec, concat, type Unit } from './codec.ts';

/** Told once the server has answered the first request of the connection. */
export interface HandshakeSeen {
  readonly upgraded: boolean;
  readonly path: string;
  readonly details: Readonly<Record<string, string>>;
  /** The server's status line. */
  readonly response: string;
}

const EMPTY: Uint8Array = new Uint8Array(0);
const RSV1 = 4;

class Handshake {
  request: HttpHead | undefined;
  state: 'open' | 'plain' | 'waiting' = 'plain';
  deflate: DeflateParameters | undefined;
  readonly #seen: (seen: HandshakeSeen) => void;
  #told = false;

  constructor(seen: (seen: HandshakeSeen) => void) {
    this.#seen = seen;
  }

  answered(response: HttpHead): void {
    const { request } = this;
    if (request === undefined) return;
    const upgraded = this.state === 'waiting' && isUpgradeResponse(response);
    if (upgraded) this.deflate = deflateParameters(response.headers.get('sec-websocket-extensions'));
    const before = this.state;
    this.state = upgraded ? 'open' : 'plain';
    if (this.#told && !upgraded && before !== 'waiting') return;
    this.#told = true;
    const path = request.startLine.split(' ')[1] ?? '';
    const details = handshakeDetails(request, response);
    this.#seen({ upgraded, path, details, response: response.startLine });
  }
}

/** One connection's two codecs. `seed`: of the masks we make up. */
export function createWebSocketCodecs(
  seen: (seen: HandshakeSeen) => void,
  seed = 1,
): Readonly<Record<Direction, Codec>> {
  const handshake = new Handshake(seen);
  return {
    toServer: new WebSocketCodec('toServer', handshake, createDice(seed)),
    toClient: new WebSocketCodec('toClient', handshake, createDice(seed)),
  };
}

class WebSocketCodec implements Codec {
  readonly #direction: Direction;
  readonly #handshake: Handshake;
  readonly #dice: Dice;
  /** HTTP bytes whose meaning is not known yet. */
  #buffer: Uint8Array = EMPTY;
  #reader: WireFrameReader | undefined;
  #assembler = new MessageAssembler();
  /** Wire bytes of the message that is not complete yet. */
  #span: Uint8Array[] = [];
  #spanBytes = 0;
  #takesOver = false;
  #windowBits = 15;
  /** Ours, once the sender's context no longer fits what the receiver has seen. */
  #deflater: MessageDeflater | undefined;
  #lastOpcode: 'text' | 'binary' = 'text';

  constructor(direction: Direction, handshake: Handshake, dice: Dice) {
    this.#direction = direction;
    this.#handshake = handshake;
    this.#dice = dice;
  }

  get pending(): number {
    return this.#buffer.length + this.#spanBytes + (this.#reader?.pending ?? 0);
  }

  get isOpen(): boolean {
    return this.#handshake.state === 'open';
  }

  push(chunk: Uint8Array): readonly Unit[] {
    const units: Unit[] = [];
    if (this.#reader !== undefined) this.#frames(chunk, units);
    else this.#http(chunk, units);
    return units;
  }

  end(): readonly Unit[] {
    const units: Unit[] = [];
    if (this.#buffer.length > 0) this.#http(EMPTY, units, true);
    const rest = this.#reader?.end();
    const message = this.#assembler.end();
    if (message !== undefined) units.push(this.#unit(message, this.#takeSpan(rest)));
    else if (rest !== undefined) {
      const text = 'the stream ended in the middle of this WebSocket frame';
      units.push({
        ...passage(rest),
        isFrame: true,
        carrier: { opcode: 'binary', compressed: false, fragments: 1 },
        expert: [{ severity: 'warning', group: 'transport', code: 'unfinished-message', text }],
      });
    }
    return units;
  }

  refuse(): undefined {
    return undefined;
  }

  carrierOf(carrier: Partial<Carrier>): Carrier {
    const { opcode, compressed, fragments } = carrier as Partial<WebSocketCarrier>;
    const isControl = opcode === 'ping' || opcode === 'pong' || opcode === 'close';
    return {
      opcode: opcode ?? this.#lastOpcode,
      compressed: compressed === true && !isControl && this.#handshake.deflate !== undefined,
      fragments: isControl ? 1 : Math.max(1, Math.floor(fragments ?? 1)),
    };
  }

  wrap(payload: Uint8Array, carrier: Carrier): Uint8Array {
    const { opcode, compressed, fragments } = carrier as WebSocketCarrier;
    const body = compressed ? this.#deflate(payload) : payload;
    const parts = Math.min(Math.max(1, fragments), Math.max(1, body.length));
    const size = Math.ceil(body.length / parts);
    const wire: Uint8Array[] = [];
    for (let i = 0; i < parts; i++) {
      const part = body.subarray(i * size, (i + 1) * size);
      wire.push(
        writeWireFrame(part, i === 0 ? OPCODE[opcode] : OPCODE.continuation, {
          fin: i === parts - 1,
          rsv: i === 0 && compressed ? RSV1 : 0,
          ...this.#mask(),
        }),
      );
    }
    return concat(wire);
  }

  pass(unit: Unit): Uint8Array {
    if (this.#deflater === undefined || !unit.isFrame || !(unit.carrier as WebSocketCarrier).compressed)
      return unit.raw;
    // It could not be inflated: nobody can do better than pass it on.
    if (unit.expert.some((e) => e.code === 'not-deflate')) return unit.raw;
    return this.wrap(unit.payload, unit.carrier);
  }

  again(unit: Unit): Uint8Array {
    return (unit.carrier as WebSocketCarrier).compressed && this.#takesOver
      ? this.wrap(unit.payload, unit.carrier)
      : unit.raw;
  }

  skip(unit: Unit): void {
    if ((unit.carrier as WebSocketCarrier).compressed && this.#takesOver) this.#deflater ??= this.#newDeflater();
  }

  // ---- HTTP ------------------------------------------------------------------------------------------------------------

  #http(chunk: Uint8Array, units: Unit[], final = false): void {
    const handshake = this.#handshake;
    this.#buffer = this.#buffer.length === 0 ? chunk : concat([this.#buffer, chunk]);
    if (this.#direction === 'toServer' && handshake.state === 'open') return this.#open(units);
    // Sent ahead of the server's answer: what it is shows when the answer is there.
    if (this.#direction === 'toServer' && handshake.state === 'waiting' && !final) return;
    const head = readHttpHead(this.#buffer);
    if (head === 'incomplete' && !final) return;
    if (typeof head === 'string') return this.#pass(this.#buffer.length, units);
    if (this.#direction === 'toServer') {
      handshake.request = head;
      if (!isUpgradeRequest(head)) return this.#pass(this.#buffer.length, units);
      handshake.state = 'waiting';
      this.#pass(head.size, units);
    } else {
      // 100 Continue and the like announce another answer.
      if (!/^HTTP\/1\.1 1(?!01)/.test(head.startLine)) handshake.answered(head);
      if (handshake.state !== 'open') return this.#pass(this.#buffer.length, units);
      this.#pass(head.size, units);
      this.#open(units);
    }
  }

  #pass(size: number, units: Unit[]): void {
    if (size === 0) return;
    units.push(passage(this.#buffer.subarray(0, size)));
    this.#buffer = this.#buffer.subarray(size);
  }

  #open(units: Unit[]): void {
    const { deflate } = this.#handshake;
    if (deflate !== undefined) {
      const toServer = this.#direction === 'toServer';
      this.#takesOver = !(toServer ? deflate.clientNoContextTakeover : deflate.serverNoContextTakeover);
      this.#windowBits = toServer ? deflate.clientMaxWindowBits : deflate.serverMaxWindowBits;
      this.#assembler = new MessageAssembler({ deflate: { noContextTakeover: !this.#takesOver } });
    }
    this.#reader = createWireFrameReader();
    const rest = this.#buffer;
    this.#buffer = EMPTY;
    if (rest.length > 0) this.#frames(rest, units);
  }

  // ---- messages --------------------------------------------------------------------------------------------------------

  #frames(chunk: Uint8Array, units: Unit[]): void {
    for (const frame of this.#reader!.push(chunk)) {
      const inside = this.#assembler.isOpen && frame.opcode >= 8;
      const messages = this.#assembler.push(frame);
      if (inside) {
        // A control frame between fragments is a frame of its own whose bytes belong to the message around it.
        for (const message of messages) units.push(this.#unit(message, EMPTY));
        this.#keep(frame.raw);
        continue;
      }
      this.#whole(frame, messages, units);
    }
  }

  #whole(frame: WireFrame, messages: readonly WebSocketMessage[], units: Unit[]): void {
    const complete = !this.#assembler.isOpen;
    if (messages.length === 0) {
      this.#keep(frame.raw);
      return;
    }
    for (const [i, message] of messages.entries()) {
      const isLast = i === messages.length - 1;
      const takesFrame = message.wire.includes(frame);
      if (takesFrame && isLast) units.push(this.#unit(message, this.#takeSpan(frame.raw)));
      else units.push(this.#unit(message, this.#takeSpan()));
    }
    // A message cut short by this frame, which begins the next one.
    if (!complete && !messages.at(-1)!.wire.includes(frame)) this.#keep(frame.raw);
  }

  #keep(raw: Uint8Array): void {
    this.#span.push(raw);
    this.#spanBytes += raw.length;
  }

  #takeSpan(last?: Uint8Array): Uint8Array {
    if (this.#span.length === 0) return last ?? EMPTY;
    const raw = concat(last === undefined ? this.#span : [...this.#span, last]);
    this.#span = [];
    this.#spanBytes = 0;
    return raw;
  }

  #unit(message: WebSocketMessage, raw: Uint8Array): Unit {
    const { opcode, compressed, fragments, payload, expert, wire } = message;
    if (opcode === 'text' || opcode === 'binary') this.#lastOpcode = opcode;
    return {
      raw,
      payload,
      head: EMPTY,
      tail: EMPTY,
      headers: headersOf(wire),
      carrier: { opcode, compressed, fragments },
      expert,
      isFrame: true,
    };
  }

  #deflate(payload: Uint8Array): Uint8Array {
    if (!this.#takesOver) return this.#newDeflater().deflate(payload);
    this.#deflater ??= this.#newDeflater();
    return this.#deflater.deflate(payload);
  }

  #newDeflater(): MessageDeflater {
    return new MessageDeflater(this.#windowBits);
  }

  #mask(): { mask: Uint8Array } | Record<string, never> {
    if (this.#direction === 'toClient') return {};
    return { mask: Uint8Array.from({ length: 4 }, () => this.#dice.below(256)) };
  }
}

function passage(raw: Uint8Array): Unit {
  return { raw, payload: raw, head: EMPTY, tail: EMPTY, carrier: {}, expert: [], isFrame: false };
}
