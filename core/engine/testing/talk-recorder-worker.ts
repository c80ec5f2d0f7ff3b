/** Recorder thread with the test protocol. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromRecorder, Port, ReaderNews, ToRecorder } from '../../session/recorder-messages.ts';
import { runRecorder } from '../../session/run-recorder.ts';
import { tableTalk } from '../../session/testing/table-talk.ts';
import { protocolsOf } from '../compile-protocol.ts';
import type { RecorderWorkerData } from '../session-threads.ts';

const { setup, news } = workerData as RecorderWorkerData;
runRecorder(
  parentPort as unknown as Port<ToRecorder, FromRecorder>,
  news as unknown as Port<unknown, ReaderNews>,
  setup,
  { protocols: (sources) => protocolsOf([tableTalk()], sources), now: () => performance.now() },
);
