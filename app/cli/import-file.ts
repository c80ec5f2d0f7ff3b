/** A session made of any file of traffic, as the command's options say. */
import { importFile as importInto, type ImportResult } from '../../core/engine/files/import-file.ts';
import type { Invocation } from './command.ts';
import type { ProtocolChoice } from './protocol-options.ts';
import { protocolSources } from './protocol-sources.ts';
import { RECORDER_WORKER } from './recorder-entry.ts';
import { VERSION } from './version.ts';

export function importAs(
  invocation: Invocation,
  choice: ProtocolChoice,
  from: string,
  path: string,
  progress?: (done: number, size: number) => void,
): Promise<ImportResult> {
  return importInto({
    from,
    path,
    choice,
    options: choice.options,
    sources: protocolSources(invocation),
    version: VERSION,
    recorderWorker: RECORDER_WORKER,
    now: () => performance.now(),
    ...(progress === undefined ? {} : { progress }),
  });
}
