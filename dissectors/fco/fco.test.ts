import { expect, test } from 'vitest';
import type { Direction } from '../../core/protocol/protocol.ts';
import {
  dissectReads,
  expectedLines,
  fromHex,
  readStreamLog,
  type RecordedFrame,
} from '../../fixtures/captures/recording.ts';
import { messages } from './messages.ts';
import { fco } from './protocol.ts';

interface Row {
  readonly dir: 'c2s' | 's2c';
  readonly t_ms: number;
  readonly command?: number;
  readonly known?: boolean;
  readonly fields?: unknown;
  readonly error?: string;
  readonly raw?: string;
}
const link = { transport: 'ws', serverPort: 8001 } as const;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const one = (text: string, direction: Direction = 'toServer', revision = 'auto') =>
  fco.dissect(encoder.encode(text), direction, fco.start(link, { revision }));
const name = (text: string, direction: Direction = 'toServer', revision = 'auto') =>
  one(text, direction, revision).messages[0]?.name;

type Turn = readonly [side: 'c' | 's', message: Record<string, unknown>];
function play(turns: readonly Turn[], serverPort = 8001): RecordedFrame[] {
  const reads = turns.map(([side, message], index) => ({
    client: 1,
    direction: (side === 'c' ? 'toServer' : 'toClient') as Direction,
    time: index,
    bytes: encoder.encode(JSON.stringify(message)),
  }));
  return dissectReads(fco, reads, { link: { ...link, serverPort }, carrier: { kind: 'message' } });
}
const codes = (frames: readonly RecordedFrame[]): string[] =>
  frames.flatMap((frame) => frame.expert.map((info) => `${info.severity} ${info.code}`));

test.each([
  ['session_login', 8000],
  ['session_chat', 8009],
])('%s decodes as expected', (session, serverPort) => {
  const frames = dissectReads(fco, readStreamLog(`fco/${session}.jsonl`), {
    link: { transport: 'ws', serverPort },
    carrier: 'websocket',
  });
  const rows = expectedLines<Row>(`fco/${session}.expected.jsonl`);
  expect(frames.length).toBe(rows.length);
  frames.forEach(({ direction, time, bytes, dissected, expert }, index) => {
    const row = rows[index];
    const message = dissected.messages[0];
    expect(direction).toBe(row?.dir === 'c2s' ? 'toServer' : 'toClient');
    expect(Math.round(time * 1000)).toBe(row?.t_ms);
    if (row?.error !== undefined) {
      expect(message?.name).toBeNull();
      expect(decoder.decode(bytes)).toBe(row.raw);
      expect(expert[0]).toMatchObject({ severity: 'error', group: 'malformed' });
      return;
    }
    expect(message?.id, `frame ${index}`).toBe(row?.command);
    expect(message?.fields).toEqual(row?.fields);
    expect(message?.name !== null, `frame ${index}`).toBe(row?.known);
    expect(expert.filter((info) => info.severity === 'error')).toEqual([]);
  });
});

test('every command of the seed table is known, with its Japanese name', () => {
  const seed: readonly (readonly [number, string])[] = [
    [102, 'ログイン'],
    [103, '確認OK'],
    [104, '確認取れない'],
    [105, '作成完了'],
    [106, 'すでに登録されている'],
    [107, '再接続'],
    [108, '再接続'],
    [201, '位置同期'],
    [202, '位置同期'],
    [204, '敵情報送信'],
    [205, 'ステータス共有'],
    [206, 'ステータス共有'],
    [207, 'アクセサリー装備変更'],
    [209, 'セーブの読み込み'],
    [210, 'セーブ読み込み'],
    [211, 'セーブデータの読み込み'],
    [212, 'セーブデータの読み込み'],
    [213, 'セーブデータの読み込み完了'],
    [214, 'プレイシーンにいる他ユーザーの一覧'],
    [215, '他ユーザーの途中ログイン'],
    [220, '戦闘処理送信'],
    [221, 'エネミーが生きている時'],
    [222, 'エネミーが死んでいる時'],
    [224, '他プレイヤーが攻撃した'],
    [225, '敵のスキル使用申請'],
    [226, '敵のスキル使用'],
    [227, '敵の攻撃'],
    [228, '敵の攻撃がプレイヤーにヒットした'],
    [244, 'プレイヤスキル使用'],
    [251, 'マップ移動コール(クエスト受注やリタイアに紐づく)'],
    [252, 'マップ移動完了(クエスト受注やリタイアに紐づく)'],
    [253, '報酬選択'],
    [254, '報酬選択完了'],
    [255, '永久インべの取得コール'],
    [256, '永久インべの取得'],
    [257, '他ユーザーのマップ移動(抜ける)'],
    [258, '他ユーザーのマップ移動(新規)'],
    [291, 'ドロップインベの取得コール'],
    [292, 'ドロップインベの取得'],
    [301, 'インベの変更'],
    [302, 'インベの変更OK'],
    [303, 'インベの変更エラー'],
    [306, '装備の変更'],
    [307, '装備の変更完了'],
    [701, 'ゲーム終了時'],
    [702, 'アイテムの一覧取得'],
    [703, 'スキルの一覧取得'],
    [704, 'アイテムの取得OK'],
    [705, 'アイテムの取得エラー'],
    [706, 'ゲーム終了'],
    [707, 'ログアウト'],
    [708, 'アクセサリー一覧取得のコール'],
    [709, 'アクセサリー一覧の取得'],
    [711, 'キャラクターの詳細取得'],
    [712, 'キャラクターの詳細'],
    [713, 'クエストマスターコール'],
    [714, 'クエストマスター取得'],
    [716, 'マップマスターコール'],
    [717, 'マップマスター取得'],
    [801, '全体チャット'],
    [802, '全体チャット'],
    [901, '重複ログイン'],
  ];
  const lacking = seed.filter(([id, ja]) => !messages.some((spec) => spec.id === id && spec.titles?.['ja'] === ja));
  expect(lacking).toEqual([]);
  expect(messages.some((spec) => spec.id === 203)).toBe(true);
});

test('every message has an example, which decodes without a remark and encodes to its own bytes', () => {
  const covered = new Set(fco.examples.map((example) => `${example.direction} ${example.message}`));
  expect(messages.filter((spec) => !covered.has(`${spec.direction} ${spec.name}`)).map((spec) => spec.name)).toEqual(
    [],
  );
  for (const example of fco.examples) {
    const bytes = fromHex(example.hex);
    const state = fco.start(link, example.options ?? {});
    const dissected = fco.dissect(bytes, example.direction, state);
    const message = dissected.messages[0];
    expect(message?.name, example.name).toBe(example.message);
    if (example.message === null) continue;
    expect(fco.classify(bytes, example.direction, state), example.name).toEqual({
      name: message?.name,
      id: message?.id,
    });
    expect(message?.fields, example.name).toEqual(example.fields);
    const due =
      message?.id !== undefined && message.id < 100 && example.direction === 'toClient' ? ['fixed-offset'] : [];
    expect(
      dissected.expert.map((info) => info.code),
      example.name,
    ).toEqual(due);
    const composed = { message: example.message, fields: message?.fields };
    expect(decoder.decode(fco.encode(composed, example.direction, state, { original: bytes }).bytes)).toBe(
      decoder.decode(bytes),
    );
    if (example.lossy === undefined) {
      expect(decoder.decode(fco.encode(composed, example.direction, state).bytes), example.name).toBe(
        decoder.decode(bytes),
      );
    }
    expect(fco.summary(message!, example.direction).length).toBeLessThanOrEqual(120);
  }
});

test('a text to the client must show its command at the fixed offset', () => {
  const offset = (text: string, direction: Direction = 'toClient'): boolean =>
    one(text, direction).expert.some((info) => info.code === 'fixed-offset' && info.severity === 'warning');
  expect(offset('{"command":242}')).toBe(false);
  expect(offset('{"command":802,"user_name":"a","message":"b"}')).toBe(false);
  expect(offset('{"command": 242}')).toBe(true);
  expect(offset(' {"command":242}')).toBe(true);
  expect(offset('{"user_id":1,"command":707}')).toBe(true);
  expect(offset('{"command":"242"}')).toBe(true);
  expect(offset('{"command":24}')).toBe(true);
  expect(offset('{"command":2420}')).toBe(true);
  expect(offset('{"user_id":1,"command":701}', 'toServer')).toBe(false);
});

test('a number written as text is understood with a warning', () => {
  const { messages: found, expert } = one('{"command":"701","user_id":135}');
  expect(found[0]).toMatchObject({ name: 'logout', id: 701, fields: { user_id: 135 } });
  expect(expert.map((info) => `${info.severity} ${info.code}`)).toEqual(['warning command-spelling']);
});

test('an unknown number keeps its number and fields', () => {
  const { messages: found, expert } = one('{"command":803,"message":"?"}');
  expect(found[0]).toMatchObject({ name: null, id: 803, fields: { message: '?' } });
  expect(expert[0]?.severity).toBe('warning');
});

test('a command in the wrong direction is named and flagged', () => {
  for (const text of ['{"command":225,"skill_id":1,"enemy_id":2}', '{"command":707,"user_id":1}']) {
    expect(one(text).expert.map((info) => info.code)).toContain('wrong-direction');
  }
  expect(name('{"command":213,"user_id":1}')).toBe('loading_ok');
  expect(name('{"command":213,"user_id":1,"skill_id":2}', 'toClient')).toBe('skill_use');
});

test('numbers that changed their meaning go by the fields, or by the revision asked for', () => {
  expect(name('{"command":713,"user_id":1,"model_id":101}')).toBe('save_model_type');
  expect(name('{"command":713,"user_id":1}')).toBe('quest_master_call');
  expect(name('{"command":713,"user_id":1}', 'toServer', 'head')).toBe('save_model_type');
  expect(name('{"command":713,"user_id":1,"model_id":101}', 'toServer', 'seed')).toBe('quest_master_call');
  expect(name('{"command":714,"user_id":1}')).toBe('quest_master_request');
  expect(name('{"command":714,"version":1,"quests":[]}', 'toClient')).toBe('quest_master_answer');
  expect(name('{"command":705,"version":1,"skills":[]}', 'toClient')).toBe('skill_master');
  expect(name('{"command":705}', 'toClient')).toBe('item_error');
  expect(name('{"command":203,"map_id":0,"user_id":1}')).toBe('enemy_list_request');
  expect(name('{"command":203,"user_id":1}', 'toServer', 'legacy')).toBe('first_login_request');
  expect(name('{"command":204,"user_id":1}', 'toClient')).toBe('first_login');
  expect(name('{"command":209,"user_id":1}')).toBe('load_save_request');
  expect(name('{"command":209,"str":1}', 'toClient')).toBe('parameters');
});

test('a number the first sender left out arrives as null and is noted', () => {
  const { expert } = one(
    '{"command":202,"user_id":135,"map_id":0,"x":null,"y":0,"z":0,"dir":0,"name":"a","animation":0}',
    'toClient',
  );
  expect(expert.map((info) => `${info.severity} ${info.code} ${info.path}`)).toEqual(['note null-number x']);
});

test('passwords are secret and model ids have names', () => {
  const login = one('{"command":102,"user_name":"akira01","pass":"x"}');
  expect(login.tree().children.find((child) => child.name === 'pass')?.meta).toMatchObject({
    secret: true,
    role: 'password',
  });
  expect(fco.summary(login.messages[0]!, 'toServer')).toBe('account akira01');
  const model = one('{"command":713,"user_id":1,"model_id":103}');
  expect(fco.summary(model.messages[0]!, 'toServer')).toBe('user 1 becomes witch · ウィッチ');
});

const LOAD: Turn = ['c', { command: 211, user_id: 135 }];
const ENEMIES: Turn = [
  's',
  { command: 204, enemys: [{ unique_id: 12, master_id: 1, x: 0, y: 0, z: 0, dir: 0, hp: 10 }] },
];
test('a play connection begins by loading and speaks for one user', () => {
  const inventory = (user: number): Turn => ['c', { command: 255, user_id: user }];
  expect(codes(play([LOAD, inventory(135)]))).toEqual([]);
  expect(codes(play([inventory(135), inventory(135)]))).toEqual(['note not-loaded']);
  expect(codes(play([LOAD, inventory(136)]))).toEqual(['warning user-id']);
});

test('an enemy must have been in a list', () => {
  const attack = (enemy: number): Turn => [
    'c',
    { command: 220, enemy_id: enemy, user_id: 135, skill_id: 1, map_id: 0 },
  ];
  const hit = (enemy: number): Turn => ['s', { command: 221, unique_id: enemy, hp: 1, status: 0, damage_value: 9 }];
  expect(codes(play([LOAD, ENEMIES, attack(12), hit(12)]))).toEqual([]);
  expect(codes(play([LOAD, ENEMIES, attack(13), hit(14)]))).toEqual(['warning unknown-enemy', 'note unknown-enemy']);
  expect(codes(play([LOAD, hit(14)]))).toEqual([]);
  expect(codes(play([LOAD, ENEMIES, ['s', { command: 252, mapId: 1 }], hit(14)]))).toEqual([]);
});

test('a slot beyond the fourth is remarked', () => {
  expect(one('{"command":207,"user_id":1,"accessory_id":1,"part_id":4}').expert.map((info) => info.code)).toEqual([
    'range',
  ]);
});

test('the same objects over bare TCP are told apart by their braces', () => {
  const text = '{"command":801,"user_name":"勇者","message":"}{"}{"command":801,"user_name":"b","message":""}';
  const bytes = encoder.encode(text);
  const reads = [...bytes].map((byte, index) => ({
    client: 1,
    direction: 'toServer' as const,
    time: index,
    bytes: Uint8Array.of(byte),
  }));
  const frames = dissectReads(fco, reads, { link: { transport: 'tcp', serverPort: 8009 }, carrier: fco.framing });
  expect(frames.map(({ dissected }) => dissected.messages[0]?.name)).toEqual(['chat_all', 'chat_all']);
});

test('recognised by its command, more surely on its ports', () => {
  const sure = (toServer: string, serverPort = 9): number =>
    fco.recognise({ toServer: encoder.encode(toServer), toClient: new Uint8Array() }, { transport: 'ws', serverPort });
  expect(sure('{"command":716,"user_id":0}')).toBeGreaterThan(0.8);
  expect(sure('{"command":716,"user_id":0}', 8000)).toBeGreaterThan(0.9);
  expect(sure('{"command":"login","user":1}')).toBe(0);
  expect(sure('{"Command":"01","Name":"alice1"}')).toBe(0);
});
