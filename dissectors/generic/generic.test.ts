import { decode as decodeMsgpack, encode as encodeMsgpack } from '@msgpack/msgpack';
import fc from 'fast-check';
import protobufjs from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { createFramer, wrapPayload } from '../../core/protocol/framer.ts';
import type { Link, Protocol } from '../../core/protocol/protocol.ts';
import { Registry } from '../../core/protocol/recognise.ts';
import { fromHex, utf8Bytes } from '../../core/schema/characters.ts';
import { equalValues } from '../../core/schema/encode.ts';
import { findField } from '../../core/schema/path.ts';
import { bytes } from './bytes.ts';
import { json } from './json.ts';
import { msgpack } from './msgpack.ts';
import { protobuf } from './protobuf.ts';
import { text } from './text.ts';

const tcp: Link = { transport: 'tcp', serverPort: 0 };
const ws: Link = { transport: 'ws', serverPort: 0 };
const registry = new Registry([json, msgpack, protobuf, text, bytes]);

function fieldsOf(protocol: Protocol, payload: Uint8Array, options: Record<string, string> = {}): unknown {
  const [message] = protocol.dissect(payload, 'toServer', protocol.start(tcp, options)).messages;
  return message?.fields;
}

describe('an unknown game is recognised by its bytes', () => {
  const line = '{"event":"hello","id":3}';
  test.each([
    ['JSON lines', `${line}\n${line}\n`, tcp, 'json'],
    ['JSON back to back', line + line, tcp, 'json'],
    ['JSON on a WebSocket', line, ws, 'json'],
    ['text lines', 'HELLO server\r\nNICK bob\r\n', tcp, 'text'],
    ['MessagePack', encodeMsgpack({ type: 'move', x: 1 }), ws, 'msgpack'],
    [
      'MessagePack with lengths',
      wrapPayload({ kind: 'length-prefix', size: 4, endian: 'be' }, encodeMsgpack({ a: [1, 2] })),
      tcp,
      'msgpack',
    ],
    ['protobuf', fromHex('089601120474657374'), ws, 'protobuf'],
    ['anything else', fromHex('00ff13fe80c1'), ws, 'bytes'],
  ] as const)('%s', (_name, sent, link, expected) => {
    const sample = { toServer: typeof sent === 'string' ? utf8Bytes(sent) : sent, toClient: new Uint8Array() };
    expect(registry.recognise(sample, link)?.protocol.id).toBe(expected);
  });
});

describe('json', () => {
  test('names messages by the key that says so, or by the key the user gives', () => {
    const name = (source: string, key = ''): string | null | undefined =>
      json.dissect(utf8Bytes(source), 'toServer', json.start(tcp, { key })).messages[0]?.name;
    expect(name('{"a":1,"cmd":"look"}')).toBe('look');
    expect(name('{"op":4}')).toBe('op 4');
    expect(name('["chat",{"x":1}]')).toBe('chat');
    expect(name('{"what":"jump","type":"x"}', 'what')).toBe('jump');
    expect(name('{"x":1}')).toBe('object');
    expect(name('{"x":')).toBeNull();
  });

  test('is cut from any framing it may come in', () => {
    for (const separator of ['\n', '\0', '']) {
      const cuts = createFramer(json.framing).push(utf8Bytes([1, 2, 3].map((n) => `{"n":${n}}${separator}`).join('')));
      expect(cuts.length, JSON.stringify(separator)).toBe(3);
    }
  });

  test('a message of any name can be written', () => {
    const made = json.encode({ message: 'look', fields: { cmd: 'look', at: 1 } }, 'toServer', json.start(tcp, {}));
    expect(new TextDecoder().decode(made.bytes)).toBe('{"cmd":"look","at":1}');
  });
});

describe('msgpack', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 20 }),
      fc.array(tie('any'), { maxLength: 5 }),
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        tie('any'),
        { maxKeys: 5 },
      ),
    ),
  })).any;

  test('reads what the reference encoder writes, and writes what the reference decoder reads', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const packed = encodeMsgpack(sent);
        const read = fieldsOf(msgpack, packed);
        const back = msgpack.encode({ message: 'x', fields: read }, 'toServer', msgpack.start(tcp, {})).bytes;
        return equalValues(read, decodeMsgpack(packed)) && equalValues(decodeMsgpack(back), decodeMsgpack(packed));
      }),
    );
  });

  test('every value has its bytes', () => {
    const tree = msgpack
      .dissect(fromHex('82a474797065a46d6f7665a178cd012c'), 'toServer', msgpack.start(tcp, {}))
      .tree();
    expect(findField(tree, 'x')).toMatchObject({ start: 13, end: 16, value: 300 });
  });

  test('values back to back on a stream are told apart', () => {
    const stream = Uint8Array.from([{ a: 1 }, [1, 'x'], { b: { c: 2 } }].flatMap((one) => [...encodeMsgpack(one)]));
    const framer = createFramer(msgpack.framing);
    const cuts = [...stream].flatMap((byte) => framer.push(Uint8Array.of(byte)));
    expect([...cuts, ...framer.end()].map((cut) => decodeMsgpack(cut.payload))).toEqual([
      { a: 1 },
      [1, 'x'],
      { b: { c: 2 } },
    ]);
  });

  test('extensions and numbers of 64 bits survive', () => {
    const packed = fromHex('82a165d6ff5a000000a16ecfffffffffffffffff');
    expect(fieldsOf(msgpack, packed)).toEqual({ e: { ext: -1, data: fromHex('5a000000') }, n: 18446744073709551615n });
    const back = msgpack.encode(
      { message: 'object', fields: fieldsOf(msgpack, packed) },
      'toServer',
      msgpack.start(tcp, {}),
    );
    expect(back.bytes).toEqual(packed);
  });
});

describe('protobuf', () => {
  const proto = `
    syntax = "proto3"; package game;
    enum Kind { NONE = 0; SWORD = 1; }
    message Place { sint32 x = 1; sint32 y = 2; }
    message Move { Place to = 1; repeated Place way = 2; }
    message Packet {
      uint64 sequence = 1;
      oneof body { Move move = 2; string chat = 3; }
      map<string, int32> stats = 4;
      repeated int32 items = 5;
      Kind kind = 6;
      double speed = 7; float ratio = 8; fixed32 mask = 9; sfixed64 time = 10; bool on = 11; bytes blob = 12; int32 delta = 13;
      map<int32, Place> places = 14;
    }`;
  const reference = protobufjs.parse(proto, { keepCase: true }).root.lookupType('game.Packet');
  const value = {
    sequence: 9007199254740993n,
    move: { to: { x: -5, y: 7 }, way: [{ x: 1 }, { y: -1 }] },
    stats: { hp: 10, mp: -1 },
    items: [1, 300, -1],
    kind: 1,
    speed: 1.5,
    ratio: 0.25,
    mask: 4294967295,
    time: -3,
    on: true,
    blob: Uint8Array.of(1, 2),
    delta: -7,
    places: { '4': { x: 2 } },
  };
  const state = protobuf.start(tcp, { proto });

  test('with a .proto file fields have names and types, and the reference decoder agrees', () => {
    const { bytes: packed } = protobuf.encode({ message: 'move', fields: value }, 'toServer', state);
    const theirs = reference.toObject(reference.decode(packed), { longs: String, bytes: Array }) as Record<
      string,
      unknown
    >;
    expect(theirs).toMatchObject({
      sequence: '9007199254740993',
      move: value.move,
      stats: value.stats,
      items: value.items,
      kind: 1,
      speed: 1.5,
      time: '-3',
      on: true,
      blob: [1, 2],
      delta: -7,
    });
    const dissected = protobuf.dissect(packed, 'toServer', state);
    expect(dissected.expert).toEqual([]);
    expect(dissected.messages).toMatchObject([{ name: 'move', fields: value }]);
    expect(findField(dissected.tree(), 'move.to.x')).toMatchObject({ value: -5 });
  });

  test('what the reference encoder writes is written again byte for byte', () => {
    const packed = reference
      .encode(reference.fromObject({ sequence: '5', chat: 'hi', items: [3, 4], stats: { a: 1 }, ratio: 1 }))
      .finish();
    const dissected = protobuf.dissect(packed, 'toServer', state);
    expect(dissected.messages).toMatchObject([{ name: 'chat' }]);
    const [message] = dissected.messages;
    expect([...protobuf.encode({ message: 'chat', fields: message?.fields }, 'toServer', state).bytes]).toEqual([
      ...packed,
    ]);
  });

  test('without one, numbers, texts and nested messages still show', () => {
    const { bytes: packed } = protobuf.encode({ message: 'move', fields: value }, 'toServer', state);
    expect(fieldsOf(protobuf, packed)).toMatchObject({
      1: 9007199254740993n,
      2: { 1: { 1: 9, 2: 14 } },
      9: { fixed32: 4294967295 },
    });
  });

  test('a file with a mistake, or several possible messages, says what to do', () => {
    const remark = (options: Record<string, string>): string | undefined =>
      protobuf.dissect(fromHex('0801'), 'toServer', protobuf.start(tcp, options)).expert[0]?.text;
    expect(remark({ proto: 'message {' })).toContain('cannot be read');
    expect(remark({ proto: 'syntax="proto3"; message A {} message B {}' })).toBe(
      'Say which message is sent (option toServer): A, B.',
    );
    expect(remark({ proto, toServer: 'Nope' })).toContain('has no message Nope');
    expect(remark({ proto, toServer: 'Packet', toClient: 'game.Packet' })).toBeUndefined();
  });

  test('groups have names and types, and the reference encoder agrees', () => {
    const groups =
      'syntax = "proto2"; message Found { repeated group Result = 1 { required string url = 2; } optional int32 n = 3; }';
    const theirs = protobufjs.parse(groups, { keepCase: true }).root.lookupType('Found');
    const fields = { result: [{ url: 'a' }, { url: 'b' }], n: 5 };
    const packed = theirs.encode(theirs.fromObject(fields)).finish();
    const typed = protobuf.start(tcp, { proto: groups });
    const dissected = protobuf.dissect(packed, 'toServer', typed);
    expect(dissected.expert).toEqual([]);
    expect(dissected.messages).toMatchObject([{ name: 'Found', fields }]);
    expect([...protobuf.encode({ message: 'Found', fields }, 'toServer', typed).bytes]).toEqual([...packed]);
    expect(fieldsOf(protobuf, packed)).toEqual({ 1: [{ group: { 2: 'a' } }, { group: { 2: 'b' } }], 3: 5 });
    expect(protobuf.dissect(fromHex('0b120161'), 'toServer', typed).expert).toMatchObject([{ code: 'truncated' }]);
    expect(protobuf.dissect(fromHex('0c'), 'toServer', typed).expert).toMatchObject([{ code: 'protobuf' }]);
  });

  test('imported files are put before the one that needs them; those of protobuf itself are known', () => {
    const common = 'syntax = "proto3"; package common; message Point { sint32 x = 1; }';
    const game = [
      'syntax = "proto3";',
      'package game;',
      'import "common.proto";',
      'import "google/protobuf/timestamp.proto";',
      'message Move { common.Point to = 1; google.protobuf.Timestamp at = 2; }',
    ].join('\n');
    const both = protobuf.start(tcp, { proto: `${common}\n${game}` });
    expect(protobuf.dissect(fromHex('0a02080912020805'), 'toServer', both).messages).toMatchObject([
      { name: 'Move', fields: { to: { x: -5 }, at: { seconds: 5 } } },
    ]);
    const alone = protobuf.dissect(fromHex('0801'), 'toServer', protobuf.start(tcp, { proto: game }));
    expect(alone.expert[0]?.text).toMatch(/common\.Point.*put the text of what it imports \(common\.proto\) before it/);
  });

  test('unknown fields are noted and kept', () => {
    const packed = fromHex('0801 a01f 05');
    const dissected = protobuf.dissect(packed, 'toServer', state);
    expect(dissected.expert).toMatchObject([{ severity: 'note', code: 'unknown-key' }]);
    expect(
      protobuf.encode({ message: 'Packet', fields: dissected.messages[0]?.fields }, 'toServer', state).bytes,
    ).toEqual(packed);
  });
});

describe('text and bytes', () => {
  test('lines are text, by their first word if wanted', () => {
    const state = text.start(tcp, { name: 'first-word' });
    expect(text.dissect(utf8Bytes('PRIVMSG #a :hi'), 'toServer', state).messages).toMatchObject([
      { name: 'PRIVMSG', fields: { text: 'PRIVMSG #a :hi' } },
    ]);
    expect(text.dissect(fromHex('41ff'), 'toServer', state).expert).toMatchObject([{ code: 'utf8' }]);
  });

  test('bytes are bytes', () => {
    expect(fieldsOf(bytes, fromHex('dead'))).toEqual({ bytes: fromHex('dead') });
    expect(bytes.encode({ message: 'bytes', fields: { bytes: 'beef' } }, 'toServer', null).bytes).toEqual(
      fromHex('beef'),
    );
  });
});
