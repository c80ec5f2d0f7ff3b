/**
 * One side of a WebSocket connection that may break the rules: what `wire` holds goes out as it is, so that fragments, opcodes,
 * masks and lengths can be wrong on purpose. Everything else is framed as it should be, and masked where a client says it.
 */
import type { Socket } from 'node:net';
import { MessageAssembler } from '../protocol/websocket/messages.ts';
import { createWireFrameReader, OPCODE, writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import type { Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import type { WebSocketCarrier } from '../traffic/frame.ts';
import { resetSocket } from './reset-socket.ts';
import { codeOf, END_LIMIT_MS } from './target-explain.ts';

const NONE = new Uint8Array(0);
const MASK = { mask: Uint8Array.of(0x11, 0x22, 0x33, 0x44) };

export class RawWebSocket implements TargetConnection {
  readonly framing = { kind: 'message' } as const;
  readonly details = {};
  readonly #socket: Socket;
  readonly #wire: Socket;
  readonly #events: TargetEvents;
  readonly #us: 'client' | 'server';
  readonly #them: 'client' | 'server';
  readonly #frames = createWireFrameReader();
  readonly #assembler = new MessageAssembler({});
  #isOver = false;
  #isLeaving = false;
  #code: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `us` is which side we are, `wire` the TCP socket below TLS. */
  constructor(
    socket: Socket,
    events: TargetEvents,
    { us, wire = socket }: { readonly us: 'client' | 'server'; readonly wire?: Socket },
  ) {
    this.#socket = socket;
    this.#wire = wire;
    this.#events = events;
    this.#us = us;
    this.#them = us === 'client' ? 'server' : 'client';
    socket.on('data', (chunk: Uint8Array) => this.take(new Uint8Array(chunk)));
    socket.on('error', (error) =>
      this.#over({ by: 'error', text: codeOf(error) === 'ECONNRESET' ? 'connection reset' : error.message }),
    );
    socket.on('close', () => this.#over(this.#closing()));
    socket.on('end', () => this.#over(this.#closing()));
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isLeaving;
  }

  send({ bytes, carrier, wire }: OutgoingFrame): void {
    if (!this.isOpen || !this.#socket.writable) return;
    const opcode = (carrier as WebSocketCarrier | undefined)?.opcode ?? 'text';
    this.#socket.write(wire ?? this.#framed(bytes, OPCODE[opcode]));
  }

  end(): void {
    if (!this.isOpen) return;
    this.#socket.write(this.#framed(Uint8Array.of(0x03, 0xe8), OPCODE.close));
    this.#isLeaving = true;
    this.#timer = setTimeout(() => this.reset(), END_LIMIT_MS);
  }

  reset(): void {
    this.#isLeaving = true;
    resetSocket(this.#wire);
    this.#over(this.#closing());
  }

  take(chunk: Uint8Array): void {
    for (const frame of this.#frames.push(chunk)) {
      for (const message of this.#assembler.push(frame)) {
        if (this.#isOver) return;
        const { opcode, payload, expert, compressed, fragments } = message;
        if (opcode === 'ping' && this.isOpen) this.#socket.write(this.#framed(payload, OPCODE.pong));
        if (opcode === 'close' && payload.length >= 2) this.#code = (payload[0]! << 8) | payload[1]!;
        this.#events.frame({
          bytes: payload,
          head: NONE,
          tail: NONE,
          carrier: { opcode, compressed, fragments },
          expert,
        });
        if (opcode !== 'close') continue;
        // A client would take the end of the connection alone for a fault.
        if (this.#us === 'server' && this.isOpen) this.#socket.write(this.#framed(payload, OPCODE.close));
        this.#over(this.#closing());
      }
    }
  }

  #framed(payload: Uint8Array, opcode: number): Uint8Array {
    return writeWireFrame(payload, opcode, this.#us === 'client' ? MASK : {});
  }

  #closing(): Ending {
    const code = this.#code === undefined ? {} : { code: this.#code };
    if (this.#isLeaving) return { by: this.#us, text: `${this.#us} closed`, ...code };
    const text = `${this.#them} closed${this.#code === undefined ? ' without a close frame' : ''}`;
    return { by: this.#them, text, ...code };
  }

  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#events.ended(ending);
    if (!this.#socket.destroyed) this.#socket.end(() => this.#socket.destroy());
  }
}
