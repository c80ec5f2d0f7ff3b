/** The commands a peer has to send: pooled objects in linked lists, so that queueing and acknowledging cost no search. */
import type { SendChannel } from './send-channel.ts';

const NOTHING = new Uint8Array(0);

/** One command to send; for reliable ones, until it is acknowledged. */
export class OutgoingCommand {
  previous: OutgoingCommand | undefined = undefined;
  next: OutgoingCommand | undefined = undefined;
  list: CommandList | undefined = undefined;

  /** Code and flags: the first byte on the wire. */
  command = 0;
  channelId = 0;
  /** Undefined for commands about the connection. */
  channel: SendChannel | undefined = undefined;
  reliableSequence = 0;
  /** Unreliable sequence number, unsequenced group, or the first sequence number of a fragmented packet. */
  sequence = 0;
  /** The packet's data; for commands about the connection, their fields as on the wire. */
  data: Uint8Array = NOTHING;
  offset = 0;
  length = 0;
  fragmentNumber = 0;
  /** 0 = not a fragment. */
  fragmentCount = 0;

  /** Place in the order of sending across both outgoing lists. */
  order = 0;
  /** When it was queued, first and last sent (ms). */
  queuedAt = 0;
  firstSentAt = 0;
  sentAt = 0;
  attempts = 0;
  /** How long to wait for the acknowledgement; doubles with each attempt, up to the limit. 0 = not sent yet. */
  timeout = 0;
  timeoutLimit = 0;

  /** Whether it carries packet data, which the send window limits. */
  get carriesPacket(): boolean {
    return this.channel !== undefined;
  }
}

/** A doubly linked list of commands; a command is in one list at a time. */
export class CommandList {
  first: OutgoingCommand | undefined = undefined;
  last: OutgoingCommand | undefined = undefined;
  size = 0;

  push(command: OutgoingCommand): void {
    this.insertBefore(undefined, command);
  }

  /** Inserts before `place`, or at the end when that is undefined. */
  insertBefore(place: OutgoingCommand | undefined, command: OutgoingCommand): void {
    const previous = place === undefined ? this.last : place.previous;
    command.previous = previous;
    command.next = place;
    command.list = this;
    if (previous === undefined) this.first = command;
    else previous.next = command;
    if (place === undefined) this.last = command;
    else place.previous = command;
    this.size++;
  }

  remove(command: OutgoingCommand): void {
    const { previous, next } = command;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    command.previous = undefined;
    command.next = undefined;
    command.list = undefined;
    this.size--;
  }
}

/** Used command objects, kept for reuse. */
export class CommandPool {
  readonly #free: OutgoingCommand[] = [];
  readonly #limit: number;

  constructor(limit = 16_384) {
    this.#limit = limit;
  }

  take(): OutgoingCommand {
    return this.#free.pop() ?? new OutgoingCommand();
  }

  give(command: OutgoingCommand): void {
    command.data = NOTHING;
    command.channel = undefined;
    command.attempts = 0;
    command.timeout = 0;
    command.fragmentCount = 0;
    command.offset = 0;
    if (this.#free.length < this.#limit) this.#free.push(command);
  }
}

/**
 * Reliable commands that were sent and not acknowledged, found by sequence number. Open sequence numbers lie close
 * together, so a ring that doubles when two would share a slot is enough.
 */
export class SentRing {
  #slots: (OutgoingCommand | undefined)[] = new Array<OutgoingCommand | undefined>(16).fill(undefined);

  get(sequence: number): OutgoingCommand | undefined {
    const command = this.#slots[sequence & (this.#slots.length - 1)];
    return command !== undefined && command.reliableSequence === sequence ? command : undefined;
  }

  set(command: OutgoingCommand): void {
    const sequence = command.reliableSequence;
    for (;;) {
      const slot = sequence & (this.#slots.length - 1);
      const here = this.#slots[slot];
      if (here === undefined || here.reliableSequence === sequence) {
        this.#slots[slot] = command;
        return;
      }
      this.#grow();
    }
  }

  delete(sequence: number): void {
    this.#slots[sequence & (this.#slots.length - 1)] = undefined;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array<OutgoingCommand | undefined>(old.length * 2).fill(undefined);
    for (const command of old) {
      if (command !== undefined) this.#slots[command.reliableSequence & (this.#slots.length - 1)] = command;
    }
  }
}
