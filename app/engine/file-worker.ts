/** Thread for one export, import or preview, with the protocols that ship. */
import { parentPort, workerData } from 'node:worker_threads';
import { protocolsOf } from '../../core/engine/compile-protocol.ts';
import { answerFileJob, type FileWorkerData } from '../../core/engine/files/file-jobs.ts';
import { protocols } from '../../dissectors/index.ts';

const data = workerData as FileWorkerData;
const answer = await answerFileJob(data, protocolsOf(protocols, data.sources), () => performance.now());
parentPort!.postMessage(answer);
