/** A process that records more than it may write, then tells what it noticed. Run under a limit of the file size. */
import { connection, draft, startRecorder } from './talk.ts';

const recorder = await startRecorder(process.argv[2]!);
const failures: string[] = [];
recorder.listen({ failed: (message) => failures.push(message) });
recorder.opened(connection(1));
let given = 0;
for (let round = 0; round < 40; round++) {
  for (let i = 0; i < 50; i++) {
    recorder.frame(draft(1, 'toServer', { type: 'ask', id: i, text: 'x'.repeat(4000) }));
    given++;
  }
  await recorder.settle().catch(() => undefined);
}
process.stdout.write(JSON.stringify({ given, lost: recorder.lost, failures: failures.length, first: failures[0] }));
// The limit would also stop the closing from making the file whole: end as a killed process does.
process.kill(process.pid, 'SIGKILL');
