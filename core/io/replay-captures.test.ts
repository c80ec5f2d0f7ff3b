/** Every capture, played by its own clients against its own server: what comes back must be what was recorded. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadRecording } from '../../app/cli/load-recording.ts';
import { readProtocolChoice } from '../../app/cli/protocol-options.ts';
import { createSystemClock } from './system-clock.ts';
import { createSystemTimer } from './system-timer.ts';
import { startStandIn } from './target-stand-in.ts';
import { Closers, play, story } from './testing/replay-world.ts';

const CAPTURES = join(import.meta.dirname, '../../fixtures/captures');
const closers = new Closers();
afterEach(() => closers.closeAll());

test.each([
  ['fco/session_login.jsonl', 'ws', 'fco'],
  ['fco/session_chat.jsonl', 'ws', 'fco'],
  ['socketchat/session_newline.jsonl', 'tcp', 'socketchat'],
  ['socketchat/session_lenprefix_be32.jsonl', 'tcp', undefined],
  ['muddery/muddery080_webclient.pcap', 'ws', undefined],
  ['muddery/muddery082_webclient.pcap', 'ws', undefined],
  ['mana/head-quick.pcap', 'enet', undefined],
  ['mana/y2011-quick.pcap', 'enet', undefined],
  ['mjsonp/game.pcap', 'tcp', undefined],
])('%s', async (file, scheme, as) => {
  const choice = readProtocolChoice({ text: (name) => (name === 'as' ? as : undefined), texts: () => [] });
  const { recording } = await loadRecording(join(CAPTURES, file), choice);
  const running = await startStandIn({
    recording,
    listen: `${scheme}://127.0.0.1:0`,
    clock: createSystemClock(),
    timer: createSystemTimer(),
  });
  closers.add(() => running.close());
  const [only] = running.urls;
  const to =
    running.urls.length === 1 ? only!.url : Object.fromEntries(running.urls.map((one) => [one.server, one.url]));
  const replayed = await play(recording, to, { timeoutMs: 10_000 });
  expect(story(replayed)).toEqual([]);
  expect(replayed.report).toMatchObject({ verdict: 'same', sent: replayed.report.toSend });
});
