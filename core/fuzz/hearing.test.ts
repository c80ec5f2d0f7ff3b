import { expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import type { RecordedConnection } from '../replay/recording.ts';
import { Hearing, remarkKey, signatureOf } from './hearing.ts';
import { fromHex } from './script.ts';

function gameOf(): Hearing {
  const recorded: RecordedConnection = {
    connection: {
      id: 1,
      transport: 'enet',
      client: { address: '127.0.0.1', port: 1 },
      server: { address: '127.0.0.1', port: 9604 },
      protocol: 'mana',
      opened: 0,
      details: {},
      role: 'game',
    },
    protocol: protocols.find((one) => one.id === 'mana'),
    options: {},
    framing: { kind: 'message' },
  };
  return new Hearing(recorded, { recall: () => undefined, remember: () => undefined });
}

const PLAYER_ENTERS = '02000400ca00040004000100045767736803040180';

test('a wrong message the server refuses does not change how its next ones are read', () => {
  const game = gameOf();
  const hear = (hex: string, isOurs = false, isWrong = false): string[] =>
    game.hear(fromHex(hex), isOurs ? 'toServer' : 'toClient', 0, isWrong).expert.map((info) => info.text);
  hear(`0050${'38'.repeat(32)}`, true);
  hear('0100000664657365727404000400');
  hear('005100');
  expect(hear(PLAYER_ENTERS)).toEqual([]);
  // Read as a message of another dialect, it would change the dialect of the connection.
  hear('ffff', true, true);
  hear('7fff');
  expect(hear(PLAYER_ENTERS)).toEqual([]);
});

test('nor does it when its own next ones are answered', () => {
  const game = gameOf();
  game.hear(fromHex(`0050${'38'.repeat(32)}`), 'toServer', 0);
  expect(game.hear(fromHex('03a8'), 'toClient', 0).expert).toEqual([]);
  // A bit flipped makes the form of another dialect of it.
  game.hear(fromHex('8465000100095356'), 'toServer', 0, true);
  game.hear(fromHex('03aa'), 'toServer', 0);
  expect(game.hear(fromHex('03ab00'), 'toClient', 0).expert).toEqual([]);
  expect(game.hear(fromHex('03a8'), 'toClient', 0).expert).toEqual([]);
});

test('what is wrong with a reply in any case is still said', () => {
  const game = gameOf();
  game.hear(fromHex(`0050${'38'.repeat(32)}`), 'toServer', 0);
  game.hear(fromHex('ffff'), 'toServer', 0, true);
  const { expert } = game.hear(fromHex(PLAYER_ENTERS.slice(0, 20)), 'toClient', 0);
  expect(expert.some((info) => info.severity === 'error')).toBe(true);
});

test('prose and ids tell no kinds of answers apart, words of a state do', () => {
  const kind = (fields: object): string => signatureOf({ name: 'fight', fields, range: [0, 0], path: '' });
  expect(kind({ result: '{R周默1{n受到 21 点伤害。' })).toBe(kind({ result: '{R林川2{n受到 9 点伤害。' }));
  expect(kind({ 45: 'a', 46: 'b' })).toBe(kind({ 4: 'a' }));
  expect(kind({ result: 'COMBAT_WIN' })).not.toBe(kind({ result: 'COMBAT_LOSE' }));
  expect(kind({ status: 'not found' })).not.toBe(kind({ status: 'granted' }));
});

test('what is no message of any dialect tells none', () => {
  const game = gameOf();
  game.hear(fromHex('ffffffffffff'), 'toServer', 0, true);
  expect(game.hear(fromHex('0280000801030002a02e'), 'toClient', 0).expert).toEqual([]);
});

test('a remark on one of several messages is the same one, whatever came along', () => {
  const info = {
    severity: 'error',
    group: 'schema',
    text: 'hp has no name',
    code: 'missing',
    path: 'data[5].status.hp',
  } as const;
  const frame = (...names: string[]): string =>
    remarkKey({ name: names.join('+'), messages: names.map((name) => ({ name, fields: {} })) as never }, info);
  expect(frame('status', 'look')).toBe(frame('combat', 'status', 'chat'));
  expect(frame('status')).not.toBe(frame('look'));
  const elsewhere = { ...info, path: 'data[1].status.mp' };
  expect(frame('status', 'look')).not.toBe(remarkKey({ name: '', messages: [{}, {}] as never }, elsewhere));
});
