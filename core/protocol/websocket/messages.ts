/**
 * Wire frames → WebSocket messages: fragments joined, permessage-deflate inflated with its context kept, control frames as
 * messages of their own. Law of the house: what is odd is remarked and passed on, never refused.
 */
import { Inflate } from 'pako';
import type { ExpertInfo } from '../../schema/expert-info.ts';
import { OPCODE, type WireFrame } from './wire-frames.ts';

export type MessageOpcode = 'text' | 'binary' | 'ping' | 'pong' | 'close';

export interface WebSocketMessage {
  readonly opcode: MessageOpcode;
  /** Unmasked, joined, inflated. */
  readonly payload: Uint8Array;
  readonly compressed: boolean;
  readonly fragments: number;
  readonly expert: readonly ExpertInfo[];
  /** The wire frames it came in; control frames between its fragments are not among them. */
  readonly wire: readonly WireFrame[];
}

const RSV1 = 4;
const TRAILER = new Uint8Array([0, 0, 0xff, 0xff]);
const NAMES: Readonly<Record<number, MessageOpcode>> = { 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

export interface AssemblerOptions {
  /** permessage-deflate was agreed for this direction. */
  readonly deflate?: { readonly noContextTakeover: boolean };
  readonly maxMessage?: number;
  readonly maxFragments?: number;
}

export class MessageAssembler {
  #fragments: WireFrame[] = [];
  #size = 0;
  readonly #inflater: MessageInflater | undefined;
  readonly #maxMessage: number;
  readonly #maxFragments: number;

  constructor(options: AssemblerOptions = {}) {
    this.#maxMessage = options.maxMessage ?? 64 * 1024 * 1024;
    this.#maxFragments = options.maxFragments ?? 100_000;
    this.#inflater =
      options.deflate === undefined
        ? undefined
        : new MessageInflater(options.deflate.noContextTakeover, this.#maxMessage);
  }

  /** Fragments waiting for the rest of their message. */
  get isOpen(): boolean {
    return this.#fragments.length > 0;
  }

  /** The messages this wire frame completes: none, one, or two when it cuts an unfinished one short. */
  push(frame: WireFrame): WebSocketMessage[] {
    if (frame.broken !== undefined)
      return [this.#message('binary', [frame], [remark('error', 'not-websocket', frame.broken)])];
    if (frame.opcode >= 8) return [this.#control(frame)];
    if (frame.opcode === OPCODE.continuation && this.#fragments.length === 0) {
      return [
        this.#message(
          'binary',
          [frame],
          [remark('error', 'stray-continuation', 'a continuation frame continues nothing')],
        ),
      ];
    }
    const done: WebSocketMessage[] = [];
    if (frame.opcode !== OPCODE.continuation && this.#fragments.length > 0) {
      done.push(
        this.#finish([remark('error', 'unfinished-message', 'a new message begins before this one is finished')]),
      );
    }
    this.#fragments.push(frame);
    this.#size += frame.payload.length;
    const isTooLarge = this.#size > this.#maxMessage || this.#fragments.length > this.#maxFragments;
    if (frame.fin) done.push(this.#finish([]));
    else if (isTooLarge) {
      const text = `the message is larger than ${this.#maxMessage} bytes or ${this.#maxFragments} fragments; it is shown in parts`;
      done.push(this.#finish([remark('error', 'message-too-large', text)]));
    }
    return done;
  }

  /** What is left when the stream ends. */
  end(): WebSocketMessage | undefined {
    return this.#fragments.length === 0
      ? undefined
      : this.#finish([remark('warning', 'unfinished-message', 'the stream ended in the middle of this message')]);
  }

  #finish(expert: ExpertInfo[]): WebSocketMessage {
    const frames = this.#fragments;
    this.#fragments = [];
    this.#size = 0;
    return this.#message(nameOf(frames[0]!), frames, expert);
  }

  #message(opcode: MessageOpcode, frames: readonly WireFrame[], expert: ExpertInfo[]): WebSocketMessage {
    const first = frames[0]!;
    const joined = frames.length === 1 ? first.payload : join(frames);
    const compressed = (first.rsv & RSV1) !== 0;
    if (first.opcode > 2 && first.opcode < 8)
      expert.push(remark('warning', 'reserved-opcode', `opcode ${first.opcode} is reserved`));
    if ((first.rsv & 3) !== 0 || (compressed && this.#inflater === undefined))
      expert.push(remark('warning', 'reserved-bits', 'reserved bits are set though no extension asked for them'));
    let payload = joined;
    if (compressed && this.#inflater !== undefined) {
      const result = this.#inflater.inflate(joined);
      payload = result.bytes;
      if (result.problem !== undefined) expert.push(remark('error', 'not-deflate', result.problem));
    }
    if (opcode === 'text' && first.broken === undefined && !isUtf8(payload))
      expert.push(remark('error', 'not-utf8', 'a text message must be UTF-8'));
    return {
      opcode,
      payload,
      compressed: compressed && this.#inflater !== undefined,
      fragments: frames.length,
      expert,
      wire: frames,
    };
  }

  #control(frame: WireFrame): WebSocketMessage {
    const expert: ExpertInfo[] = [];
    const opcode = NAMES[frame.opcode];
    if (opcode === undefined) expert.push(remark('warning', 'reserved-opcode', `opcode ${frame.opcode} is reserved`));
    if (!frame.fin) expert.push(remark('error', 'fragmented-control', 'a control frame must not be fragmented'));
    if (frame.payload.length > 125)
      expert.push(
        remark(
          'error',
          'control-too-long',
          `a control frame holds at most 125 bytes, this one ${frame.payload.length}`,
        ),
      );
    if (frame.rsv !== 0) expert.push(remark('warning', 'reserved-bits', 'reserved bits are set on a control frame'));
    if (opcode === 'close') {
      const close = closeReason(frame.payload);
      if (close.problem !== undefined) expert.push(remark('warning', 'close-code', close.problem));
    }
    return {
      opcode: opcode ?? 'binary',
      payload: frame.payload,
      compressed: false,
      fragments: 1,
      expert,
      wire: [frame],
    };
  }
}

/** Close code and reason; `code` is undefined for an empty close. */
export function closeReason(payload: Uint8Array): { code?: number; reason: string; problem?: string } {
  if (payload.length === 0) return { reason: '' };
  if (payload.length === 1) return { reason: '', problem: 'a close frame holds either nothing or a two-byte code' };
  const code = payload[0]! * 256 + payload[1]!;
  const reason = new TextDecoder().decode(payload.subarray(2));
  const isKnown =
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
  return { code, reason, ...(isKnown ? {} : { problem: `close code ${code} must not be sent` }) };
}

/** Inflates one message after another; with context takeover the window stays from message to message. */
export class MessageInflater {
  #inflate: Inflate | undefined;
  #parts: Uint8Array[] = [];
  #size = 0;
  readonly #noContextTakeover: boolean;
  readonly #maxMessage: number;
  #lost = false;

  constructor(noContextTakeover: boolean, maxMessage: number) {
    this.#noContextTakeover = noContextTakeover;
    this.#maxMessage = maxMessage;
  }

  inflate(compressed: Uint8Array): { bytes: Uint8Array; problem?: string } {
    if (this.#lost && !this.#noContextTakeover)
      return {
        bytes: compressed,
        problem: 'cannot be inflated: an earlier compressed message of this direction is missing or broken',
      };
    if (this.#inflate === undefined || this.#noContextTakeover) this.#inflate = this.#fresh();
    this.#parts = [];
    this.#size = 0;
    const input = new Uint8Array(compressed.length + TRAILER.length);
    input.set(compressed);
    input.set(TRAILER, compressed.length);
    try {
      this.#inflate.push(input, 2);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return this.#fail(compressed, `inflates to more than ${this.#maxMessage} bytes; shown compressed`);
    }
    if (this.#inflate.err !== 0) return this.#fail(compressed, `cannot be inflated: ${this.#inflate.msg || 'damaged'}`);
    // A final block is legal at the end of a message (RFC 7692 7.2.3.5): the next one starts afresh.
    if ((this.#inflate as unknown as { ended: boolean }).ended) this.#inflate = undefined;
    return { bytes: this.#parts.length === 1 ? this.#parts[0]! : joinBytes(this.#parts, this.#size) };
  }

  #fail(compressed: Uint8Array, problem: string): { bytes: Uint8Array; problem: string } {
    this.#inflate = undefined;
    this.#lost = true;
    return { bytes: compressed, problem };
  }

  #fresh(): Inflate {
    const inflate = new Inflate({ raw: true, chunkSize: 4096 });
    inflate.onData = (chunk) => {
      const part = chunk as Uint8Array;
      this.#size += part.length;
      if (this.#size > this.#maxMessage) throw new TooLarge();
      this.#parts.push(part);
    };
    return inflate;
  }
}

class TooLarge extends Error {}

function nameOf(frame: WireFrame): MessageOpcode {
  return frame.opcode === OPCODE.text ? 'text' : 'binary';
}

function join(frames: readonly WireFrame[]): Uint8Array {
  return joinBytes(
    frames.map((f) => f.payload),
    frames.reduce((sum, f) => sum + f.payload.length, 0),
  );
}

function joinBytes(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function isUtf8(bytes: Uint8Array): boolean {
  if (bytes.every((b) => b < 128)) return true;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function remark(severity: ExpertInfo['severity'], code: string, text: string): ExpertInfo {
  return { severity, group: severity === 'error' ? 'malformed' : 'transport', code, text };
}
