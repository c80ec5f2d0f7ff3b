/** Thread that writes the session and decodes it by the protocols that ship. */
import { parentPort, workerData } from 'node:worker_threads';
import { protocolsOf } from '../../core/engine/compile-protocol.ts';
import type { RecorderWorkerData } from '../../core/engine/session-threads.ts';
import type { FromRecorder, Port, ReaderNews, ToRecorder } from '../../core/session/recorder-messages.ts';
import { runRecorder } from '../../core/session/run-recorder.ts';
import { protocols } from '../../dissectors/index.ts';

const { setup, news } = workerData as RecorderWorkerData;
runRecorder(
  parentPort as unknown as Port<ToRecorder, FromRecorder>,
  news as unknown as Port<unknown, ReaderNews>,
  setup,
  { protocols: (sources) => protocolsOf(protocols, sources), now: () => performance.now() },
);
