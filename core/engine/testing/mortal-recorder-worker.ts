/** A recorder thread that dies when a frame says EXPLODE, as a fault of ours would make it. */
import { parentPort } from 'node:worker_threads';
import './talk-recorder-worker.ts';

parentPort!.on('message', (message: { buffer?: ArrayBuffer }) => {
  if (message.buffer !== undefined && Buffer.from(message.buffer).includes('EXPLODE')) process.exit(3);
});
