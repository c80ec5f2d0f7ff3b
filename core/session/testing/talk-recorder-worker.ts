/** Recorder worker with the test protocol. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromRecorder, Port, RecorderSetup, ToRecorder } from '../recorder-messages.ts';
import { runRecorder } from '../run-recorder.ts';
import { tableTalk } from './table-talk.ts';

// A dissector that takes its time: as long as a decoder caught in a bad input would.
const wait = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);

runRecorder(parentPort as unknown as Port<ToRecorder, FromRecorder>, undefined, workerData as RecorderSetup, {
  protocols: () => [tableTalk(wait)],
  now: () => performance.now(),
});
