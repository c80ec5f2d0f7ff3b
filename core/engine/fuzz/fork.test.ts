/** A campaign that forks off in the middle of the recording: what comes at the server in each case. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Closers, recordVisit, startServer, type Visit } from '../../io/testing/replay-world.ts';
import { visitChat } from '../../io/testing/visits.ts';
import { fuzz } from './testing/fuzz-world.ts';
import { wiretap } from './testing/wiretap.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

/** Number of the first client frame of that name. */
function frameOf({ recording }: Visit, name: string): number {
  return recording.frames.find(({ direction, messages }) => direction === 'toServer' && messages[0]?.name === name)!.n;
}

test('the session up to the fork is played in each case, and its state is compared first', async () => {
  const visit = await recordVisit('socketchat', { visit: (endpoints) => visitChat(endpoints) });
  const world = await startServer(closers, 'socketchat', { pace: 'fast' });
  const { url, came } = await wiretap(closers, world.endpoints['plain']!);
  const notes: string[] = [];
  const from = frameOf(visit, 'login');
  const { status, campaign } = await fuzz(closers, {
    recording: visit.recording,
    to: url,
    from,
    cases: 60,
    lanes: 1,
    onNote: (text) => notes.push(text),
  });
  expect(status).toMatchObject({ state: 'done', cases: 60 });
  expect(notes[0]).toMatch(
    new RegExp(`^Behind frame ${from} the server is in the recorded state: \\d+ messages are the same\\.$`),
  );
  expect(campaign.findings).toEqual([]);
  expect(status.coverage.messages.map(({ name }) => name).toSorted()).toEqual(['chat_send', 'group_send', 'logout']);
  // A second connection that a case opens for itself has its own way.
  const texts = came.map(({ parts }) => Buffer.concat(parts).toString('latin1'));
  const full = texts.filter((text) => (text.match(/"Command"/g) ?? []).length > 1);
  expect(full.length).toBeGreaterThan(60);
  const other = full.filter((text) => !/^\W*"Command": ?"02".*?"Command": ?"01"/s.test(text));
  expect(other).toEqual([]);
});

test('where the server does not come that far no campaign begins, and a fork needs a client frame with more behind it', async () => {
  const visit = await recordVisit('socketchat', { visit: (endpoints) => visitChat(endpoints) });
  const silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  closers.add(() => silent.close());
  const to = `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const from = frameOf(visit, 'login');
  await expect(fuzz(closers, { recording: visit.recording, to, from, cases: 10 })).rejects.toThrow(
    new RegExp(`does not come to the state behind frame ${from}`),
  );
  await expect(fuzz(closers, { recording: visit.recording, to, from: from + 1 })).rejects.toThrow(
    /nothing forks there/,
  );
  const last = frameOf(visit, 'logout');
  await expect(fuzz(closers, { recording: visit.recording, to, from: last })).rejects.toThrow(
    /no client message is left/,
  );
});
