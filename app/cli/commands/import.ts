import type { Invocation } from '../command.ts';
import { importAs } from '../import-file.ts';
import { print, printError, progress } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { plural } from '../table.ts';

/** Makes a session of any file of traffic. What could not be read is told; what could be is kept. */
export async function importFile(invocation: Invocation): Promise<number> {
  const from = invocation.operands[0]!;
  const path = invocation.text('output')!;
  const choice = readProtocolChoice(invocation);
  const { frames, connections, problems } = await importAs(invocation, choice, from, path, (done, size) =>
    progress(`${Math.round((100 * done) / size)} % of ${from}`),
  );
  progress('');
  for (const problem of problems) printError(new Error(`${from}: ${problem}`));
  print(`${plural(frames, 'frame')} on ${plural(connections, 'connection')} in ${path}`);
  return 0;
}
