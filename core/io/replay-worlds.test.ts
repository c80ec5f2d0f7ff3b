import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameDecoder } from '../../app/cli/frame-decoder.ts';
import type { ProtocolChoice } from '../../app/cli/protocol-options.ts';
import { readTraffic } from '../../app/cli/read-file.ts';
import { Registry } from '../protocol/recognise.ts';
import { protocols } from '../../dissectors/index.ts';
import { runCopies } from '../replay/copies.ts';
import { learn } from '../replay/learned.ts';
import { narrowRecording, RecordingBuilder, type Recording } from '../replay/recording.ts';
import type { Replayed } from '../replay/replay.ts';
import { createSystemClock } from './system-clock.ts';
import { createSystemTimer } from './system-timer.ts';
import { createTarget } from './target.ts';
import { Closers, play, recordVisit, startServer, story, towards } from './testing/replay-world.ts';
import { visitFco, visitMana, visitMuddery } from './testing/visits.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

/** Where each binding came from and what it became. */
function bindings({ report }: Replayed): string[] {
  return report.bindings.map((one) => `${one.what} ${one.recorded === one.replayed ? '=' : '→'} ×${one.uses}`);
}

describe('a visit is replayed to another server, whose ids, tokens and ports are others', () => {
  test('fco: the user id given at the login, wherever it is echoed', async () => {
    const visit = await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints) });
    const server = await startServer(closers, 'fco', { seed: 7, pace: 'fast' });
    await visitFco(server.endpoints, 'earlier');
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    expect(bindings(replayed)).toEqual(['user_id of login_ok → ×11']);
    expect(replayed.report.bindings[0]).toMatchObject({ recorded: '135', replayed: '136' });
  });

  test('muddery: ids of characters, also those somebody else hears of, and of whom one speaks to', async () => {
    const visit = await recordVisit('muddery', { visit: (endpoints) => visitMuddery(endpoints) });
    const server = await startServer(closers, 'muddery', { seed: 7, pace: 'fast' });
    await visitMuddery(server.endpoints, ['甲', '乙', '丙']);
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    expect(bindings(replayed)).toEqual([
      '[0].id of char_all → ×1',
      '[0].id of char_all → ×1',
      'id of obj_moved_in → ×2',
    ]);
  });

  test('mana: tokens over three connections, and the ports the handoff gives; where monsters stand is learned', async () => {
    const visit = await recordVisit('mana', { visit: (endpoints) => visitMana(endpoints) });
    const run = async (seed: number): Promise<[Replayed, () => Promise<Replayed>]> => {
      const server = await startServer(closers, 'mana', { seed, pace: 'fast' });
      const to = towards(visit, server);
      return [await play(visit.recording, to, { timeoutMs: 5000 }), () => play(visit.recording, to)];
    };
    const [[one], [other]] = [await run(3), await run(4)];
    const learned = learn(one, other);
    expect(learned.fields.map((field) => `${field.message}.${field.path}`)).toEqual([
      'GPMSG_BEING_ENTER.x',
      'GPMSG_BEING_ENTER.y',
    ]);
    const server = await startServer(closers, 'mana', { seed: 9, pace: 'fast' });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000, learned });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    expect(bindings(replayed)).toEqual([
      'token of APMSG_CHAR_SELECT_RESPONSE → ×2',
      'token of GPMSG_DISCONNECT_RESPONSE → ×1',
      'address of connection 2, from APMSG_CHAR_SELECT_RESPONSE.gamePort → ×1',
      'address of connection 3, from APMSG_CHAR_SELECT_RESPONSE.chatPort → ×1',
    ]);
  });

  test('socketchat: three people, with the heartbeats of the new server', async () => {
    const visit = await recordVisit('socketchat');
    const server = await startServer(closers, 'socketchat', { seed: 7, pace: 'fast' });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    expect(bindings(replayed)).toEqual(['LogOnUserName of user_online = ×1']);
  });

  test('mjsonp: four seats of one game; what is dealt is the server’s affair as long as the answers fit', async () => {
    const options = { gameType: 'one_kyoku' };
    const visit = await recordVisit('mjsonp', { server: { options } });
    const server = await startServer(closers, 'mjsonp', { seed: 1, pace: 'fast', options });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    const seats = replayed.report.bindings.filter((binding) => binding.what === 'id of start_game');
    expect(seats.length).toBeGreaterThan(0);
  });
});

test('copies of three people with names of their own talk to each other, each within its copy', async () => {
  const visit = await recordVisit('socketchat');
  const server = await startServer(closers, 'socketchat', { seed: 7, pace: 'fast' });
  const said = visit.recording.frames.flatMap((frame) => frame.messages.filter((one) => one.name === 'login'));
  const names = new Set(said.map(({ fields }) => (fields as { Name: string }).Name).filter((name) => /\d$/.test(name)));
  expect(names.size).toBe(3);
  const values = Object.fromEntries([...names].map((name) => [`value:${name}`, `${name.slice(0, 3)}{copy:3}`]));
  const target = createTarget();
  closers.add(() => target.close());
  const stage = { target, clock: createSystemClock(), timer: createSystemTimer() };
  const to = towards(visit, server);
  const how = { recording: visit.recording, to, pace: { kind: 'lockstep' as const }, copies: 5, values: [values] };
  const { verdicts, failures } = await runCopies(how, stage);
  expect(failures.map(({ report }) => report.rows.filter((row) => row.outcome === 'missing'))).toEqual([]);
  expect(verdicts).toEqual({ same: 5, different: 0, failed: 0 });
});

describe('the whole story of a world, with the same seed', () => {
  test.each(['fco', 'muddery', 'mana'])('%s is played to its end and told the same', async (name) => {
    const visit = await recordVisit(name);
    const server = await startServer(closers, name, { seed: 1, pace: 'fast' });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 10_000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report).toMatchObject({ verdict: 'same', sent: replayed.report.toSend });
  });
});

describe('where the new server plays another game', () => {
  test('a table with another wall ends the replay at the first message that cannot be answered', async () => {
    const visit = await recordVisit('mjsonp', { server: { options: { gameType: 'one_kyoku' } } });
    const server = await startServer(closers, 'mjsonp', { seed: 2, pace: 'fast', options: { gameType: 'one_kyoku' } });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 1000 });
    const { report } = replayed;
    expect(report.verdict).toBe('different');
    expect(report.counts['connection-lost']).toBe(4);
    expect(report.counts.same).toBeGreaterThan(8);
    expect(report.sent).toBeLessThan(report.toSend / 2);
    expect(report.diverged?.text).toMatch(/server/);
  });

  const capture = new URL('../../fixtures/captures/mjsonp/game.pcap', import.meta.url).pathname;
  test.skipIf(!existsSync(capture))('one seat of a capture file diverges where the wall differs', async () => {
    const recording = await readCapture(capture);
    const seat = narrowRecording(recording, (frame) => frame.conn === 1);
    const server = await startServer(closers, 'mjsonp', { seed: 5, pace: 'fast', options: { houseBots: '3' } });
    const replayed = await play(seat, server.endpoints['game']!, { timeoutMs: 1000 });
    const { report } = replayed;
    expect(report.verdict).toBe('different');
    expect(report.rows.slice(0, 3).map((row) => [row.outcome, row.recorded?.message])).toEqual([
      ['same', 'hello'],
      ['same', 'start_game'],
      ['same', 'start_kyoku'],
    ]);
    expect(report.counts['connection-lost']).toBe(1);
    expect(report.sent).toBeGreaterThanOrEqual(3);
    expect(report.sent).toBeLessThan(report.toSend);
  });
});

async function readCapture(path: string): Promise<Recording> {
  const registry = new Registry(protocols);
  const choice: ProtocolChoice = {
    protocols,
    forced: undefined,
    options: {},
    given: () => undefined,
    choose: (sample, link) => registry.recognise(sample, link) ?? undefined,
    serverPorts: new Map([[11600, 'tcp']]),
  };
  const builder = new RecordingBuilder();
  const decoder = new FrameDecoder(choice, ({ frame, connection, protocol, state, meaning }) =>
    builder.add(frame, connection, { protocol, dissected: meaning.dissected, state, summary: meaning.summary }),
  );
  await readTraffic(path, choice, decoder);
  for (const connection of decoder.connections.values()) builder.connection(connection);
  return builder.build();
}
