/** A filter chooses messages, and with them servers; the URLs given say where all of them are. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { endpointsFor } from '../../replay/endpoints.ts';
import { narrowRecording } from '../../replay/recording.ts';
import { Closers, play, recordVisit, startServer, towards } from '../../io/testing/replay-world.ts';
import { visitFco } from '../../io/testing/visits.ts';
import { openReproduction } from './reproduction.ts';
import { startCampaign } from './start-campaign.ts';
import { folderFor, fuzz } from './testing/fuzz-world.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

test('a URL for a server the filter leaves out is no mistake, and nothing is sent there', async () => {
  const visit = await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints, 'mina_fox') });
  const { recording } = visit;
  const server = await startServer(closers, 'fco', { pace: 'fast' });
  let calls = 0;
  const elsewhere = createServer((socket) => {
    calls += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  closers.add(() => elsewhere.close());
  const [login, , chat] = Object.keys(visit.endpoints) as [string, string, string];
  const to = {
    ...towards(visit, server),
    [login]: `ws://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`,
  };
  const isChat = (conn: number): boolean =>
    recording.connections.get(conn)!.connection.server.port === Number(chat.split(':')[1]);
  const only = new Set(recording.frames.filter(({ conn }) => isChat(conn)).map(({ n }) => n));
  const notes: string[] = [];
  const how = { recording, to, only, allow: [], rng: 1 };
  const { status } = await fuzz(closers, { ...how, cases: 20, onNote: (text) => notes.push(text) });
  expect(status).toMatchObject({ state: 'done', cases: 20, findings: [] });
  expect(notes.join()).toMatch(/The filter leaves out .*nothing is sent there/);
  expect(notes.join()).toContain(login);
  // A finding is run again against the same server alone.
  await (await openReproduction(how)).close();
  await (await openReproduction({ ...how, to: to[chat]! })).close();

  const narrowed = narrowRecording(recording, ({ conn }) => isChat(conn));
  const replayed = await play(narrowed, endpointsFor(narrowed, recording, to));
  expect(replayed.report.verdict).toBe('same');
  expect(calls).toBe(0);

  const folder = folderFor(closers, how);
  const wrong = { ...to, '127.0.0.1:1': to[chat]! };
  await expect(startCampaign({ ...how, to: wrong, folder })).rejects.toThrow(/has no server 127\.0\.0\.1:1; it has/);
  // The folder is free for another try.
  expect(existsSync(folder.path)).toBe(false);
  const none = { ...how, only: new Set([99_999]), folder: folderFor(closers, how) };
  await expect(startCampaign(none)).rejects.toThrow(/No client message fits the filter/);
});
