import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CaptureReader } from '../../core/capture/capture-reader.ts';
import { CaptureTraffic } from '../../core/capture/capture-traffic.ts';
import type { Protocol } from '../../core/protocol/protocol.ts';
import type { TrafficSink } from '../../core/traffic/sink.ts';
import { isTagged, tag, untag } from './debug-form.ts';
import type { State } from './dialect.ts';
import { mana } from './protocol.ts';
import { ENTRIES } from './tables.ts';

const CAPTURES = join(import.meta.dirname, '../../fixtures/captures/mana');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Bytes as hex, as the expected files have them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

interface Decoded {
  dir: string;
  name: string | null;
  id: number | undefined;
  fields: unknown;
  errors: string[];
}

function decodeCapture(file: string): Decoded[] {
  const decoded: Decoded[] = [];
  const states = new Map<number, State>();
  const facts = new Map<string, unknown>();
  const memory = {
    recall: (key: string) => facts.get(key),
    remember: (key: string, value: unknown) => void facts.set(key, value),
  };
  let connections = 0;
  const sink: TrafficSink = {
    isFull: false,
    onDrain: () => undefined,
    nextConnectionId: () => ++connections,
    opened: (c) => void states.set(c.id, mana.start({ transport: 'enet', serverPort: c.server.port }, {})),
    changed: () => undefined,
    closed: () => undefined,
    update: () => undefined,
    remark: () => undefined,
    frame: ({ conn, direction, bytes }) => {
      const state = states.get(conn)!;
      const dissected = mana.dissect(bytes, direction, state);
      const [message] = dissected.messages;
      decoded.push({
        dir: direction === 'toServer' ? 'c2s' : 's2c',
        name: message!.name,
        id: message!.id,
        fields: plain(message!.fields),
        errors: dissected.expert.map((e) => e.text),
      });
      states.set(conn, mana.next(state, direction, dissected, bytes, memory));
      return decoded.length;
    },
  };
  const protocol: Protocol = mana;
  const traffic = new CaptureTraffic({ sink, choose: () => ({ protocol, confidence: 1 }) });
  for (const packet of new CaptureReader().push(readFileSync(join(CAPTURES, file)))) traffic.push(packet);
  traffic.end();
  return decoded;
}

test.each(['head-quick', 'y2011-quick'])(
  '%s: every message of the real server, in order, to the last field, without complaint',
  (name) => {
    const expected = readFileSync(join(CAPTURES, `${name}.expected.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { dir: string; id: string; name: string; fields?: unknown });
    const decoded = decodeCapture(`${name}.pcap`);
    expect(decoded.map((d) => d.name)).toEqual(expected.map((e) => e.name));
    expect(decoded.map((d) => d.id)).toEqual(expected.map((e) => Number(e.id)));
    for (const [i, e] of expected.entries()) {
      if (e.fields !== undefined) expect(decoded[i]!.fields, e.name).toEqual(e.fields);
      if (e.dir !== 'server-to-server') expect(decoded[i]!.dir).toBe(e.dir);
    }
    expect(decoded.flatMap((d) => d.errors)).toEqual([]);
  },
);

test('the seed has 177 messages, and every one has a golden example in every dialect that has it', () => {
  const seed = ENTRIES.filter((e) => e.id !== null);
  expect(seed).toHaveLength(177);
  const covered = new Set(mana.examples.map((e) => `${e.message}/${e.options?.['dialect']}`));
  for (const message of mana.messages)
    expect(covered, message.name).toContain(`${message.name}/${message.dialects![0]}`);
});

test('a tagged message decodes like its plain form, with ranges on the tagged bytes', () => {
  // PGMSG_SAY "hi", as the debug form writes it.
  const bytes = fromHex('82b00301ffff0100026869');
  const dissected = mana.dissect(bytes, 'toServer', { dialect: 'auto' });
  expect(dissected.messages[0]).toMatchObject({ name: 'PGMSG_SAY', fields: { text: 'hi' } });
  expect(dissected.expert).toEqual([]);
  expect(dissected.tree().children.map((c) => [c.name, c.start, c.end])).toEqual([
    ['#id', 0, 2],
    ['text', 2, 11],
  ]);
});

test('every golden message of head survives tagging and untagging', () => {
  for (const example of mana.examples.filter((e) => e.options?.['dialect'] === 'head')) {
    const plain = fromHex(example.hex);
    const tagged = tag(plain, mana.dissect(plain, example.direction, { dialect: 'head' }).tree());
    expect(isTagged(tagged)).toBe(true);
    expect(hex(untag(tagged).plain), example.name).toBe(example.hex);
  }
});

test('an address is rewritten in the plain and in the tagged form', () => {
  const plain = fromHex(mana.examples.find((e) => e.name === 'APMSG_CHAR_SELECT_RESPONSE (head)')!.hex);
  const tagged = tag(plain, mana.dissect(plain, 'toClient', { dialect: 'head' }).tree());
  for (const original of [plain, tagged]) {
    const [message] = mana.dissect(original, 'toClient', { dialect: 'auto' }).messages;
    const fields = { ...(message!.fields as object), gameAddress: 'a-much-longer-name.example.test', gamePort: 40_000 };
    const { bytes } = mana.encode({ message: message!.name!, fields }, 'toClient', { dialect: 'auto' }, { original });
    expect(isTagged(bytes)).toBe(original === tagged);
    expect(mana.dissect(bytes, 'toClient', { dialect: 'auto' }).messages[0]!.fields).toEqual(fields);
  }
});

test('the dialect follows the version, and the token takes it to the game connection', () => {
  const facts = new Map<string, unknown>();
  const memory = {
    recall: (key: string) => facts.get(key),
    remember: (key: string, value: unknown) => void facts.set(key, value),
  };
  const follow = (names: readonly string[]): State => {
    let state: State = { dialect: 'auto' };
    for (const name of names) {
      const example = mana.examples.find((e) => e.name === name)!;
      const bytes = fromHex(example.hex);
      state = mana.next(state, example.direction, mana.dissect(bytes, example.direction, state), bytes, memory);
    }
    return state;
  };
  expect(follow(['PAMSG_LOGIN (2011)', 'APMSG_CHAR_SELECT_RESPONSE (2011)']).dialect).toBe('2011');
  expect(follow(['PGMSG_CONNECT (2011)']).dialect).toBe('2011');
  expect(follow(['PAMSG_LOGIN (seed)']).dialect).toBe('seed');
  expect(follow(['PAMSG_LOGIN_RNDTRGR (head)']).dialect).toBe('head');
});

test('generations that share a version number are told apart by what does not fit', () => {
  const decode = (lines: readonly (readonly [hex: string, direction: 'toServer' | 'toClient'])[]) => {
    const memory = { recall: () => undefined, remember: () => undefined };
    let state: State = mana.start({ transport: 'enet', serverPort: 9604 }, {});
    return lines.map(([text, direction]) => {
      const dissected = mana.dissect(fromHex(text), direction, state);
      state = mana.next(state, direction, dissected, fromHex(text), memory);
      return `${dissected.messages[0]!.name} ${state.dialect}`;
    });
  };
  const hello = Buffer.from('alice').toString('hex');
  const login = (version: string): readonly [string, 'toServer'] => [`0010${version}0005${hello}000178`, 'toServer'];
  // Asks for a salt, and yet is of version 1: after 2011, before ids moved.
  expect(decode([[`00150005${hello}`, 'toServer'], login('00000001'), ['03a40003626f62', 'toClient']])).toEqual([
    'PAMSG_LOGIN_RNDTRGR head',
    'PAMSG_LOGIN 2012',
    'CPMSG_PARTY_INVITED 2012',
  ]);
  // Version 1 without a salt: 2011, until a party message of six bytes where 2011 has a word.
  expect(decode([login('00000001'), ['03b100000009', 'toClient'], ['03a6000003626f62', 'toClient']])).toEqual([
    'PAMSG_LOGIN 2011',
    'CPMSG_PARTY_MEMBER_LEFT 2012',
    'CPMSG_PARTY_INVITE_ANSWER_RESPONSE 2012',
  ]);
  expect(decode([login('00000003'), ['029401006400c8', 'toServer']])).toEqual([
    'PAMSG_LOGIN 2013',
    'PGMSG_USE_SPECIAL_ON_POINT 2013',
  ]);
  expect(decode([login('00000007'), [`02b00005${hello}`, 'toServer']])).toEqual(['PAMSG_LOGIN head', 'PGMSG_SAY head']);
});
