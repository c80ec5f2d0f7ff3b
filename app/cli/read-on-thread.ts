/** Reads a long capture on a thread of its own, so that finding its frames and giving them their meaning go side by side. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ReadHow, ReadResult } from '../../core/engine/files/read-traffic.ts';
import { EngineError, type EngineErrorCode } from '../../core/traffic/engine-error.ts';
import type { TrafficSink } from '../../core/traffic/sink.ts';
import { type Batch, sayBatch } from './frame-batch.ts';

export interface ReaderJob {
  readonly path: string;
  /** The command's options: the thread chooses protocols by the same ones. */
  readonly given: readonly { readonly name: string; readonly value: string }[];
  /** How many batches were taken; the thread waits while it is `ahead` of it. */
  readonly taken: Int32Array<SharedArrayBuffer>;
  readonly ahead: number;
}

export type ReaderSays =
  | { readonly batch: Batch; readonly done: number; readonly size: number }
  | { readonly result: ReadResult }
  | { readonly error: { readonly code: EngineErrorCode; readonly message: string } };

const ENTRY = new URL(`./reader-thread${extname(import.meta.filename)}`, import.meta.url);
const AHEAD = 4;

/** @throws EngineError as `readTraffic` does */
export async function readOnThread(
  path: string,
  given: ReaderJob['given'],
  sink: TrafficSink,
  { afterChunk, progress }: Pick<ReadHow, 'afterChunk' | 'progress'>,
): Promise<ReadResult> {
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const job: ReaderJob = { path, given, taken, ahead: AHEAD };
  const thread = new Worker(ENTRY, { workerData: job });
  const waiting: ReaderSays[] = [];
  let wake = (): void => undefined;
  let failure: unknown;
  thread.on('message', (says: ReaderSays) => {
    waiting.push(says);
    wake();
  });
  thread.on('error', (error) => {
    failure = error;
    wake();
  });
  const ended = once(thread, 'exit');
  try {
    for (;;) {
      const says = waiting.shift();
      if (says === undefined) {
        if (failure !== undefined) throw failure;
        await new Promise<void>((resolve) => (wake = resolve));
      } else if ('batch' in says) {
        sayBatch(says.batch, sink);
        Atomics.add(taken, 0, 1);
        Atomics.notify(taken, 0);
        progress?.(says.done, says.size);
        await afterChunk?.();
      } else if ('error' in says) throw new EngineError(says.error.code, says.error.message);
      else return says.result;
    }
  } finally {
    await thread.terminate();
    await ended;
  }
}
