import { writeFileSync } from 'node:fs';
import { ignoresFrom } from '../../../core/replay/compare.ts';
import { narrowRecording } from '../../../core/replay/recording.ts';
import { diffRecordings } from '../../../core/replay/session-diff.ts';
import type { Invocation } from '../command.ts';
import { readFilter } from '../decoded-file.ts';
import { loadRecording } from '../load-recording.ts';
import { print, printError } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { diffText, writeJunit } from '../replay-text.ts';

/** Two sessions by meaning. 0: same, 1: different. */
export async function diff(invocation: Invocation): Promise<number> {
  const choice = readProtocolChoice(invocation);
  const filter = readFilter(invocation, choice);
  const [a, b] = await Promise.all(
    invocation.operands.map(async (path) => {
      const { recording, fitting, problems } = await loadRecording(path, choice, filter);
      for (const problem of problems) printError(new Error(`${path}: ${problem}`));
      return filter.isEmpty ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n));
    }),
  );
  const found = diffRecordings(a!, b!, ignoresFrom(invocation.texts('ignore')));
  const path = invocation.text('report');
  if (path !== undefined) writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`);
  writeJunit(invocation, 'diff', found.rows, 0);
  print(invocation.flag('json') ? JSON.stringify(found, null, 2) : diffText(found, 'the first', 'the second'));
  return found.verdict === 'same' ? 0 : 1;
}
