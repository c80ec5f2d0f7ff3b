/** `fuzz repro`: a finding once more, as often as asked. */
import { readFinding } from '../../core/engine/fuzz/folder.ts';
import { endpointsOf } from '../../core/engine/fuzz/prepare-client.ts';
import { openReproduction } from '../../core/engine/fuzz/reproduction.ts';
import { readEndpointMap } from '../../core/replay/endpoints.ts';
import { type Invocation, UsageError } from './command.ts';
import { readFilter } from './decoded-file.ts';
import { withConfig } from './fuzz-config.ts';
import { loadRecording } from './load-recording.ts';
import { print, progress } from './output.ts';
import { ownAuthority } from './own-authority.ts';
import { readProtocolChoice } from './protocol-options.ts';
import { untilEnded } from './until-ended.ts';

/** Exit code 1 when it still happens, 0 when it does not. */
export async function repro(path: string, invocation: Invocation): Promise<number> {
  const { finding, config } = readFinding(path);
  const times = invocation.number('times') ?? 1;
  if (!Number.isInteger(times) || times < 1) throw new UsageError('--times takes a whole number above 0');
  const asThen = withConfig(invocation, config);
  const choice = readProtocolChoice(asThen);
  const filter = readFilter(asThen, choice);
  const { recording, fitting } = await loadRecording(config.seed, choice, filter);
  const to = invocation.texts('to');
  const target = invocation.text('target') ?? config.target;
  // What is started ends with us.
  void untilEnded().then(() => process.exit(130));
  const reproduction = await openReproduction({
    recording,
    ...(filter.isEmpty ? {} : { only: fitting }),
    authority: ownAuthority,
    to: to.length > 0 ? readEndpointMap(to) : endpointsOf(config),
    allow: [...config.allow, ...invocation.texts('allow')],
    rng: config.rng,
    ...(config.from === undefined ? {} : { from: config.from }),
    ...(config.side === undefined ? {} : { side: config.side }),
    ...(config.allClients === undefined ? {} : { allClients: config.allClients }),
    ...(target === undefined ? {} : { target }),
  });
  let seen = 0;
  try {
    for (let i = 0; i < times; i++) {
      const shown = await reproduction.shows(finding);
      if (shown !== undefined) seen += 1;
      progress(`${i + 1} of ${times}`);
      if (i === 0 && shown !== undefined && !invocation.flag('json')) {
        print(shown.title);
        for (const line of shown.evidence) print(`  ${line}`);
      }
    }
  } finally {
    await reproduction.close();
  }
  progress('');
  if (invocation.flag('json')) print(JSON.stringify({ id: finding.id, seen, times }));
  else print(`${finding.id}: ${seen} of ${times}`);
  return seen > 0 ? 1 : 0;
}
