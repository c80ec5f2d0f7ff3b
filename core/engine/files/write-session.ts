/** A session file written from something else than live traffic: an import, a merge, a slice. */
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Recorder } from '../../session/recorder.ts';
import type { FromRecorder, Port, ProtocolSource, RecorderSetup, ToRecorder } from '../../session/recorder-messages.ts';
import { breakSeals, sealTables } from '../../session/seals.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { RecorderWorkerData } from '../session-threads.ts';
import { endOf } from '../thread-end.ts';

export interface WriteOptions {
  /** A file that does not exist yet, unless `adds`. */
  readonly path: string;
  /** True: the session is there already, and more is done to it. */
  readonly adds?: boolean;
  /** Entry of the recorder thread; it brings the protocols. */
  readonly recorderWorker: URL;
  readonly sources?: readonly ProtocolSource[];
  readonly meta: Readonly<Record<string, string>>;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

export interface SessionInWriting {
  readonly recorder: Recorder;
  /** To be awaited now and then: lets the disk catch up. @throws EngineError when the file cannot be written */
  breathe(): Promise<void>;
  /** Writes the rest; `meta` is what became known on the way. @throws EngineError when frames could not be written */
  finish(meta?: Readonly<Record<string, string>>): Promise<void>;
  /** Gives up and removes the file. */
  discard(): Promise<void>;
}

/** @throws EngineError when the file exists or cannot be made */
export async function writeSession(options: WriteOptions): Promise<SessionInWriting> {
  const { path, now } = options;
  // The reader's end of the news: nobody looks at a file while it is written.
  const { port1, port2 } = new MessageChannel();
  port2.close();
  const setup: RecorderSetup = {
    path,
    create: options.adds !== true,
    meta: options.meta,
    sources: options.sources ?? [],
    posted: new SharedArrayBuffer(4),
  };
  const data: RecorderWorkerData = { setup, news: port1 };
  const worker = new Worker(options.recorderWorker, { workerData: data, transferList: [port1] });
  const died = endOf(worker, 'The recorder').then((error): never => {
    throw error;
  });
  // Ends that nobody waits for at the moment are no unhandled failures.
  died.catch(() => undefined);
  const recorder = new Recorder(
    { port: worker as unknown as Port<FromRecorder, ToRecorder>, posted: setup.posted, now },
    { record: options.adds !== true },
  );
  let drained: (() => void) | undefined;
  recorder.onDrain(() => drained?.());
  try {
    await Promise.race([recorder.ready, died]);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  // A later write may go well again, when it is smaller: what was lost before stays lost.
  let failure: string | undefined;
  recorder.listen({
    failed: (message) => {
      failure ??= message;
    },
  });
  const unwritable = (why: string): EngineError =>
    new EngineError('disk-full', `${path} cannot be written: ${why}. Free some space or choose another place.`);
  const check = (): void => {
    if (failure !== undefined) throw unwritable(failure);
  };
  return {
    recorder,
    async breathe() {
      check();
      if (!recorder.isFull) return;
      await Promise.race([new Promise<void>((resolve) => (drained = resolve)), died]);
      check();
    },
    async finish(meta = {}) {
      await Promise.race([recorder.settle(), died]);
      await Promise.race([recorder.close(), died]);
      await worker.terminate();
      check();
      try {
        writeMeta(path, meta);
      } catch (error) {
        throw unwritable(error instanceof Error ? error.message : String(error));
      }
    },
    async discard() {
      await worker.terminate();
      for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
    },
  };
}

function writeMeta(path: string, meta: Readonly<Record<string, string>>): void {
  const entries = Object.entries(meta);
  if (entries.length === 0) return;
  const db = new DatabaseSync(path);
  try {
    const insert = db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    breakSeals(db);
    for (const [key, value] of entries) insert.run(key, value);
    sealTables(db);
  } finally {
    db.close();
  }
}
