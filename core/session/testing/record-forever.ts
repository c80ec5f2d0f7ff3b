/** A process that records until it is killed, telling what it handed over on stdout as `n milliseconds`. */
import { connection, draft, startRecorder } from './talk.ts';

const path = process.argv[2]!;
const recorder = await startRecorder(path);
recorder.opened(connection(1));
let last = 0;
const write = (): void => {
  for (let i = 0; i < 20; i++) last = recorder.frame(draft(1, 'toServer', { type: 'ask', id: last, text: 'who?' }));
  // Synchronous, so that what was told is certain when the process is shot.
  process.stdout.write(`${last} ${performance.timeOrigin + performance.now()}\n`);
  setTimeout(write, 1);
};
write();
