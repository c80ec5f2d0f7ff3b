/** Thread that answers what only reads: views, inspector, statistics. */
import { parentPort, workerData } from 'node:worker_threads';
import { protocolsOf } from '../../core/engine/compile-protocol.ts';
import type { FromReader, ToReader } from '../../core/engine/reader/reader-messages.ts';
import { runReader } from '../../core/engine/reader/run-reader.ts';
import type { ReaderWorkerData } from '../../core/engine/session-threads.ts';
import type { Port } from '../../core/session/recorder-messages.ts';
import { protocols } from '../../dissectors/index.ts';

const { setup, news } = workerData as ReaderWorkerData;
runReader(parentPort as unknown as Port<ToReader, FromReader>, news, setup, {
  protocols: (sources) => protocolsOf(protocols, sources),
  now: () => performance.now(),
});
