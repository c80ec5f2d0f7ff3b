/** A recording may hold one visit after the other: the server hangs up last, nobody is there, and the same user comes again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ChatClient } from '../../../fixtures/socketchat/chat-client.ts';
import { spellingOf } from '../../../fixtures/socketchat/wire.ts';
import { Identities } from '../../fuzz/identity.ts';
import { type Run, runScript } from '../../fuzz/run-script.ts';
import { isSend, type Step } from '../../fuzz/script.ts';
import { Closers, recordVisit, startServer, towards } from '../../io/testing/replay-world.ts';
import { openReproduction } from './reproduction.ts';
import { prepare } from './start-campaign.ts';
import { fuzz } from './testing/fuzz-world.ts';

const closers = new Closers();
afterAll(() => closers.closeAll());

const QUINN = { Name: 'Quinn42', Password: 'lantern7' };
const NOBODY = { FriendName: 'nobody', Message: 'is there anybody?' };

/** Logs in, which a name that is still there cannot, and leaves when the server has hung up. */
async function day(url: string, doing: (client: ChatClient) => Promise<unknown>, isNew = false): Promise<void> {
  const { signal } = new AbortController();
  const how = { url, ca: undefined, spelling: spellingOf({}), signal, count: () => undefined, patienceMs: 30_000 };
  const client = await ChatClient.connect('quinn', how);
  if (isNew) {
    await client.send('02', QUINN);
    await client.expect('register_result');
  }
  await client.send('01', QUINN);
  await client.expect('login_result', (m) => m['Flag'] === 1);
  await doing(client);
  await client.send('03');
  await client.left();
}

const tells = async (client: ChatClient): Promise<unknown> => {
  await client.send('05', { Message: 'to all' });
  return client.expect('group_recv');
};
const asks = async (client: ChatClient): Promise<unknown> => {
  await client.send('04', NOBODY);
  return client.expect('chat_receipt');
};

const insists = async (client: ChatClient): Promise<unknown> => {
  await client.send('01', QUINN);
  return client.expect('login_result', (m) => m['Flag'] === 0);
};

/** Of seven visits, the second and the last show something new; the last builds on the first, too. */
const visit = await recordVisit('socketchat', {
  visit: async ({ plain }) => {
    await day(plain!, tells, true);
    await day(plain!, insists);
    for (let i = 0; i < 4; i++) await day(plain!, tells);
    await day(plain!, asks);
  },
});
const server = await startServer(closers, 'socketchat', { pace: 'fast' });
const how = { recording: visit.recording, to: towards(visit, server), allow: [], rng: 1 };
const NOTE = '4 of 7 visits show nothing new and are not played.';

const { seed, stage, note, close } = await prepare(how);
closers.add(close);
const { steps } = seed.base;
const last = steps.findLast(isSend)!.conn;
/** Frames of the last visit. */
const onLast = new Set(steps.filter(isSend).flatMap(({ conn, n }) => (conn === last ? [n] : [])));
let tag = 1;

function play(script: readonly Step[]): Promise<Run> {
  const identities = new Identities(seed.scene.identities);
  const patience = { answer: 2000, muted: 300, settle: 20 };
  return runScript({ steps: script }, stage, { scene: seed.scene, identities, tag: tag++, patience });
}

test('who comes when the last one has left is played, too, once the server has hung up', async () => {
  expect(note).toBe(NOTE);
  const { connections, frames } = await play(steps);
  expect(connections.size).toBe(3);
  for (const [conn, { ending }] of connections) if (conn !== last) expect(ending?.by).toBe('server');
  const logins = frames.filter(({ heard }) => heard.name === 'login_result');
  expect(logins.map(({ heard }) => heard.isRefusal)).toEqual([false, false, true, false]);
});

test('a campaign plays the visits that show something new, each case no more of them than it builds on', async () => {
  const notes: string[] = [];
  const { status, path } = await fuzz(closers, { ...how, cases: 250, onNote: (text) => notes.push(text) });
  expect(status).toMatchObject({ state: 'done', findings: [] });
  expect(notes).toContain(NOTE);
  expect(notes.join()).toMatch(/answers 100 % of the recorded session/);
  expect(status.coverage.messagesTotal).toBe(5);
  expect(status.coverage.messagesMutated).toBe(5);
  // What the last visit says is said wrong behind the first one, where the account was made, and without the second.
  const [, second] = [...new Set(steps.map(({ conn }) => conn))];
  const played = readFileSync(join(path, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { what: string; id?: string; sent?: Record<string, unknown> })
    .filter(({ what, id = '', sent }) => what === 'done' && sent !== undefined && onLast.has(Number.parseInt(id, 10)));
  expect(played.length).toBeGreaterThan(10);
  expect(played.filter(({ sent }) => String(second) in sent!)).toEqual([]);
  // A finding is looked for among the same visits.
  await (await openReproduction(how)).close();
}, 60_000);
