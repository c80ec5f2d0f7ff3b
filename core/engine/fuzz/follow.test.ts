/** Players of the worlds as clients under test, each a process of its own, through logins that lead to other servers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { JournalLine } from '../../fuzz/journal.ts';
import { Closers, recordVisit, type Visit } from '../../io/testing/replay-world.ts';
import { visitFco, visitMana } from '../../io/testing/visits.ts';
import type { RecordedFrame } from '../../replay/recording.ts';
import { prepare, startCampaign } from './start-campaign.ts';
import { folderFor, fuzz, type FuzzHow, ROOT } from './testing/fuzz-world.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

const PLAYER = `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${join(ROOT, 'core/engine/fuzz/testing/visiting-client.ts')}'`;

function framesOf({ recording }: Visit, names: readonly string[]): ReadonlySet<number> {
  const isMeant = ({ messages: [first] }: RecordedFrame): boolean => names.includes(first?.name ?? '');
  return new Set(recording.frames.filter(isMeant).map(({ n }) => n));
}

/** How often a wrong message came to the client, by role of its connection. */
function wrongOn(path: string, { recording }: Visit): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of readFileSync(join(path, 'journal.jsonl'), 'utf8').split('\n')) {
    const entry = text === '' ? undefined : (JSON.parse(text) as JournalLine);
    if (entry?.what !== 'done') continue;
    const conn = recording.frames.find(({ n }) => n === Number(/^\d+/.exec(entry.id)?.[0]))?.conn;
    if (conn === undefined || entry.sent?.[conn] === undefined) continue;
    const role = recording.connections.get(conn)?.connection.role ?? '';
    counts[role] = (counts[role] ?? 0) + 1;
  }
  return counts;
}

test('of a world of players one is played, or all of them', async () => {
  const { recording } = await recordVisit('fco');
  const connections = async (more: Partial<FuzzHow>): Promise<number[]> => {
    const target = `${PLAYER} fco {url} {url:play}`;
    const how = { recording, to: '', side: 'client', target, allow: [], ...more } as const;
    const { seed, close } = await prepare(how);
    closers.add(close);
    const { steps } = seed.base;
    expect(seed.messages.every(({ frame }) => seed.scene.connections.has(frame.conn))).toBe(true);
    return steps.flatMap((step) => (step.kind === 'open' ? [step.conn] : []));
  };
  const all = [...recording.connections.keys()];
  expect(all.length).toBeGreaterThan(6);
  const target = `${PLAYER} fco {url} {url:play} {url:chat}`;
  expect(await connections({ allClients: true, target })).toEqual(expect.arrayContaining(all));
  // Whoever the first message of the filter is said to.
  const later = recording.frames.findLast(({ messages: [first] }) => first?.name === 'login_ok')!;
  const own = await connections({ only: new Set([later.n]) });
  expect(own).toContain(later.conn);
  expect(own.length).toBeLessThan(4);
});

test('over WebSocket: a fault in what a player does with the second server is found, where no message leads to it', async () => {
  const visit = await recordVisit('fco', { visit: (at) => visitFco(at) });
  const how: FuzzHow = {
    recording: visit.recording,
    only: framesOf(visit, ['parameters']),
    to: '',
    side: 'client',
    target: `${PLAYER} fco login={url} play={url:play} chat=ws://{host:chat}:{port:chat} crash`,
    cases: 100,
  };
  const { campaign, done } = await startCampaign({
    rng: 1,
    allow: [],
    ...how,
    folder: folderFor(closers, how),
    // It need not be made smaller.
    onStatus: ({ findings }) => findings.length > 0 && campaign.stop(),
  });
  closers.add(() => campaign.stop());
  const { findings, error } = await done;
  expect(error).toBe(undefined);
  expect(findings).toMatchObject([{ oracle: 'exit', message: 'parameters', confirmed: { times: 3, of: 3 } }]);
});

test('over ENet: a sound player goes where it is sent, meets wrong messages on all connections, and nothing is found', async () => {
  const visit = await recordVisit('mana', { visit: (at) => visitMana(at) });
  const { path, status } = await fuzz(closers, {
    recording: visit.recording,
    only: framesOf(visit, ['APMSG_CHAR_INFO', 'GPMSG_PLAYER_MAP_CHANGE', 'CPMSG_WHO_RESPONSE']),
    to: '',
    side: 'client',
    target: `${PLAYER} mana account={url}`,
    cases: 30,
  });
  expect(status).toMatchObject({ state: 'done', cases: 30 });
  expect(status.findings).toEqual([]);
  const counts = wrongOn(path, visit);
  for (const role of ['account', 'game', 'chat']) expect(counts[role], role).toBeGreaterThan(0);
});
