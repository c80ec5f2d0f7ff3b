/**
 * The receiving half of a channel: puts packets back in order, drops repeats, joins fragments. The host and the
 * passive observer use the same one. Unreliable packets wait for the reliable one they were sent after.
 */
import { Assembly } from './assembly.ts';
import { PacketFlag } from './packet.ts';
import { inReliableWindow, MAXIMUM_FRAGMENT_COUNT } from './protocol.ts';

/** What became of an incoming command. */
export const Verdict = {
  /** New: delivered or kept. */
  accepted: 0,
  /** Here already. To be acknowledged again: the acknowledgement was probably lost. */
  repeat: 1,
  /** Too old or too far ahead for the window; dropped, but acknowledged as ENet does. */
  stale: 2,
  /** No room. Not acknowledged, so the sender will repeat it; the rest of the datagram is dropped. */
  refused: 3,
  /** Contradicts itself or earlier fragments. Not acknowledged; the rest of the datagram is dropped. */
  malformed: 4,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Where a channel puts packets once it is their turn, and the room shared by all channels of a connection. */
export interface ReceiveSink {
  /** Bytes held by packets that wait, with {@link WAITING_OVERHEAD} for each. */
  waitingData: number;
  /** Bytes of packets delivered to an application that has paused. */
  readonly heldData: number;
  readonly maximumWaitingData: number;
  readonly maximumPacketSize: number;
  /** Of the command being taken, packed, when heads are kept; see command-heads.ts. */
  readonly head: Uint8Array | undefined;
  /**
   * @param waiting undefined when it came in one piece and in its turn
   */
  deliver(
    channel: ReceiveChannel,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    waiting: Waiting | undefined,
  ): void;
}

/** Charged for each waiting packet beyond its data, so that many empty packets cannot fill the memory either. */
export const WAITING_OVERHEAD = 64;

/** Unreliable packets of one channel that may lack fragments at a time; they are sorted on every delivery. */
const MAXIMUM_UNFINISHED = 1024;

/** A packet that could not be delivered yet. */
export interface Waiting {
  readonly reliableSequence: number;
  readonly unreliableSequence: number;
  readonly flags: number;
  readonly assembly: Assembly | undefined;
  data: Uint8Array | undefined;
  size: number;
  /** When its first byte came. */
  readonly startedAt: number;
  /** When its last byte came. */
  completeAt: number;
  /** The reliable sequence number that was missing when it came (its own, if only its fragments were). */
  readonly waitedFor: number;
  /** Of its commands as they came, when heads are kept. */
  readonly heads: Uint8Array[];
}

export class ReceiveChannel {
  readonly id: number;
  /** Last reliable sequence number delivered. */
  reliable = 0;
  /** Last unreliable sequence number delivered since then. */
  unreliable = 0;
  /** Reliable packets that wait, by (first) sequence number. */
  readonly waitingReliable = new Map<number, Waiting>();
  readonly #waitingUnreliable = new Map<number, Map<number, Waiting>>();
  #unfinished = 0;
  readonly #sink: ReceiveSink;

  constructor(id: number, sink: ReceiveSink) {
    this.id = id;
    this.#sink = sink;
  }

  /** Number of unreliable packets that wait for fragments or for a reliable packet. */
  get waitingUnreliable(): number {
    let count = 0;
    for (const group of this.#waitingUnreliable.values()) count += group.size;
    return count;
  }

  takeReliable(sequence: number, data: Uint8Array, now: number): Verdict {
    if (sequence === ((this.reliable + 1) & 0xffff) && !this.waitingReliable.has(sequence)) {
      // Refused only for an application that does not take: packets that wait for this one must not keep it out.
      if (this.#sink.heldData >= this.#sink.maximumWaitingData) return Verdict.refused;
      this.#sink.deliver(this, data, PacketFlag.reliable, sequence, 0, undefined);
      this.#advance(1);
      if (this.waitingReliable.size > 0) this.release();
      return Verdict.accepted;
    }
    if (!inReliableWindow(sequence, this.reliable)) return Verdict.stale;
    if (sequence === this.reliable || this.waitingReliable.has(sequence)) return Verdict.repeat;
    if (this.#full) return Verdict.refused;
    this.waitingReliable.set(sequence, this.#wait(sequence, 0, PacketFlag.reliable, data, undefined, now));
    return Verdict.accepted;
  }

  takeReliableFragment(
    start: number,
    fragment: number,
    count: number,
    offset: number,
    total: number,
    data: Uint8Array,
    now: number,
  ): Verdict {
    if (data.length === 0) return Verdict.malformed;
    if (!inReliableWindow(start, this.reliable)) return Verdict.stale;
    if (start === this.reliable) return Verdict.repeat;
    if (this.#impossible(fragment, count, offset, total, data.length)) return Verdict.malformed;
    let waiting = this.waitingReliable.get(start);
    if (waiting !== undefined) {
      if (differs(waiting.assembly, count, total)) return Verdict.malformed;
    } else {
      const isNext = start === ((this.reliable + 1) & 0xffff);
      if (isNext ? this.#sink.heldData >= this.#sink.maximumWaitingData : this.#full) return Verdict.refused;
      waiting = this.#wait(start, 0, PacketFlag.reliable, undefined, new Assembly(count, total), now);
      this.waitingReliable.set(start, waiting);
    }
    const verdict = this.#addFragment(waiting, fragment, offset, data, now);
    if (waiting.data !== undefined) this.release();
    return verdict;
  }

  takeUnreliable(reliableSequence: number, sequence: number, data: Uint8Array, now: number): Verdict {
    if (reliableSequence === this.reliable) {
      if (sequence <= this.unreliable) return Verdict.stale;
      if (!this.#waitingUnreliable.has(reliableSequence)) {
        if (this.#sink.heldData >= this.#sink.maximumWaitingData) return Verdict.refused;
        this.unreliable = sequence;
        this.#sink.deliver(this, data, 0, reliableSequence, sequence, undefined);
        return Verdict.accepted;
      }
    } else if (!inReliableWindow(reliableSequence, this.reliable)) return Verdict.stale;
    const group = this.#group(reliableSequence);
    if (group.has(sequence)) return Verdict.repeat;
    if (this.#full) return Verdict.refused;
    group.set(sequence, this.#wait(reliableSequence, sequence, 0, data, undefined, now));
    if (reliableSequence === this.reliable) this.#releaseUnreliable();
    return Verdict.accepted;
  }

  takeUnreliableFragment(
    reliableSequence: number,
    start: number,
    fragment: number,
    count: number,
    offset: number,
    total: number,
    data: Uint8Array,
    now: number,
  ): Verdict {
    if (!inReliableWindow(reliableSequence, this.reliable)) return Verdict.stale;
    if (reliableSequence === this.reliable && start <= this.unreliable) return Verdict.stale;
    if (this.#impossible(fragment, count, offset, total, data.length)) return Verdict.malformed;
    const group = this.#group(reliableSequence);
    let waiting = group.get(start);
    if (waiting !== undefined) {
      if (differs(waiting.assembly, count, total)) return Verdict.malformed;
    } else {
      if (this.#full) return Verdict.refused;
      if (this.#unfinished >= MAXIMUM_UNFINISHED) return Verdict.stale;
      this.#unfinished++;
      const assembly = new Assembly(count, total);
      waiting = this.#wait(reliableSequence, start, PacketFlag.unreliableFragment, undefined, assembly, now);
      group.set(start, waiting);
    }
    const verdict = this.#addFragment(waiting, fragment, offset, data, now);
    if (verdict === Verdict.accepted && waiting.data !== undefined) {
      this.#unfinished--;
      if (reliableSequence === this.reliable) this.#releaseUnreliable();
    }
    return verdict;
  }

  /** Delivers every waiting packet whose turn has come. */
  release(): void {
    for (;;) {
      const next = (this.reliable + 1) & 0xffff;
      const waiting = this.waitingReliable.get(next);
      if (waiting === undefined) return;
      if (waiting.data === undefined) return;
      this.waitingReliable.delete(next);
      this.#sink.waitingData -= waiting.size;
      this.#sink.deliver(this, waiting.data, waiting.flags, next, 0, waiting);
      this.#advance(waiting.assembly?.fragmentCount ?? 1);
    }
  }

  /** Gives up on the next `count` reliable sequence numbers (an observer that missed them), then goes on. */
  skip(count: number): void {
    this.#dropReliable(count);
    this.#advance(count);
    this.release();
  }

  /** Drops everything that waits. */
  clear(): void {
    for (const waiting of this.waitingReliable.values()) this.#sink.waitingData -= waiting.size;
    for (const key of this.#waitingUnreliable.keys()) this.#dropGroup(key);
    this.waitingReliable.clear();
  }

  get #full(): boolean {
    return this.#sink.waitingData + this.#sink.heldData >= this.#sink.maximumWaitingData;
  }

  #wait(
    reliableSequence: number,
    unreliableSequence: number,
    flags: number,
    data: Uint8Array | undefined,
    assembly: Assembly | undefined,
    now: number,
  ): Waiting {
    const size = (data?.length ?? 0) + WAITING_OVERHEAD;
    this.#sink.waitingData += size;
    return {
      reliableSequence,
      unreliableSequence,
      flags,
      assembly,
      data: data === undefined ? undefined : detached(data),
      size,
      startedAt: now,
      completeAt: now,
      waitedFor: (this.reliable + 1) & 0xffff,
      heads: data === undefined || this.#sink.head === undefined ? [] : [this.#sink.head],
    };
  }

  #addFragment(waiting: Waiting, fragment: number, offset: number, data: Uint8Array, now: number): Verdict {
    const assembly = waiting.assembly!;
    if (assembly.has(fragment)) return Verdict.repeat;
    // A packet already begun may be finished even when there is no room for a new one: that is what makes room.
    assembly.add(fragment, offset, detached(data));
    if (this.#sink.head !== undefined) waiting.heads.push(this.#sink.head);
    const size = data.length + WAITING_OVERHEAD;
    waiting.size += size;
    this.#sink.waitingData += size;
    if (!assembly.complete) return Verdict.accepted;
    waiting.completeAt = now;
    // Fragments that do not fill their packet only come from a broken sender: an empty packet keeps the order going.
    waiting.data = assembly.join() ?? new Uint8Array(0);
    return Verdict.accepted;
  }

  #impossible(fragment: number, count: number, offset: number, total: number, length: number): boolean {
    return (
      count > MAXIMUM_FRAGMENT_COUNT ||
      fragment >= count ||
      total > this.#sink.maximumPacketSize ||
      total < count ||
      offset >= total ||
      length > total - offset
    );
  }

  #group(reliableSequence: number): Map<number, Waiting> {
    let group = this.#waitingUnreliable.get(reliableSequence);
    if (group === undefined) {
      group = new Map();
      this.#waitingUnreliable.set(reliableSequence, group);
    }
    return group;
  }

  /** Moves on by `count` reliable sequence numbers; unreliable packets tied to those passed over have had their turn. */
  #advance(count: number): void {
    if (this.#waitingUnreliable.size > 0) {
      for (let i = 0; i < count; i++) this.#dropGroup((this.reliable + i) & 0xffff);
    }
    // Only a broken sender numbers a packet inside the range of another's fragments.
    if (count > 1) this.#dropReliable(count);
    this.reliable = (this.reliable + count) & 0xffff;
    this.unreliable = 0;
    if (this.#waitingUnreliable.size > 0) this.#releaseUnreliable();
  }

  #dropReliable(count: number): void {
    if (this.waitingReliable.size === 0) return;
    for (let i = 1; i <= count; i++) {
      const waiting = this.waitingReliable.get((this.reliable + i) & 0xffff);
      if (waiting === undefined) continue;
      this.waitingReliable.delete(waiting.reliableSequence);
      this.#sink.waitingData -= waiting.size;
    }
  }

  /** Delivers what is complete among the unreliable packets of this turn; incomplete ones before those are lost. */
  #releaseUnreliable(): void {
    const group = this.#waitingUnreliable.get(this.reliable);
    if (group === undefined) return;
    const inOrder = [...group.values()].sort((a, b) => a.unreliableSequence - b.unreliableSequence);
    for (const waiting of inOrder) {
      if (waiting.data === undefined) continue;
      this.unreliable = waiting.unreliableSequence;
      this.#sink.deliver(
        this,
        waiting.data,
        waiting.flags,
        waiting.reliableSequence,
        waiting.unreliableSequence,
        waiting,
      );
    }
    for (const waiting of inOrder) {
      if (waiting.unreliableSequence > this.unreliable) continue;
      group.delete(waiting.unreliableSequence);
      this.#forget(waiting);
    }
    if (group.size === 0) this.#waitingUnreliable.delete(this.reliable);
  }

  #dropGroup(reliableSequence: number): void {
    const group = this.#waitingUnreliable.get(reliableSequence);
    if (group === undefined) return;
    for (const waiting of group.values()) this.#forget(waiting);
    this.#waitingUnreliable.delete(reliableSequence);
  }

  #forget(waiting: Waiting): void {
    this.#sink.waitingData -= waiting.size;
    if (waiting.data === undefined) this.#unfinished--;
  }
}

function differs(assembly: Assembly | undefined, count: number, total: number): boolean {
  return assembly === undefined || assembly.fragmentCount !== count || assembly.totalLength !== total;
}

/** A small piece that waits must not keep the whole memory it came in. */
function detached(data: Uint8Array): Uint8Array {
  return data.length * 4 < data.buffer.byteLength ? data.slice() : data;
}
