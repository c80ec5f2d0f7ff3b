/**
 * How traffic crosses from the main thread to the recorder: records written into one growing buffer that is handed over
 * without copying. Four kinds: a frame, an update of a frame, a carrier's commands, and anything rare as JSON. Order is kept.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Carrier, Connection, Direction, Fate, Origin } from '../traffic/frame.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import type { CarrierCommands, FrameDraft, FrameUpdate } from '../traffic/sink.ts';
import { CHECKED, CHECKED_HEAD, putChecked } from './checksum.ts';

const FRAME = 1;
const UPDATE = 2;
const EVENT = 3;
const COMMANDS = 4;
/** Before what a frame's checksum is made of, which lies in one piece: fixed fields, bytes, head, tail, headers. */
const UNCHECKED_HEAD = 14;
const FRAME_HEAD = UNCHECKED_HEAD + CHECKED_HEAD;
const COMMANDS_HEAD = 26;
const FIRST_SIZE = 64 * 1024;
/** A batch is handed over at this size; a little more fits, so that the last frame seldom makes its buffer grow. */
export const BATCH_BYTES = 512 * 1024;
const USUAL_SIZE = BATCH_BYTES + 64 * 1024;

/** What of a frame is rarely there. */
interface FrameExtra {
  readonly expert?: readonly ExpertInfo[];
  readonly touchedBy?: readonly string[];
}

export interface BatchFrame {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly origin: Origin;
  readonly fate: Fate;
  readonly time: number;
  readonly mono: number;
  readonly carrier: Carrier;
  /** JSON of the carrier; '' for an empty one. Equal carriers share one text. */
  readonly carrierKey: string;
  readonly bytes: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly headers: Uint8Array;
  readonly gap: number | undefined;
  /** What the checksum is made of. */
  readonly checked: Uint8Array;
  readonly sent: Uint8Array | undefined;
  readonly extra: FrameExtra;
}
export interface BatchUpdate extends Omit<FrameUpdate, 'sent'> {
  readonly n: number;
  readonly sent?: Uint8Array;
}
/** Rare events, as JSON. */
export type BatchEvent =
  | { readonly is: 'opened'; readonly connection: Connection }
  | { readonly is: 'changed'; readonly id: number; readonly change: Partial<Omit<Connection, 'id'>> }
  | { readonly is: 'closed'; readonly id: number; readonly time: number; readonly ending: string }
  | { readonly is: 'remark'; readonly conn: number; readonly time: number; readonly info: ExpertInfo }
  | {
      readonly is: 'decision';
      readonly n: number;
      readonly by: string;
      readonly what: string;
      readonly kind: 'rule' | 'fault';
    }
  | { readonly is: 'mark'; readonly n: number; readonly mark?: string | null; readonly comment?: string | null }
  | { readonly is: 'proxy'; readonly name: string; readonly time: number; readonly spec: unknown };

export interface BatchHandler {
  frame(frame: BatchFrame): void;
  update(update: BatchUpdate): void;
  commands(commands: CarrierCommands): void;
  event(event: BatchEvent): void;
}

const NONE = new Uint8Array(0);
const NO_EXTRA: FrameExtra = Object.freeze({});

export class BatchWriter {
  #buffer = new ArrayBuffer(FIRST_SIZE);
  #view = new DataView(this.#buffer);
  #bytes = new Uint8Array(this.#buffer);
  #at = 0;
  readonly #encoder = new TextEncoder();
  /** Carriers by their JSON; numbers are told once, in the order of first use. */
  readonly #carriers = new Map<string, number>();
  /** Numbers of ENet carriers, which are few and come with every packet: by channel and flags, without making a key. */
  readonly #enetCarriers: number[] = [];

  get size(): number {
    return this.#at;
  }

  frame(n: number, draft: FrameDraft): void {
    const carrier = this.#carrierNumber(draft.carrier);
    const { bytes, head, tail, headers = NONE, sent } = draft;
    const extra = extraOf(draft);
    const text = extra === undefined ? NONE : this.#encoder.encode(JSON.stringify(extra));
    const around = head.length + tail.length + headers.length;
    this.#room(FRAME_HEAD + 4 + bytes.length + around + text.length + (sent?.length ?? 0));
    const view = this.#view;
    let at = this.#at;
    view.setUint8(at, FRAME);
    view.setUint8(at + 1, sent === undefined ? 0 : 1);
    view.setUint8(at + 2, FATES.indexOf(draft.fate));
    view.setUint16(at + 4, carrier, true);
    view.setUint32(at + 6, text.length, true);
    view.setUint32(at + 10, headers.length, true);
    putChecked(view, at + UNCHECKED_HEAD, {
      n,
      conn: draft.conn,
      direction: draft.direction === 'toClient' ? 1 : 0,
      origin: ORIGINS.indexOf(draft.origin),
      time: draft.time,
      mono: Math.round(draft.mono),
      gap: draft.gapBefore ?? null,
      bytes: bytes.length,
      head: head.length,
      tail: tail.length,
    });
    at += FRAME_HEAD;
    for (const part of [bytes, head, tail, headers, text]) {
      if (part.length === 0) continue;
      this.#bytes.set(part, at);
      at += part.length;
    }
    if (sent !== undefined) {
      view.setUint32(at, sent.length, true);
      this.#bytes.set(sent, at + 4);
      at += 4 + sent.length;
    }
    this.#at = at;
  }

  update(n: number, update: FrameUpdate): void {
    const { sent, ...rest } = update;
    this.#json(UPDATE, { n, ...rest }, sent);
  }

  commands({ conn, direction, time, mono, headers }: CarrierCommands): void {
    this.#room(COMMANDS_HEAD + headers.length);
    const view = this.#view;
    const at = this.#at;
    view.setUint8(at, COMMANDS);
    view.setUint8(at + 1, direction === 'toClient' ? 1 : 0);
    view.setUint32(at + 2, conn, true);
    view.setFloat64(at + 6, time, true);
    view.setFloat64(at + 14, mono, true);
    view.setUint32(at + 22, headers.length, true);
    this.#bytes.set(headers, at + COMMANDS_HEAD);
    this.#at = at + COMMANDS_HEAD + headers.length;
  }

  event(event: BatchEvent): void {
    this.#json(EVENT, event, undefined);
  }

  /** The records so far; the writer starts anew. */
  take(): { buffer: ArrayBuffer; size: number } {
    const taken = { buffer: this.#buffer, size: this.#at };
    // Batches of a busy proxy are about alike: begin with the size the last one needed.
    this.#reset(Math.max(FIRST_SIZE, Math.min(this.#buffer.byteLength, USUAL_SIZE)));
    return taken;
  }

  #json(kind: number, value: unknown, sent: Uint8Array | undefined): void {
    const text = this.#encoder.encode(JSON.stringify(value));
    this.#room(10 + text.length + (sent?.length ?? 0));
    this.#view.setUint8(this.#at, kind);
    this.#view.setUint8(this.#at + 1, sent === undefined ? 0 : 1);
    this.#view.setUint32(this.#at + 2, text.length, true);
    this.#view.setUint32(this.#at + 6, sent?.length ?? 0, true);
    this.#bytes.set(text, this.#at + 10);
    if (sent !== undefined) this.#bytes.set(sent, this.#at + 10 + text.length);
    this.#at += 10 + text.length + (sent?.length ?? 0);
  }

  /** Number 0 is the empty carrier; others are introduced by an event of their own just before the first use. */
  #carrierNumber(carrier: Carrier): number {
    if (!('channel' in carrier)) return this.#numberOf(carrierKey(carrier));
    const { channel, reliable, unsequenced } = carrier;
    const slot = channel * 4 + (reliable ? 2 : 0) + (unsequenced ? 1 : 0);
    const known = this.#enetCarriers[slot];
    if (known !== undefined) return known;
    const number = this.#numberOf(carrierKey(carrier));
    if (slot >= 0 && slot < 1024 && number < 0xfffe) this.#enetCarriers[slot] = number;
    return number;
  }

  #numberOf(key: string): number {
    if (key === '') return 0;
    let number = this.#carriers.get(key);
    if (number === undefined) {
      // A hostile peer could make carriers without end (fragment counts); the last number stands for "told each time".
      number = Math.min(this.#carriers.size + 1, 0xfffe);
      this.#carriers.set(key, number);
      this.#json(EVENT, { is: 'carrier', number, key }, undefined);
    } else if (number === 0xfffe) {
      this.#json(EVENT, { is: 'carrier', number, key }, undefined);
    }
    return number;
  }

  #room(size: number): void {
    if (this.#at + size <= this.#buffer.byteLength) return;
    const old = this.#bytes.subarray(0, this.#at);
    const at = this.#at;
    const doubled = this.#buffer.byteLength * 2;
    this.#reset(
      at + size <= USUAL_SIZE ? Math.min(Math.max(doubled, at + size), USUAL_SIZE) : Math.max(doubled, at + size),
    );
    this.#bytes.set(old);
    this.#at = at;
  }

  #reset(size: number): void {
    this.#buffer = new ArrayBuffer(size);
    this.#view = new DataView(this.#buffer);
    this.#bytes = new Uint8Array(this.#buffer);
    this.#at = 0;
  }
}

/** Reads batches of one writer, in order. Payloads are views of the batch: they live as long as the batch does. */
export class BatchReader {
  readonly #carriers: { carrier: Carrier; key: string }[] = [{ carrier: Object.freeze({}), key: '' }];
  readonly #decoder = new TextDecoder();

  read(buffer: ArrayBuffer, size: number, handler: BatchHandler): void {
    const view = new DataView(buffer);
    let at = 0;
    const part = (length: number): Uint8Array => {
      at += length;
      return length === 0 ? NONE : new Uint8Array(buffer, at - length, length);
    };
    while (at < size) {
      const kind = view.getUint8(at);
      if (kind === FRAME) {
        const hasSent = view.getUint8(at + 1) === 1;
        const start = at;
        const fixed = start + UNCHECKED_HEAD;
        const carrier = this.#carriers[view.getUint16(start + 4, true)]!;
        const gap = view.getFloat64(fixed + CHECKED.gap, true);
        at += FRAME_HEAD;
        const bytes = part(view.getUint32(fixed + CHECKED.bytes, true));
        const head = part(view.getUint32(fixed + CHECKED.head, true));
        const tail = part(view.getUint32(fixed + CHECKED.tail, true));
        const headers = part(view.getUint32(start + 10, true));
        const checked = new Uint8Array(buffer, fixed, at - fixed);
        const text = part(view.getUint32(start + 6, true));
        let sent: Uint8Array | undefined;
        if (hasSent) {
          at += 4;
          sent = part(view.getUint32(at - 4, true));
        }
        handler.frame({
          n: view.getUint32(fixed + CHECKED.n, true),
          conn: view.getUint32(fixed + CHECKED.conn, true),
          direction: view.getUint8(fixed + CHECKED.direction) === 1 ? 'toClient' : 'toServer',
          origin: ORIGINS[view.getUint8(fixed + CHECKED.origin)]!,
          fate: FATES[view.getUint8(start + 2)]!,
          time: view.getFloat64(fixed + CHECKED.time, true),
          mono: view.getFloat64(fixed + CHECKED.mono, true),
          carrier: carrier.carrier,
          carrierKey: carrier.key,
          bytes,
          head,
          tail,
          headers,
          gap: gap < 0 ? undefined : gap,
          checked,
          sent,
          extra: text.length === 0 ? NO_EXTRA : (JSON.parse(this.#decoder.decode(text)) as FrameExtra),
        });
        continue;
      }
      if (kind === COMMANDS) {
        const start = at;
        at += COMMANDS_HEAD;
        handler.commands({
          conn: view.getUint32(start + 2, true),
          direction: view.getUint8(start + 1) === 1 ? 'toClient' : 'toServer',
          time: view.getFloat64(start + 6, true),
          mono: view.getFloat64(start + 14, true),
          headers: part(view.getUint32(start + 22, true)),
        });
        continue;
      }
      const hasSent = view.getUint8(at + 1) === 1;
      const textLength = view.getUint32(at + 2, true);
      const sentLength = view.getUint32(at + 6, true);
      at += 10;
      const value = JSON.parse(this.#decoder.decode(part(textLength))) as Record<string, unknown>;
      const sent = part(sentLength);
      if (kind === UPDATE) handler.update({ ...value, ...(hasSent ? { sent } : {}) } as unknown as BatchUpdate);
      else if (value.is === 'carrier') this.#learn(value.number as number, value.key as string);
      else handler.event(value as unknown as BatchEvent);
    }
  }

  #learn(number: number, key: string): void {
    this.#carriers[number] = { carrier: Object.freeze(JSON.parse(key) as Carrier), key };
  }
}

/** '' for carriers that say nothing; keys in a fixed order, so that equal carriers have equal texts. */
export function carrierKey(carrier: Carrier): string {
  if ('opcode' in carrier) {
    const { opcode, compressed, fragments } = carrier;
    return `{"opcode":"${opcode}","compressed":${compressed},"fragments":${fragments}}`;
  }
  if ('channel' in carrier) {
    const { channel, reliable, unsequenced } = carrier;
    return `{"channel":${channel},"reliable":${reliable},"unsequenced":${unsequenced}}`;
  }
  return '';
}

/** WebSocket control frames are shown muted and are no messages of the protocol. */
export function isControl(carrier: Carrier): boolean {
  return 'opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary';
}

function extraOf(draft: FrameDraft): FrameExtra | undefined {
  const { expert, touchedBy } = draft;
  const hasTouched = touchedBy !== undefined && touchedBy.length > 0;
  if (expert.length === 0 && !hasTouched) return undefined;
  return {
    ...(expert.length > 0 ? { expert } : {}),
    ...(hasTouched ? { touchedBy } : {}),
  };
}
