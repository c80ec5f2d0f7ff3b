/** Reader thread with the test protocol. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Port } from '../../session/recorder-messages.ts';
import { tableTalk } from '../../session/testing/table-talk.ts';
import { protocolsOf } from '../compile-protocol.ts';
import type { FromReader, ToReader } from '../reader/reader-messages.ts';
import { runReader } from '../reader/run-reader.ts';
import type { ReaderWorkerData } from '../session-threads.ts';

const { setup, news } = workerData as ReaderWorkerData;
runReader(parentPort as unknown as Port<ToReader, FromReader>, news, setup, {
  protocols: (sources) => protocolsOf([tableTalk()], sources),
  now: () => performance.now(),
});
