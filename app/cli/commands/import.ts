import { importFile as importInto } from '../../../core/engine/files/import-file.ts';
import type { Invocation } from '../command.ts';
import { print, printError, progress } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { protocolSources } from '../protocol-sources.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { VERSION } from '../version.ts';

/** Makes a session of any file of traffic. What could not be read is told; what could be is kept. */
export async function importFile(invocation: Invocation): Promise<number> {
  const [from] = invocation.operands;
  const path = invocation.text('output')!;
  const choice = readProtocolChoice(invocation);
  const { frames, connections, problems } = await importInto({
    from: from!,
    path,
    choice,
    options: choice.options,
    sources: protocolSources(invocation),
    version: VERSION,
    recorderWorker: RECORDER_WORKER,
    now: () => performance.now(),
    progress: (done, size) => progress(`${Math.round((100 * done) / size)} % of ${from}`),
  });
  progress('');
  for (const problem of problems) printError(new Error(`${from}: ${problem}`));
  print(`${frames} frames on ${connections} connections in ${path}`);
  return 0;
}
