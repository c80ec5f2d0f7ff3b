import { readEndpointMap } from '../../../core/replay/endpoints.ts';
import type { StandInEvent, UnmatchedPolicy } from '../../../core/replay/stand-in.ts';
import { createSystemClock } from '../../../core/io/system-clock.ts';
import { createSystemTimer } from '../../../core/io/system-timer.ts';
import { withoutReplays } from '../../../core/replay/recording.ts';
import { startStandIn } from '../../../core/io/target-stand-in.ts';
import { type Invocation, UsageError } from '../command.ts';
import { loadRecording } from '../load-recording.ts';
import { print, printError } from '../output.ts';
import { ownAuthority } from '../own-authority.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { untilEnded } from '../until-ended.ts';

const POLICIES: readonly UnmatchedPolicy[] = ['nearest', 'ignore', 'close'];

/** The server side of a recording, for real clients. Stdout: `ready <server> <url>` lines, then what did not match. */
export async function standIn(invocation: Invocation): Promise<number> {
  const unmatched = (invocation.text('unmatched') ?? 'nearest') as UnmatchedPolicy;
  if (!POLICIES.includes(unmatched)) throw new UsageError(`--unmatched is ${POLICIES.join(', ')}, not "${unmatched}"`);
  const choice = readProtocolChoice(invocation);
  const [path] = invocation.operands;
  const { recording: all, problems } = await loadRecording(path!, choice);
  const recording = withoutReplays(all);
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  const json = invocation.flag('json');
  const once = invocation.flag('once');
  const alone = new AbortController();
  let clients = 0;
  const onEvent = (event: StandInEvent): void => {
    if (json) print(JSON.stringify(event));
    else if (event.kind === 'unmatched') print(unmatchedText(event));
    if (event.kind === 'connected') clients++;
    if (event.kind === 'gone' && --clients === 0 && once) alone.abort();
  };
  const running = await startStandIn({
    recording,
    listen: readEndpointMap(invocation.texts('listen')),
    clock: createSystemClock(),
    timer: createSystemTimer(),
    unmatched,
    onEvent,
    authority: ownAuthority,
  });
  const seconds = invocation.number('duration');
  const ended = untilEnded();
  const timer = seconds === undefined ? undefined : setTimeout(() => alone.abort(), seconds * 1000);
  for (const { server, url } of running.urls)
    print(json ? JSON.stringify({ ready: server, url }) : `ready ${server} ${url}`);
  await Promise.race([ended, new Promise<void>((resolve) => alone.signal.addEventListener('abort', () => resolve()))]);
  clearTimeout(timer);
  await running.close();
  return 0;
}

function unmatchedText({ conn, message, nearest, differences }: Extract<StandInEvent, { kind: 'unmatched' }>): string {
  const fields = differences
    .slice(0, 8)
    .map((one) => `${one.path} ${one.recorded || '(absent)'} → ${one.replayed || '(absent)'}`);
  const how = nearest === undefined ? 'not answered' : `answered as #${nearest}`;
  return `unmatched c${conn} ${message}: ${how}${fields.length === 0 ? '' : `; ${fields.join(', ')}`}`;
}
