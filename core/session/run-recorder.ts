/**
 * The recorder worker: takes batches, commits at least every 12 ms or 4 MB, decodes as fast as it can without ever holding up the
 * writing, and tells the main thread and the reader what became visible.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Protocol } from '../protocol/protocol.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { connectionOf, type ConnectionRow } from './connection-row.ts';
import { FrameIndex } from './frame-index.ts';
import { loadIndex } from './index-loader.ts';
import type {
  FromRecorder,
  Port,
  ProtocolSource,
  ReaderNews,
  RecorderCall,
  RecorderSetup,
  ToRecorder,
} from './recorder-messages.ts';
import { Recording } from './recording.ts';
import { closeDatabase, createDatabase, messageOf, openDatabase, refusalOf } from './session-database.ts';
import { SessionWriter } from './session-writer.ts';
import { type BatchHandler, BatchReader } from './traffic-batch.ts';

export interface RecorderTools {
  /** The protocols that ship, and those made of the user's files. Sources that do not compile are left out. */
  protocols(sources: readonly ProtocolSource[]): readonly Protocol[];
  readonly now: () => number;
}

const COMMIT_MS = 12;
const COMMIT_BYTES = 4 * 1024 * 1024;
/** With more than this waiting, frames are stored first and decoded later. */
const DEFER_BYTES = 1024 * 1024;
const CATCH_UP_MS = 8;

type MainPort = Port<ToRecorder, FromRecorder> & { close?(): void };

/** @param reader where announcements go; the reader opens the file by itself */
export function runRecorder(
  main: MainPort,
  reader: Port<unknown, ReaderNews> | undefined,
  setup: RecorderSetup,
  tools: RecorderTools,
): void {
  let worker: RecorderWorker;
  try {
    worker = new RecorderWorker(main, reader, setup, tools);
  } catch (error) {
    const refusal = setup.create ? error : refusalOf(setup.path, error);
    const code = refusal instanceof EngineError ? refusal.code : 'internal';
    main.postMessage({ kind: 'refused', code, message: messageOf(refusal) });
    return;
  }
  main.on('message', (message) => worker.take(message));
}

class RecorderWorker {
  readonly #main: MainPort;
  readonly #reader: Port<unknown, ReaderNews> | undefined;
  readonly #setup: RecorderSetup;
  readonly #tools: RecorderTools;
  readonly #db: DatabaseSync;
  readonly #isWritable: boolean;
  readonly #writer: SessionWriter;
  readonly #recording: Recording;
  readonly #batches = new BatchReader();
  readonly #posted: Int32Array;
  #taken = 0;
  #uncommitted = 0;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;
  #isCatchingUp = false;
  #failure: unknown;
  #hasFailed = false;
  #bytesOnDisk = 0;
  #measured = Number.NEGATIVE_INFINITY;
  readonly #settling: number[] = [];
  #isClosed = false;

  constructor(
    main: MainPort,
    reader: Port<unknown, ReaderNews> | undefined,
    setup: RecorderSetup,
    tools: RecorderTools,
  ) {
    this.#main = main;
    this.#reader = reader;
    this.#setup = setup;
    this.#tools = tools;
    this.#posted = new Int32Array(setup.posted);
    const opened = setup.create
      ? { db: createDatabase(setup.path), isWritable: true }
      : openDatabase(setup.path, { readonly: false });
    this.#db = opened.db;
    this.#isWritable = opened.isWritable;
    this.#writer = new SessionWriter(this.#db);
    const index = new FrameIndex();
    const blocks = loadIndex(this.#db, index);
    this.#recording = new Recording(this.#db, this.#writer, index, {
      protocols: tools.protocols(setup.sources),
      now: tools.now,
    });
    this.#recording.knownBlocks(blocks);
    if (setup.create) {
      for (const [key, value] of Object.entries(setup.meta)) this.#writer.meta(key, value);
      this.#writer.commit();
    } else this.#adopt();
    this.#announce({
      count: index.count,
      changed: new Uint32Array(0),
      renewed: [],
      chunks: index.chunks.map((chunk) => chunk.buffer),
      names: this.#allNames(),
      connections: this.#recording.connections(),
    });
    main.postMessage({
      kind: 'ready',
      frames: index.count,
      lastConnection: Math.max(0, ...this.#recording.connections().map((c) => c.id)),
      isWritable: this.#isWritable,
      meta: this.#meta(),
    });
  }

  take(message: ToRecorder): void {
    if (this.#isClosed) return;
    switch (message.kind) {
      case 'batch':
        this.#batch(message.buffer, message.size);
        return;
      case 'call':
        this.#answer(message.id, message.call);
        return;
      case 'close':
        this.#close();
        return;
    }
  }

  #batch(buffer: ArrayBuffer, size: number): void {
    this.#taken = (this.#taken + size) | 0;
    this.#uncommitted += size;
    const backlog = (Atomics.load(this.#posted, 0) - this.#taken) | 0;
    this.#recording.isDeferring = backlog > DEFER_BYTES;
    if (this.#begun === 0) this.#begun = this.#tools.now();
    this.#failure = undefined;
    this.#batches.read(buffer, size, this.#handler);
    if (this.#failure === undefined) this.#soon();
    else this.#fail(this.#failure);
  }

  /** After a failed write the rest of the batch is still read: connections and carriers told in it are needed later. */
  readonly #handler: BatchHandler = {
    frame: (frame) => {
      if (this.#failure === undefined && this.#try(() => this.#recording.frame(frame))) return;
      this.#recording.lose(frame);
    },
    update: (update) => {
      if (this.#failure === undefined) this.#try(() => this.#recording.update(update));
    },
    commands: (commands) => {
      if (this.#failure === undefined) this.#try(() => this.#recording.commands(commands));
    },
    event: (event) => {
      const isKept = event.is === 'opened' || event.is === 'changed' || event.is === 'closed';
      if (isKept || this.#failure === undefined) this.#try(() => this.#recording.event(event));
    },
  };

  #try(write: () => void): boolean {
    try {
      this.#writer.begin();
      write();
      return true;
    } catch (error) {
      this.#failure ??= error;
      return false;
    }
  }

  /** Commits when it is time, else sees to it that it will be. */
  #soon(): void {
    if (this.#uncommitted >= COMMIT_BYTES || this.#tools.now() - this.#begun >= COMMIT_MS) this.#commit();
    else this.#timer ??= setTimeout(() => this.#commit(), COMMIT_MS);
    if (this.#recording.isBehind) this.#catchUp();
  }

  #commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = 0;
    const bytes = this.#uncommitted;
    try {
      const announcement = this.#recording.commit();
      this.#uncommitted = 0;
      this.#announce(announcement);
      this.#main.postMessage({
        kind: 'committed',
        bytes,
        count: announcement.count,
        connections: announcement.connections,
        bytesOnDisk: this.#bytesOnDisk,
      });
      if (this.#hasFailed) {
        this.#hasFailed = false;
        this.#main.postMessage({ kind: 'recovered' });
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.#recording.isBehind) this.#settled();
  }

  #catchUp(): void {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    // Between messages, so that what arrives is written first.
    setImmediate(() => {
      this.#isCatchingUp = false;
      if (this.#isClosed) return;
      if (this.#begun === 0) this.#begun = this.#tools.now();
      try {
        this.#writer.begin();
        this.#recording.catchUp(CATCH_UP_MS);
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#soon();
    });
  }

  #fail(error: unknown): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = 0;
    const lost = this.#recording.rollback();
    const bytes = this.#uncommitted;
    this.#uncommitted = 0;
    this.#hasFailed = true;
    this.#main.postMessage({ kind: 'failed', message: messageOf(error), lost, bytes });
    // Whoever waits for what was handed over has waited long enough: it is lost, and was told to be.
    this.#settled();
  }

  #answer(id: number, call: RecorderCall): void {
    try {
      if (call.op === 'settle') {
        this.#settling.push(id);
        if (this.#recording.isBehind) this.#catchUp();
        else this.#commit();
        return;
      }
      this.#perform(call);
      // Not left waiting for the timer: whoever asked will look at the result at once.
      this.#commit();
      if (this.#recording.isBehind) this.#catchUp();
      this.#main.postMessage({ kind: 'answer', id, ok: true });
    } catch (error) {
      const code = error instanceof EngineError ? error.code : 'internal';
      this.#main.postMessage({ kind: 'answer', id, ok: false, code, message: messageOf(error) });
    }
  }

  #perform(call: Exclude<RecorderCall, { op: 'settle' }>): void {
    if (call.op === 'setProtocols') {
      this.#recording.setProtocols(this.#tools.protocols(call.sources));
      return;
    }
    if (!this.#isWritable) {
      throw new EngineError('read-only', `${this.#setup.path} cannot be written. Save a copy and open that.`);
    }
    switch (call.op) {
      case 'decodeAs':
        if (!this.#recording.decodeAs(call.conn, call.protocol, call.options)) {
          throw new EngineError('unknown-connection', `There is no connection ${call.conn}.`);
        }
        return;
      case 'mark':
        this.#recording.mark(call.n, call.mark, call.comment);
        return;
      case 'keep': {
        const columns = Object.keys(call.row);
        const sql = `INSERT OR REPLACE INTO ${call.table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
        this.#writer.unseal();
        this.#db.prepare(sql).run(...Object.values(call.row));
        return;
      }
    }
  }

  #settled(): void {
    for (const id of this.#settling.splice(0)) this.#main.postMessage({ kind: 'answer', id, ok: true });
  }

  #announce(announcement: Omit<ReaderNews, 'kind' | 'bytesOnDisk'>): void {
    if (this.#tools.now() - this.#measured > 250) {
      this.#measured = this.#tools.now();
      this.#bytesOnDisk = sizeOf(this.#setup.path) + sizeOf(`${this.#setup.path}-wal`);
    }
    this.#reader?.postMessage({ kind: 'news', ...announcement, bytesOnDisk: this.#bytesOnDisk });
  }

  #adopt(): void {
    const rows = this.#db.prepare('SELECT * FROM connections ORDER BY id').all() as unknown as ConnectionRow[];
    this.#recording.adopt(rows.map(connectionOf));
  }

  #allNames(): (readonly [number, string, string, number | undefined])[] {
    const rows = this.#db.prepare('SELECT id, protocol, name, number FROM names ORDER BY id').all() as {
      id: number;
      protocol: string;
      name: string;
      number: number | null;
    }[];
    return rows.map((row) => [row.id, row.protocol, row.name, row.number ?? undefined]);
  }

  #meta(): Record<string, string> {
    const rows = this.#db.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[];
    return Object.fromEntries(rows.map((row) => [row.key, row.value]));
  }

  #close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    try {
      if (this.#isWritable) {
        this.#writer.begin();
        while (!this.#recording.catchUp(1000));
        this.#recording.commit();
        this.#recording.finish();
        this.#writer.commit();
        closeDatabase(this.#db);
      } else this.#db.close();
    } catch {
      // Nothing more can be done for the file; what was committed is in it.
    }
    this.#main.postMessage({ kind: 'closed' });
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
