/**
 * TCP segments of one connection → its two byte streams, in order, each byte once. What the capture missed is reported as a
 * gap; retransmitted bytes that differ from what was delivered are remarked. Memory is bounded per connection.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import { Delivered } from './delivered.ts';
import type { Segment } from './packet-layers.ts';
import { noteOf, type PacketNote } from './packet-hint.ts';

export type StreamEvent =
  | {
      readonly kind: 'data';
      readonly fromClient: boolean;
      readonly bytes: Uint8Array;
      readonly time: number;
      readonly packet: number;
      /** Comment and hint of the packet that brought the bytes. */
      readonly note?: PacketNote;
    }
  /** `bytes` is how many are missing; the stream goes on after them. */
  | {
      readonly kind: 'gap';
      readonly fromClient: boolean;
      readonly missing: number;
      readonly time: number;
      readonly packet: number;
    }
  | {
      readonly kind: 'remark';
      readonly fromClient: boolean;
      readonly info: ExpertInfo;
      readonly time: number;
      readonly packet: number;
    }
  | {
      readonly kind: 'ended';
      readonly fromClient: boolean;
      readonly how: 'fin' | 'reset';
      readonly time: number;
      readonly packet: number;
    };

/** Out-of-order data kept per direction before a hole is taken for a loss. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
const MAX_WAITING_SEGMENTS = 4096;
/** Segments to wait for a straggler after the receiver acknowledged bytes the capture does not have: it got them, nobody sends them again. */
const PATIENCE = 8;

interface Where {
  readonly time: number;
  readonly packet: number;
}

interface Waiting {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** How much of the segment the capture left out. */
  readonly cut: number;
  readonly time: number;
  readonly packet: number;
  readonly note: PacketNote | undefined;
}

class Half {
  /** Sequence number of the first byte of the stream as far as it is known. */
  first: number | undefined;
  /** Next sequence number to deliver; undefined until known. */
  next: number | undefined;
  waiting: Waiting[] = [];
  waitingBytes = 0;
  /** Highest acknowledgement the other side sent. */
  acknowledged: number | undefined;
  /** Segments seen since that acknowledgement passed a hole. */
  impatience = 0;
  finAt: number | undefined;
  ended = false;
  readonly delivered = new Delivered();
}

export class TcpReassembly {
  readonly #client = new Half();
  readonly #server = new Half();

  /** Both directions are over: the same addresses and ports may start a new connection. */
  get isOver(): boolean {
    return this.#client.ended && this.#server.ended;
  }

  /** True when a SYN with another sequence number than ours shows that a new connection reuses the addresses. */
  isReusedBy(segment: Segment, fromClient: boolean): boolean {
    const half = fromClient ? this.#client : this.#server;
    return segment.syn && !segment.ack && half.first !== undefined && distance(segment.sequence + 1, half.first) !== 0;
  }

  push(segment: Segment, fromClient: boolean): StreamEvent[] {
    const events: StreamEvent[] = [];
    const half = fromClient ? this.#client : this.#server;
    const other = fromClient ? this.#server : this.#client;
    const where = { time: segment.packet.time, packet: segment.packet.n };
    if (segment.ack && (other.acknowledged === undefined || distance(segment.acknowledgement, other.acknowledged) > 0))
      other.acknowledged = segment.acknowledgement;
    if (segment.rst) {
      this.#flush(half, fromClient, where, events);
      this.#flush(other, !fromClient, where, events);
      if (!half.ended || !other.ended) events.push({ kind: 'ended', fromClient, how: 'reset', ...where });
      half.ended = true;
      other.ended = true;
      half.delivered.forget();
      other.delivered.forget();
      return events;
    }
    const sequence = segment.syn ? (segment.sequence + 1) >>> 0 : segment.sequence;
    half.first ??= sequence;
    half.next ??= sequence;
    if (segment.data.length > 0) {
      const { time, n: packet } = segment.packet;
      const note = noteOf(segment.packet);
      // Our own exports say where a hole is one for good.
      if (note?.frame?.gap !== undefined && distance(sequence, half.next) === note.frame.gap)
        this.#gap(half, fromClient, sequence, { time, packet }, events);
      this.#take(half, fromClient, { sequence, bytes: segment.data, cut: segment.missing, time, packet, note }, events);
    }
    if (segment.fin && half.finAt === undefined) half.finAt = (sequence + segment.data.length + segment.missing) >>> 0;
    this.#deliver(half, fromClient, events);
    this.#giveUpHoles(half, fromClient, where, events);
    this.#giveUpHoles(other, !fromClient, where, events);
    this.#finish(half, fromClient, where, events);
    return events;
  }

  /** End of the capture: delivers what waits behind holes. */
  end(time: number, packet: number): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.#flush(this.#client, true, { time, packet }, events);
    this.#flush(this.#server, false, { time, packet }, events);
    return events;
  }

  #take(half: Half, fromClient: boolean, segment: Waiting, events: StreamEvent[]): void {
    const ahead = distance(segment.sequence, half.next!);
    if (ahead < 0) {
      const known = Math.min(-ahead, segment.bytes.length);
      const isKeepAlive = ahead === -1 && segment.bytes.length === 1;
      if (!isKeepAlive && half.delivered.differs(half.next!, segment.sequence, segment.bytes.subarray(0, known))) {
        const info: ExpertInfo = {
          severity: 'warning',
          group: 'transport',
          code: 'retransmission-differs',
          text: 'TCP sent these bytes again with other content; the first were kept',
        };
        events.push({ kind: 'remark', fromClient, info, time: segment.time, packet: segment.packet });
      }
      if (known < segment.bytes.length)
        this.#take(
          half,
          fromClient,
          { ...segment, sequence: half.next!, bytes: segment.bytes.subarray(known) },
          events,
        );
      return;
    }
    if (ahead === 0) {
      emit(half, fromClient, segment, events);
      // What a snap length cut off will not come: nobody need wait for it.
      if (segment.cut > 0) this.#gap(half, fromClient, (half.next! + segment.cut) >>> 0, segment, events);
      return;
    }
    // Kept sorted by sequence; late arrivals are near the end.
    let at = half.waiting.length;
    while (at > 0 && distance(half.waiting[at - 1]!.sequence, segment.sequence) > 0) at--;
    half.waiting.splice(at, 0, segment);
    half.waitingBytes += segment.bytes.length;
  }

  #deliver(half: Half, fromClient: boolean, events: StreamEvent[]): void {
    let used = 0;
    while (used < half.waiting.length && distance(half.waiting[used]!.sequence, half.next!) <= 0) {
      const segment = half.waiting[used++]!;
      half.waitingBytes -= segment.bytes.length;
      this.#take(half, fromClient, segment, events);
    }
    if (used > 0) half.waiting.splice(0, used);
  }

  /** A hole is a loss of the capture when the receiver has acknowledged beyond it, or too much waits behind it. */
  #giveUpHoles(half: Half, fromClient: boolean, where: Where, events: StreamEvent[]): void {
    if (half.next === undefined) return;
    const passed =
      half.acknowledged !== undefined && distance(half.acknowledged, half.next) > (half.finAt === undefined ? 0 : 1);
    if (half.waiting.length === 0) {
      half.impatience = 0;
      return;
    }
    half.impatience = passed ? half.impatience + 1 : 0;
    if (
      half.impatience > PATIENCE ||
      half.waitingBytes > MAX_WAITING_BYTES ||
      half.waiting.length > MAX_WAITING_SEGMENTS
    ) {
      this.#skipHole(half, fromClient, where, events);
      half.impatience = 0;
    }
  }

  #skipHole(half: Half, fromClient: boolean, where: Where, events: StreamEvent[]): void {
    // At the time of what comes behind it, which is when it was missed.
    const { sequence, time } = half.waiting[0]!;
    this.#gap(half, fromClient, sequence, { time, packet: where.packet }, events);
    this.#deliver(half, fromClient, events);
  }

  #gap(half: Half, fromClient: boolean, to: number, { time, packet }: Where, events: StreamEvent[]): void {
    events.push({ kind: 'gap', fromClient, missing: distance(to, half.next!), time, packet });
    half.next = to;
    half.delivered.forget();
  }

  #flush(half: Half, fromClient: boolean, where: Where, events: StreamEvent[]): void {
    while (half.waiting.length > 0) this.#skipHole(half, fromClient, where, events);
    if (half.finAt !== undefined) this.#finish(half, fromClient, where, events);
  }

  #finish(half: Half, fromClient: boolean, where: Where, events: StreamEvent[]): void {
    if (half.ended || half.finAt === undefined || distance(half.finAt, half.next!) > 0) return;
    half.ended = true;
    half.delivered.forget();
    events.push({ kind: 'ended', fromClient, how: 'fin', ...where });
  }
}

function emit(half: Half, fromClient: boolean, segment: Waiting, events: StreamEvent[]): void {
  const { bytes, time, packet, note } = segment;
  events.push(
    note === undefined
      ? { kind: 'data', fromClient, bytes, time, packet }
      : { kind: 'data', fromClient, bytes, time, packet, note },
  );
  half.delivered.add(half.next!, bytes);
  half.next = (half.next! + bytes.length) >>> 0;
}

/** Signed distance a - b on the 32-bit circle. */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}
