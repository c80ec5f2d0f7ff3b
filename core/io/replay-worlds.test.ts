import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { FrameDecoder } from '../../app/cli/frame-decoder.ts';
import type { ProtocolChoice } from '../../app/cli/protocol-options.ts';
import { readTraffic } from '../../app/cli/read-file.ts';
import { Registry } from '../protocol/recognise.ts';
import type { RunningServer } from '../../fixtures/fixture.ts';
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

/** What was bound, without where in its list: what became another value, and what stayed what it was. */
function bound({ report }: Replayed): { anew: string[]; kept: string[] } {
  const what = (rows: typeof report.bindings): string[] => [
    ...new Set(rows.map((row) => row.what.replaceAll(/\[\d+\]/g, '[]').replace(/connection \d+/, 'connection n'))),
  ];
  const isAnew = ({ recorded, replayed }: { recorded: string; replayed: string }): boolean => recorded !== replayed;
  return { anew: what(report.bindings.filter(isAnew)), kept: what(report.bindings.filter((row) => !isAnew(row))) };
}

/** The whole story of each world, to a server that gives out other ids, tokens, salts and ports. */
const STORIES = [
  {
    name: 'fco',
    anew: [
      'user_id of login_ok',
      'Character in status.status[].charcter_id',
      'Last attacker in enemy_dead.last_attack_id',
    ],
    kept: ['enemys[].unique_id of enemy_list'],
  },
  {
    name: 'muddery',
    anew: ['[].id of char_all', 'id of obj_moved_in', 'npcs[].id of look_around', 'id of puppet'],
    kept: [],
  },
  {
    name: 'muddery',
    options: { generation: 'g3' },
    anew: ['data.char_all[].id of response', 'id of obj_moved_in', 'data.npcs[].id of response', 'data.id of response'],
    kept: [],
  },
  {
    name: 'mana',
    anew: [
      'token of APMSG_CHAR_SELECT_RESPONSE',
      'beingId of GPMSG_BEING_ENTER',
      'channelId of CPMSG_CHANNEL_EVENT',
      'guildId of CPMSG_GUILD_CREATE_RESPONSE',
      'token of GPMSG_PLAYER_SERVER_CHANGE',
      'token of GPMSG_DISCONNECT_RESPONSE',
      'Channel in CPMSG_CHANNEL_EVENT.channelId, CPMSG_ENTER_CHANNEL_RESPONSE.channelId, CPMSG_PUBMSG.channelId and 4 more',
      'characterId in CPMSG_PARTY_NEW_MEMBER.characterId, CPMSG_PARTY_MEMBER_LEFT.characterId',
      'address of connection n, from APMSG_CHAR_SELECT_RESPONSE.gamePort',
      'address of connection n, from APMSG_CHAR_SELECT_RESPONSE.chatPort',
      'address of connection n, from GPMSG_PLAYER_SERVER_CHANGE.gamePort',
    ],
    kept: ['specialId of GPMSG_SPECIAL_STATUS', 'items[].itemId of GPMSG_INVENTORY_FULL'],
  },
  // These servers give out nothing but what is in the story: a name, a seat.
  { name: 'socketchat', anew: [], kept: ['LogOnUserName of user_online'] },
  {
    name: 'mjsonp',
    options: { gameType: 'one_kyoku' },
    anew: [],
    kept: ['id of start_game', 'possible_actions[].target of dahai'],
  },
] as const;

test.each(STORIES)(
  'the whole story of $name reaches its end on a server that gives out other values, and is the same',
  async ({ name, anew, kept, ...more }) => {
    const options = 'options' in more ? more.options : {};
    const visit = await recordVisit(name, { server: { options } });
    const server = await startServer(closers, name, { seed: 2, pace: 'fast', options });
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 10_000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report).toMatchObject({ verdict: 'same', sent: replayed.report.toSend });
    // Every one is told, and none is false.
    expect(bound(replayed)).toEqual({ anew, kept });
  },
);

describe('a visit without chance is the same in another world, too', () => {
  test('fco: the user id given at the login, wherever it is echoed', async () => {
    const visit = await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints) });
    const server = await startServer(closers, 'fco', { world: 7, pace: 'fast' });
    await visitFco(server.endpoints, 'earlier');
    const replayed = await play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    expect(story(replayed)).toEqual([]);
    expect(replayed.report.verdict).toBe('same');
    expect(bindings(replayed)).toEqual(['user_id of login_ok → ×11']);
    expect(replayed.report.bindings[0]).toMatchObject({ recorded: '135', replayed: '136' });
  });

  test('muddery: ids of characters, also those somebody else hears of, and of whom one speaks to', async () => {
    const visit = await recordVisit('muddery', { visit: (endpoints) => visitMuddery(endpoints) });
    const server = await startServer(closers, 'muddery', { world: 7, pace: 'fast' });
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
    const elsewhere = (world: number): Promise<RunningServer> =>
      startServer(closers, 'mana', { seed: 5, world, pace: 'fast' });
    const run = async (world: number): Promise<Replayed> => {
      const server = await elsewhere(world);
      return play(visit.recording, towards(visit, server), { timeoutMs: 5000 });
    };
    const learned = learn(await run(3), await run(4));
    expect(learned.fields.map((field) => `${field.message}.${field.path}`)).toEqual([
      'GPMSG_BEING_ENTER.x',
      'GPMSG_BEING_ENTER.y',
    ]);
    const server = await elsewhere(9);
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
});

test('copies of three people with names of their own talk to each other, each within its copy', async () => {
  const visit = await recordVisit('socketchat');
  const server = await startServer(closers, 'socketchat', { world: 7, pace: 'fast' });
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

describe('where the new server plays another game', () => {
  test('a table with another wall ends the replay at the first message that cannot be answered', async () => {
    const visit = await recordVisit('mjsonp', { server: { options: { gameType: 'one_kyoku' } } });
    const server = await startServer(closers, 'mjsonp', { world: 2, pace: 'fast', options: { gameType: 'one_kyoku' } });
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
    const server = await startServer(closers, 'mjsonp', { world: 5, pace: 'fast', options: { houseBots: '3' } });
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
