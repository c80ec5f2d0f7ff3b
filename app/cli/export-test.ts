/** `export --format test`: a recording as a TypeScript test on the library. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { recordingAsTest } from '../../core/replay/as-test.ts';
import { serversOf } from '../../core/replay/endpoints.ts';
import { makePlan } from '../../core/replay/plan.ts';
import { narrowRecording } from '../../core/replay/recording.ts';
import type { Invocation } from './command.ts';
import { readFilter } from './decoded-file.ts';
import { loadRecording } from './load-recording.ts';
import { print, printError } from './output.ts';
import { readProtocolChoice } from './protocol-options.ts';

export async function exportTest(invocation: Invocation): Promise<number> {
  const choice = readProtocolChoice(invocation);
  const filter = readFilter(invocation, choice);
  const [path] = invocation.operands;
  const { recording, fitting, problems } = await loadRecording(path!, choice, filter);
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  const narrowed = filter.isEmpty ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n));
  const urls = Object.fromEntries(
    serversOf(makePlan(narrowed)).map(({ names, conns }) => {
      const { transport } = narrowed.connections.get(conns[0]!)!.connection;
      return [names[0]!, `${transport}://${names[0]}`];
    }),
  );
  const code = recordingAsTest(narrowed, { title: `${basename(path!)} is played as it was recorded`, urls });
  const output = invocation.text('output');
  if (output === undefined || output === '-') print(code);
  else writeFileSync(output, code);
  return 0;
}
