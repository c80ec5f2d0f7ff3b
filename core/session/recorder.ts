/**
 * The main thread's end of recording: numbers frames at once, packs them, hands the packages to the recorder worker. Costs a
 * copy of the bytes per frame and no more. Says when it is full, so that sockets wait instead of anything being lost.
 */
import type { OptionValues } from '../protocol/protocol.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection } from '../traffic/frame.ts';
import type { CarrierCommands, FrameDraft, FrameUpdate, TrafficSink } from '../traffic/sink.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { FromRecorder, Port, ProtocolSource, RecorderCall, ToRecorder } from './recorder-messages.ts';
import { BATCH_BYTES, BatchWriter } from './traffic-batch.ts';

export interface RecorderOptions {
  readonly port: Port<FromRecorder, ToRecorder>;
  /** Shared with the worker: see `RecorderSetup.posted`. */
  readonly posted: SharedArrayBuffer;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Bytes on their way to the disk beyond which sources pause. Default 8 MiB. */
  readonly fullBytes?: number;
}

export interface RecorderEvents {
  readonly committed?: (news: { count: number; connections: readonly Connection[]; bytesOnDisk: number }) => void;
  /** Frames could not be written; traffic goes on. */
  readonly failed?: (message: string, lost: number) => void;
  readonly recovered?: () => void;
}

/** What the worker said when the file was open. */
export interface RecorderReady {
  readonly frames: number;
  readonly isWritable: boolean;
  readonly meta: Readonly<Record<string, string>>;
}

const FLUSH_MS = 8;
const LOOK_EVERY = 16;

export class Recorder implements TrafficSink {
  readonly ready: Promise<RecorderReady>;
  /** Why frames are being lost at the moment. */
  failure: string | undefined;
  lost = 0;
  /** False: frames are let through unrecorded and get number 0, except those that are held. */
  isRecording: boolean;
  readonly #port: Port<FromRecorder, ToRecorder>;
  readonly #posted: Int32Array;
  readonly #now: () => number;
  readonly #fullBytes: number;
  readonly #batch = new BatchWriter();
  readonly #calls = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #drains: (() => void)[] = [];
  readonly #closed: Promise<void>;
  #events: RecorderEvents = {};
  #lastFrame = 0;
  #lastConnection = 0;
  #inFlight = 0;
  #wasFull = false;
  #begun = 0;
  #sinceLook = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastCall = 0;
  #isClosing = false;

  constructor(options: RecorderOptions, how: { record: boolean }) {
    this.#port = options.port;
    this.#posted = new Int32Array(options.posted);
    this.#now = options.now;
    this.#fullBytes = options.fullBytes ?? 8 * 1024 * 1024;
    this.isRecording = how.record;
    const ready = Promise.withResolvers<RecorderReady>();
    const closed = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.#closed = closed.promise;
    this.#port.on('message', (message) => {
      switch (message.kind) {
        case 'ready':
          this.#lastFrame = message.frames;
          this.#lastConnection = message.lastConnection;
          ready.resolve({ frames: message.frames, isWritable: message.isWritable, meta: message.meta });
          return;
        case 'refused':
          ready.reject(new EngineError(message.code, message.message));
          return;
        case 'committed':
          this.#landed(message.bytes);
          this.#events.committed?.(message);
          return;
        case 'failed':
          this.failure = message.message;
          this.lost += message.lost;
          this.#landed(message.bytes);
          this.#events.failed?.(message.message, message.lost);
          return;
        case 'recovered':
          this.failure = undefined;
          this.#events.recovered?.();
          return;
        case 'answer':
          this.#answered(message);
          return;
        case 'closed':
          closed.resolve();
      }
    });
  }

  /** One listener set; the engine's. */
  listen(events: RecorderEvents): void {
    this.#events = events;
  }

  /** Frames numbered so far, written or on their way. */
  get frames(): number {
    return this.#lastFrame;
  }

  /** Highest connection number given or found in the file. */
  get lastConnection(): number {
    return this.#lastConnection;
  }

  // ---- TrafficSink -------------------------------------------------------------------------------------------------------

  get isFull(): boolean {
    if (this.#inFlight + this.#batch.size <= this.#fullBytes) return false;
    this.#wasFull = true;
    return true;
  }
  onDrain(listener: () => void): void {
    this.#drains.push(listener);
  }
  nextConnectionId(): number {
    return ++this.#lastConnection;
  }
  opened(connection: Connection): void {
    this.#lastConnection = Math.max(this.#lastConnection, connection.id);
    this.#batch.event({ is: 'opened', connection });
    this.#written();
  }
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    this.#batch.event({ is: 'changed', id, change });
    this.#written();
  }
  closed(id: number, time: number, ending: string): void {
    this.#batch.event({ is: 'closed', id, time, ending });
    this.#written();
  }
  frame(draft: FrameDraft): number {
    if ((!this.isRecording && draft.fate !== 'held') || this.#isClosing) return 0;
    const n = ++this.#lastFrame;
    this.#batch.frame(n, draft);
    this.#written();
    return n;
  }
  update(n: number, update: FrameUpdate): void {
    if (n === 0 || this.#isClosing) return;
    this.#batch.update(n, update);
    this.#written();
  }
  commands(commands: CarrierCommands): void {
    if (!this.isRecording || this.#isClosing) return;
    this.#batch.commands(commands);
    this.#written();
  }
  remark(connection: number, time: number, info: ExpertInfo): void {
    this.#batch.event({ is: 'remark', conn: connection, time, info });
    this.#written();
  }

  // ---- what the engine adds ----------------------------------------------------------------------------------------------

  /** A decision of a rule or fault, kept in the file so that a run can be repeated. */
  decision(kind: 'rule' | 'fault', n: number, by: string, what: string): void {
    this.#batch.event({ is: 'decision', kind, n, by, what });
    this.#written();
  }
  proxy(name: string, time: number, spec: unknown): void {
    this.#batch.event({ is: 'proxy', name, time, spec });
    this.#written();
  }
  /** For marks made by rules, in order with the frames. */
  markInOrder(n: number, mark: string | undefined, comment: string | undefined): void {
    if (n === 0) return;
    this.#batch.event({
      is: 'mark',
      n,
      ...(mark === undefined ? {} : { mark }),
      ...(comment === undefined ? {} : { comment }),
    });
    this.#written();
  }
  mark(n: number, mark: string | null | undefined, comment: string | null | undefined): Promise<void> {
    return this.#call({
      op: 'mark',
      n,
      ...(mark === undefined ? {} : { mark }),
      ...(comment === undefined ? {} : { comment }),
    });
  }
  decodeAs(conn: number, protocol: string, options: OptionValues): Promise<void> {
    return this.#call({ op: 'decodeAs', conn, protocol, options });
  }
  setProtocols(sources: readonly ProtocolSource[]): Promise<void> {
    return this.#call({ op: 'setProtocols', sources });
  }
  keep(table: 'replay_verdicts' | 'fuzz_findings', row: Readonly<Record<string, string | number>>): Promise<void> {
    return this.#call({ op: 'keep', table, row });
  }
  /** Resolves when all that was recorded until now is committed and decoded. */
  settle(): Promise<void> {
    return this.#call({ op: 'settle' });
  }

  /** Writes what is left, makes the file whole, ends the worker's work. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#flush();
      this.#isClosing = true;
      this.#port.postMessage({ kind: 'close' });
    }
    return this.#closed;
  }

  /** The worker is gone: nothing waits for it any longer. */
  abandon(error: Error): void {
    this.#isClosing = true;
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    this.#landed(this.#inFlight);
  }

  #written(): void {
    if (this.#timer === undefined) {
      this.#begun = this.#now();
      this.#timer = setTimeout(() => this.#flush(), FLUSH_MS);
      this.#sinceLook = 0;
      return;
    }
    // The clock is looked at now and then only: while the thread is too busy for the timer, frames come by the thousand.
    const isDue = ++this.#sinceLook >= LOOK_EVERY && this.#now() - this.#begun >= FLUSH_MS;
    if (this.#sinceLook >= LOOK_EVERY) this.#sinceLook = 0;
    if (isDue || this.#batch.size >= BATCH_BYTES) this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.size === 0 || this.#isClosing) return;
    const { buffer, size } = this.#batch.take();
    this.#inFlight += size;
    Atomics.add(this.#posted, 0, size);
    this.#port.postMessage({ kind: 'batch', buffer, size }, [buffer]);
  }

  #landed(bytes: number): void {
    this.#inFlight -= bytes;
    if (!this.#wasFull || this.#inFlight > this.#fullBytes / 4) return;
    this.#wasFull = false;
    for (const listener of this.#drains) listener();
  }

  #call(call: RecorderCall): Promise<void> {
    if (this.#isClosing) return Promise.reject(new EngineError('cancelled', 'The session is being closed.'));
    this.#flush();
    const id = ++this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#port.postMessage({ kind: 'call', id, call });
    });
  }

  #answered(message: Extract<FromRecorder, { kind: 'answer' }>): void {
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.ok) call?.resolve();
    else call?.reject(new EngineError(message.code ?? 'internal', message.message ?? 'The recorder failed.'));
  }
}
