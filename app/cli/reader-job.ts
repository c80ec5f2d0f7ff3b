/** Reads a long capture on a thread for a command: packets to frames, in batches, never far ahead of who takes them. */
import { parentPort, workerData } from 'node:worker_threads';
import { readTraffic } from '../../core/engine/files/read-traffic.ts';
import { EngineError } from '../../core/traffic/engine-error.ts';
import { type Batch, BatchSink } from './frame-batch.ts';
import type { ReaderJob, ReaderSays } from './read-on-thread.ts';
import { readProtocolChoice } from './protocol-options.ts';

const { path, given, taken, ahead } = workerData as ReaderJob;
const texts = (name: string): string[] => given.filter((one) => one.name === name).map(({ value }) => value);
const say = (saying: ReaderSays, batch?: Batch): void =>
  parentPort!.postMessage(saying, batch === undefined ? [] : [batch.numbers.buffer, batch.bytes.buffer]);

const sink = new BatchSink();
let said = 0;
const flush = (done: number, size: number): void => {
  const batch = sink.take();
  if (batch === undefined) return;
  say({ batch, done, size }, batch);
  said++;
  for (let seen = Atomics.load(taken, 0); said - seen >= ahead; seen = Atomics.load(taken, 0))
    Atomics.wait(taken, 0, seen);
};

try {
  const choice = readProtocolChoice({ texts, text: (name) => texts(name).at(-1) });
  let at = { done: 0, size: 0 };
  const result = await readTraffic(path, choice, sink, {
    keepCarrier: given.some(({ name }) => name === 'carrier'),
    progress: (done, size) => {
      at = { done, size };
    },
    afterChunk: async () => flush(at.done, at.size),
  });
  flush(at.size, at.size);
  say({ result });
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  say({ error: { code: error.code, message: error.message } });
}
