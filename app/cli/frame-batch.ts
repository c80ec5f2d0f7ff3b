/**
 * What a reader thread tells a sink on another thread: frames as numbers and bytes in two buffers that change hands without a copy,
 * and, in their place between them, the few other things as they are.
 */
import type { Carrier, Connection, Direction, ExpertInfo, WebSocketCarrier } from '../../core/traffic/frame.ts';
import type { CarrierCommands, FrameDraft, FrameUpdate, TrafficSink } from '../../core/traffic/sink.ts';

export interface Batch {
  /** `FIELDS` numbers a frame. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly frames: number;
  /** Head, payload, tail and headers of every frame, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly others: readonly Other[];
}

/** `at`: how many of the batch's plain frames come before it. */
type Other = { readonly at: number } & (
  | { readonly kind: 'frame'; readonly draft: FrameDraft }
  | { readonly kind: 'opened'; readonly connection: Connection }
  | { readonly kind: 'changed'; readonly id: number; readonly change: Partial<Omit<Connection, 'id'>> }
  | { readonly kind: 'closed'; readonly id: number; readonly time: number; readonly ending: string }
  | { readonly kind: 'commands'; readonly commands: CarrierCommands }
  | { readonly kind: 'update'; readonly n: number; readonly update: FrameUpdate }
  | { readonly kind: 'remark'; readonly connection: number; readonly time: number; readonly info: ExpertInfo }
);
type Unplaced<T> = T extends unknown ? Omit<T, 'at'> : never;

const FIELDS = 8;
const NONE: readonly ExpertInfo[] = Object.freeze([]);
const EMPTY = new Uint8Array(0);
const OPCODES: readonly WebSocketCarrier['opcode'][] = ['text', 'binary', 'ping', 'pong', 'close'];

/** Collects what a reader says until it is taken. Frames are numbered as the sink at the other end will. */
export class BatchSink implements TrafficSink {
  readonly isFull = false;
  #connections = 0;
  #n = 0;
  #numbers = new Float64Array(FIELDS * 4096);
  #frames = 0;
  #bytes = new Uint8Array(1 << 20);
  #used = 0;
  #others: Other[] = [];

  onDrain(): void {
    // Never full: whoever reads takes the batches.
  }
  nextConnectionId(): number {
    return ++this.#connections;
  }
  opened(connection: Connection): void {
    this.#say({ kind: 'opened', connection });
  }
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    this.#say({ kind: 'changed', id, change });
  }
  closed(id: number, time: number, ending: string): void {
    this.#say({ kind: 'closed', id, time, ending });
  }
  update(n: number, update: FrameUpdate): void {
    this.#say({ kind: 'update', n, update });
  }
  commands(commands: CarrierCommands): void {
    this.#say({ kind: 'commands', commands });
  }
  remark(connection: number, time: number, info: ExpertInfo): void {
    this.#say({ kind: 'remark', connection, time, info });
  }

  frame(draft: FrameDraft): number {
    if (isPlain(draft)) this.#plain(draft);
    else this.#say({ kind: 'frame', draft });
    return ++this.#n;
  }

  /** What was said since the last time; undefined when nothing was. */
  take(): Batch | undefined {
    if (this.#frames === 0 && this.#others.length === 0) return undefined;
    const batch: Batch = {
      numbers: this.#numbers.slice(0, this.#frames * FIELDS),
      frames: this.#frames,
      bytes: this.#bytes.slice(0, this.#used),
      others: this.#others,
    };
    this.#frames = 0;
    this.#used = 0;
    this.#others = [];
    return batch;
  }

  #say(other: Unplaced<Other>): void {
    this.#others.push({ at: this.#frames, ...other });
  }

  #plain({ conn, direction, time, mono, carrier, head, bytes, tail, headers = EMPTY }: FrameDraft): void {
    const size = head.length + bytes.length + tail.length + headers.length;
    if (this.#used + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + size));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    const at = this.#frames * FIELDS;
    if (at + FIELDS > this.#numbers.length) {
      const grown = new Float64Array(this.#numbers.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    const numbers = this.#numbers;
    numbers[at] = direction === 'toServer' ? conn : -conn;
    numbers[at + 1] = time;
    numbers[at + 2] = mono;
    numbers[at + 3] = wordOf(carrier);
    numbers[at + 4] = head.length;
    numbers[at + 5] = bytes.length;
    numbers[at + 6] = tail.length;
    numbers[at + 7] = headers.length;
    const place = this.#bytes;
    if (head.length > 0) place.set(head, this.#used);
    place.set(bytes, this.#used + head.length);
    if (tail.length > 0) place.set(tail, this.#used + head.length + bytes.length);
    if (headers.length > 0) place.set(headers, this.#used + size - headers.length);
    this.#used += size;
    this.#frames++;
  }
}

/** Says a batch to a sink, as the reader said it. */
export function sayBatch({ numbers, frames, bytes, others }: Batch, sink: TrafficSink): void {
  let next = 0;
  let at = 0;
  const carriers = new Map<number, Carrier>();
  for (let i = 0; i <= frames; i++) {
    while (next < others.length && others[next]!.at === i) sayOther(others[next++]!, sink);
    if (i === frames) return;
    const from = i * FIELDS;
    const word = numbers[from + 3]!;
    let carrier = carriers.get(word);
    if (carrier === undefined) carriers.set(word, (carrier = carrierOf(word)));
    const payload = at + numbers[from + 4]!;
    const tail = payload + numbers[from + 5]!;
    const headers = tail + numbers[from + 6]!;
    const end = headers + numbers[from + 7]!;
    const direction: Direction = numbers[from]! > 0 ? 'toServer' : 'toClient';
    sink.frame({
      conn: Math.abs(numbers[from]!),
      direction,
      time: numbers[from + 1]!,
      mono: numbers[from + 2]!,
      carrier,
      bytes: bytes.subarray(payload, tail),
      head: payload === at ? EMPTY : bytes.subarray(at, payload),
      tail: headers === tail ? EMPTY : bytes.subarray(tail, headers),
      headers: end === headers ? undefined : bytes.subarray(headers, end),
      origin: 'wire',
      fate: 'forwarded',
      expert: NONE,
    });
    at = end;
  }
}

function sayOther(other: Other, sink: TrafficSink): void {
  switch (other.kind) {
    case 'frame':
      sink.frame(other.draft);
      return;
    case 'opened':
      sink.opened(other.connection);
      return;
    case 'changed':
      sink.changed(other.id, other.change);
      return;
    case 'closed':
      sink.closed(other.id, other.time, other.ending);
      return;
    case 'commands':
      sink.commands?.(other.commands);
      return;
    case 'update':
      sink.update(other.n, other.update);
      return;
    case 'remark':
      sink.remark(other.connection, other.time, other.info);
  }
}

/** Nothing is said about it beyond what the numbers hold. */
function isPlain({ conn, origin, fate, expert, sent, touchedBy, gapBefore }: FrameDraft): boolean {
  return (
    conn > 0 &&
    origin === 'wire' &&
    fate === 'forwarded' &&
    expert.length === 0 &&
    sent === undefined &&
    touchedBy === undefined &&
    gapBefore === undefined
  );
}

/** A carrier as one number: what kind in the lowest two bits, then its own facts. */
function wordOf(carrier: Carrier): number {
  if ('channel' in carrier) {
    const { channel, reliable, unsequenced } = carrier;
    return 1 | (Number(reliable) << 2) | (Number(unsequenced) << 3) | (channel << 4);
  }
  if ('opcode' in carrier) {
    const { opcode, compressed, fragments } = carrier;
    return 2 + (Number(compressed) << 2) + (OPCODES.indexOf(opcode) << 3) + fragments * 64;
  }
  return 0;
}

function carrierOf(word: number): Carrier {
  const low = word & 63;
  if ((low & 3) === 1) return { channel: word >> 4, reliable: (low & 4) !== 0, unsequenced: (low & 8) !== 0 };
  if ((low & 3) === 2)
    return { opcode: OPCODES[(low >> 3) & 7]!, compressed: (low & 4) !== 0, fragments: Math.floor(word / 64) };
  return {};
}
