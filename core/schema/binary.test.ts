import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as b from './builders.ts';
import { fromHex, toHex } from './characters.ts';
import { deflate } from './content.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import type { FieldNode, Node } from './nodes.ts';
import { findField } from './path.ts';
import { validate } from './validate.ts';

const hex = (text: string): Uint8Array => fromHex(text);
const codes = (infos: readonly { code?: string }[]): (string | undefined)[] => infos.map((info) => info.code);
const tree = (node: Node, bytes: Uint8Array): FieldNode => decode(node, bytes, { tree: true }).tree as FieldNode;
const field = (node: Node, bytes: Uint8Array, path: string): FieldNode => {
  const found = findField(tree(node, bytes), path);
  if (found === undefined) throw new Error(`no field ${path}`);
  return found;
};

describe('integers', () => {
  const cases: readonly (readonly [string, Node, string, number | bigint])[] = [
    ['u8', b.u8(), 'ff', 255],
    ['i8', b.i8(), 'ff', -1],
    ['u16be', b.u16be(), '0102', 258],
    ['u16le', b.u16le(), '0102', 513],
    ['i16be', b.i16be(), 'fffe', -2],
    ['i16le', b.i16le(), 'feff', -2],
    ['u24be', b.u24be(), 'fffffe', 0xfffffe],
    ['u24le', b.u24le(), 'feffff', 0xfffffe],
    ['f32le', b.f32le(), '0000c03f', 1.5],
    ['f64be', b.f64be(), '3ff8000000000000', 1.5],
    ['i24le', b.i24le(), 'feffff', -2],
    ['u32be', b.u32be(), 'ffffffff', 4294967295],
    ['u32le', b.u32le(), '01000000', 1],
    ['i32be', b.i32be(), '80000000', -2147483648],
    ['u64be', b.u64be(), 'ffffffffffffffff', 2n ** 64n - 1n],
    ['u64le', b.u64le(), '0100000000000000', 1n],
    ['i64be', b.i64be(), 'ffffffffffffffff', -1n],
    ['i64le', b.i64le(), 'feffffffffffffff', -2n],
    ['varint', b.varint(), 'ac02', 300],
    ['varint above 2^53', b.varint(), 'ffffffffffffffffff01', 2n ** 64n - 1n],
    ['zigzag', b.zigzag(), '03', -2],
    ['f32be', b.f32be(), '3fc00000', 1.5],
    ['f64le', b.f64le(), '000000000000f83f', 1.5],
  ];
  test.each(cases)('%s is read and written', (_name, node, bytes, value) => {
    expect(decode(node, hex(bytes)).value).toBe(value);
    expect(toHex(encode(node, value).bytes)).toBe(bytes);
  });

  test('every value survives being written and read, whatever the byte order', () => {
    const nodes: readonly (readonly [Node, fc.Arbitrary<number | bigint>])[] = [
      [b.i24be(), fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 })],
      [b.i32le(), fc.integer()],
      [b.i64le(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
      [b.zigzag(), fc.maxSafeInteger()],
      [b.varint(), fc.maxSafeNat()],
    ];
    for (const [node, values] of nodes) {
      fc.assert(fc.property(values, (value) => decode(node, encode(node, value).bytes).value === value));
    }
  });

  test('a number that does not fit is written by its low bytes and remarked by validate', () => {
    expect(toHex(encode(b.u8(), 257).bytes)).toBe('01');
    expect(codes(validate(b.u8(), 257))).toEqual(['range']);
    expect(toHex(encode(b.u16be(), -1).bytes)).toBe('ffff');
  });

  test('64-bit numbers may be given as text, enumeration values by name', () => {
    expect(toHex(encode(b.u64be(), '258').bytes)).toBe('0000000000000102');
    expect(toHex(encode(b.enumOf(b.u8(), { 3: 'dead' }), 'dead').bytes)).toBe('03');
  });

  test('a varint that never ends is malformed, one with spare bytes is noted', () => {
    expect(codes(decode(b.varint(), new Uint8Array(11).fill(0xff)).expert)).toContain('varint');
    expect(codes(decode(b.varint(), hex('8000')).expert)).toEqual(['overlong']);
  });
});

describe('bits, flags and enumerations', () => {
  const node = b.struct({
    bits: b.bits(1, { vip: 1, level: 4, reserved: 3 }),
    wide: b.bits(4, { high: 1, middle: 30, low: 1 }),
    flags: b.flags(b.u8(), { 1: 'moving', 4: 'dead' }),
    kind: b.enumOf(b.u8(), { 1: 'sword' }),
  });
  const bytes = hex('b1800000010502');

  test('parts come most significant first and carry their bit ranges', () => {
    const { value } = decode(node, bytes);
    expect(value).toEqual({
      bits: { vip: 1, level: 6, reserved: 1 },
      wide: { high: 1, middle: 0, low: 1 },
      flags: 5,
      kind: 2,
    });
    expect(field(node, bytes, 'bits.level').bits).toEqual({ offset: 1, width: 4 });
    expect(field(node, bytes, 'flags.moving').value).toBe(true);
    expect(field(node, bytes, 'flags.dead').bits).toEqual({ offset: 5, width: 1 });
    expect(toHex(encode(node, value).bytes)).toBe(toHex(bytes));
  });

  test('unknown enumeration values warn, unnamed flag bits are noted', () => {
    const infos = validate(node, { ...(decode(node, bytes).value as object), flags: 8 });
    expect(infos.map((info) => [info.code, info.severity])).toEqual([
      ['flags', 'note'],
      ['enum', 'warning'],
    ]);
  });

  test('widths that do not fill the bytes are refused when the schema loads', () => {
    expect(() => b.bits(1, { a: 3 })).toThrow('add up to 3');
  });
});

describe('text and bytes', () => {
  test('lengths by prefix, terminator, fixed size, earlier field and rest', () => {
    const node = b.struct({
      size: b.u8(),
      prefixed: b.text(b.prefix(b.u16be())),
      ended: b.text('nul'),
      padded: b.text(4, { cutAtNul: true }),
      told: b.bytes(b.from('size')),
      wide: b.text('nul', { encoding: 'utf16le' }),
      last: b.text('rest', { encoding: 'latin1' }),
    });
    const value = {
      size: 2,
      prefixed: 'é',
      ended: 'ab',
      padded: 'hi',
      told: Uint8Array.of(9, 8),
      wide: '你',
      last: 'ÿ',
    };
    const { bytes } = encode(node, value);
    expect(toHex(bytes)).toBe('020002c3a9616200686900000908604f0000ff');
    expect(decode(node, bytes).value).toEqual(value);
    const prefix = field(node, bytes, 'prefixed.#length');
    expect([prefix.start, prefix.end, prefix.value, prefix.derived]).toEqual([1, 3, 2, 'prefixed']);
    expect(field(node, bytes, 'size').derived).toBe('told');
  });

  test('text that is not UTF-8 warns and is shown with replacement characters', () => {
    const decoded = decode(b.text('rest'), hex('41ff42'));
    expect(decoded.value).toBe('A\ufffdB');
    expect(codes(decoded.expert)).toEqual(['utf8']);
  });

  test('decimal numbers written as text decode to numbers', () => {
    const node = b.decimal(b.prefix(b.u8()));
    expect(decode(node, hex('0431322e35')).value).toBe(12.5);
    expect(toHex(encode(node, 12.5).bytes)).toBe('0431322e35');
    expect(codes(decode(node, hex('027a7a')).expert)).toEqual(['number']);
  });

  test('a text too long for its fixed size is cut and remarked', () => {
    const { bytes, expert } = encode(b.text(2), 'abc');
    expect(toHex(bytes)).toBe('6162');
    expect(codes(expert)).toEqual(['too-long']);
  });

  test('a schema that refers to a field that is missing or comes later is refused when it loads', () => {
    expect(() => b.struct({ a: b.text(b.from('n')) })).toThrow('no such field');
    expect(() => b.struct({ a: b.text(b.from('n')), n: b.u8() })).toThrow('does not come before');
    expect(() => b.struct({ n: b.u8({ derive: b.lengthOf('text') }) })).toThrow('no other field text');
  });
});

describe('structure', () => {
  const item = b.struct({ id: b.u16be(), amount: b.when(b.ne('id', 0), b.u8()) });
  const node = b.struct({
    kind: b.u8(),
    items: b.list(item, b.prefix(b.u8())),
    body: b.switchOn('kind', [
      [1, b.u16be()],
      [2, b.text(b.prefix(b.u8()))],
    ]),
    more: b.optional(b.u32be(), 4),
  });

  test('lists, conditions, switches and optional parts round trip', () => {
    const value = { kind: 2, items: [{ id: 1, amount: 7 }, { id: 0 }], body: 'ok', more: 5 };
    const { bytes } = encode(node, value);
    expect(toHex(bytes)).toBe('02020001070000026f6b00000005');
    expect(decode(node, bytes).value).toEqual(value);
    expect(decode(node, bytes.subarray(0, 10)).value).toEqual({ kind: 2, items: value.items, body: 'ok' });
  });

  test('every kind of condition decides on the earlier field', () => {
    const tests = [
      b.eq('k', 4),
      b.ne('k', 4),
      b.lt('k', 4),
      b.ge('k', 4),
      b.isIn('k', [1, 4]),
      b.bit('k', 4),
      b.nobit('k', 4),
    ];
    const there = (kind: number): boolean[] =>
      tests.map(
        (one) =>
          'x' in (decode(b.struct({ k: b.u8(), x: b.when(one, b.u8()) }), Uint8Array.of(kind, 9)).value as object),
      );
    expect(there(4)).toEqual([true, false, false, true, true, true, false]);
    expect(there(3)).toEqual([false, true, true, false, false, false, true]);
  });

  test('a reference may climb out of a list item', () => {
    const climbing = b.struct({
      long: b.u8(),
      list: b.list(b.struct({ x: b.when(b.eq('^long', 1), b.u8()), y: b.u8() }), 2),
    });
    expect(decode(climbing, hex('010a0b0c0d')).value).toEqual({
      long: 1,
      list: [
        { x: 10, y: 11 },
        { x: 12, y: 13 },
      ],
    });
    expect(decode(climbing, hex('000a0b')).value).toEqual({ long: 0, list: [{ y: 10 }, { y: 11 }] });
  });

  test('lists end at their terminator or at the end of the bytes', () => {
    const until = b.struct({ list: b.list(b.u16be(), b.until([0xff, 0xff])), after: b.u8() });
    expect(decode(until, hex('00010002ffff07')).value).toEqual({ list: [1, 2], after: 7 });
    expect(toHex(encode(until, { list: [1, 2], after: 7 }).bytes)).toBe('00010002ffff07');
    expect(decode(b.list(b.u16be(), b.rest), hex('00010002')).value).toEqual([1, 2]);
  });

  test('magic bytes are written, checked and absent from the value', () => {
    const magic = b.struct({ magic: b.fixed('GG'), a: b.u8() });
    expect(toHex(encode(magic, { a: 1 }).bytes)).toBe('474701');
    expect(decode(magic, hex('474701')).value).toEqual({ a: 1 });
    expect(codes(decode(magic, hex('475801')).expert)).toEqual(['magic']);
  });

  test('checksums are computed on encode and checked on decode', () => {
    for (const algorithm of ['crc32', 'adler32', 'sum8', 'sum16be', 'xor8'] as const) {
      const summed = b.struct({ head: b.u8(), a: b.u16be(), sum: b.checksum(algorithm, { from: 'a' }), tail: b.u8() });
      const { bytes } = encode(summed, { head: 9, a: 0x1234, tail: 1 });
      expect(decode(summed, bytes).expert).toEqual([]);
      const broken = bytes.slice();
      broken[1] = 0x99;
      expect(codes(decode(summed, broken).expert)).toEqual(['checksum']);
    }
    const known = b.struct({ data: b.text(9), sum: b.checksum('crc32') });
    expect(toHex(encode(known, { data: '123456789' }).bytes.slice(-4))).toBe('cbf43926');
  });

  test('messages are told apart by their tag; an unknown one keeps its bytes', () => {
    const table = b.messages(b.u8(), { login: [1, b.struct({ name: b.text('rest') })], ping: [2, b.struct({})] });
    expect(decode(table, hex('01626f62')).value).toEqual({ message: 'login', tag: 1, body: { name: 'bob' } });
    const unknown = decode(table, hex('63aabb'));
    expect(unknown.value).toEqual({ message: null, tag: 0x63, body: hex('aabb') });
    expect(codes(unknown.expert)).toEqual(['unknown-message']);
    expect(toHex(encode(table, unknown.value).bytes)).toBe('63aabb');
  });
});

describe('inner buffers', () => {
  test('compressed content is a nested view with ranges of its own', () => {
    for (const algorithm of ['zlib', 'gzip', 'deflate-raw'] as const) {
      const node = b.struct({
        packed: b.compressed(algorithm, b.prefix(b.u16be()), b.struct({ a: b.u8(), t: b.text('rest') })),
      });
      const { bytes } = encode(node, { packed: { a: 1, t: 'hello hello hello' } });
      expect(decode(node, bytes).value).toEqual({ packed: { a: 1, t: 'hello hello hello' } });
      const inner = field(node, bytes, 'packed').inner;
      expect(inner?.title).toBe(algorithm);
      expect(inner?.root.children.map((child) => [child.name, child.start, child.end])).toEqual([
        ['a', 0, 1],
        ['t', 1, 18],
      ]);
    }
  });

  test('a bomb stops at the budget and broken compression is an error', () => {
    const node = b.compressed('zlib', 'rest', b.bytes('rest'));
    const bomb = deflate(new Uint8Array(1_000_000), 'zlib');
    const limits = { maxDepth: 8, maxNodes: 100, maxItems: 100, maxBytes: 10_000 };
    expect(decode(node, bomb, { limits }).expert[0]?.text).toContain('more than 10000 bytes');
    expect(codes(decode(node, hex('789c0102')).expert)).toEqual(['compressed']);
  });

  test('masked content is unmasked and a fault within points at the outer bytes', () => {
    const node = b.struct({
      head: b.u8(),
      sealed: b.sealed([0xff, 0x0f], b.prefix(b.u8()), b.struct({ a: b.u16be(), b: b.u16be() })),
    });
    const { bytes } = encode(node, { head: 1, sealed: { a: 1, b: 2 } });
    expect(toHex(bytes)).toBe('0104ff0eff0d');
    expect(decode(node, bytes).value).toEqual({ head: 1, sealed: { a: 1, b: 2 } });
    const short = decode(node, hex('0102ff0e'));
    expect(short.expert[0]).toMatchObject({ code: 'truncated', range: [1, 4], path: 'sealed.b' });
  });

  test('a JSON node among binary ones reads the rest as JSON', () => {
    const node = b.struct({ id: b.u16be(), body: b.object({ name: b.string() }) });
    const { bytes } = encode(node, { id: 7, body: { name: 'bob' } });
    expect(decode(node, bytes).value).toEqual({ id: 7, body: { name: 'bob' } });
    expect(field(node, bytes, 'body.name')).toMatchObject({ start: 10, end: 15, value: 'bob' });
  });
});

describe('what goes wrong', () => {
  const node = b.struct({ a: b.u8(), name: b.text(b.prefix(b.u16be())), list: b.list(b.u32be(), b.prefix(b.u8())) });
  const { bytes } = encode(node, { a: 1, name: 'bob', list: [1, 2] });

  test('a frame cut anywhere keeps the fields before the cut and shows the rest as bytes', () => {
    for (let size = 0; size < bytes.length; size += 1) {
      const decoded = decode(node, bytes.subarray(0, size), { tree: true });
      expect(decoded.complete).toBe(false);
      expect(codes(decoded.expert)).toEqual(['truncated']);
      expect(decoded.tree?.end).toBe(size);
      if (size >= 6) expect(decoded.value).toMatchObject({ a: 1, name: 'bob' });
      else if (size >= 1) expect(decoded.value).toEqual({ a: 1 });
    }
    expect(field(node, bytes.subarray(0, 5), '#rest')).toMatchObject({ start: 3, end: 5 });
  });

  test('bytes left over are a note', () => {
    const decoded = decode(node, Uint8Array.from([...bytes, 0xaa, 0xbb]), { tree: true });
    expect(decoded.expert).toMatchObject([{ severity: 'note', code: 'trailing', range: [15, 17] }]);
    expect(decoded.tree?.children.at(-1)).toMatchObject({ name: '#rest', start: 15, end: 17 });
  });

  test('a count of four thousand million neither loops nor allocates', () => {
    const huge = b.list(b.struct({}), b.prefix(b.u32be()));
    expect(codes(decode(huge, hex('ffffffff')).expert)).toEqual(['budget']);
    const many = b.list(b.u8(), b.rest);
    const limits = { maxDepth: 8, maxNodes: 1000, maxItems: 10, maxBytes: 1000 };
    expect(codes(decode(many, new Uint8Array(100), { limits }).expert)).toEqual(['budget']);
  });

  test('nesting deeper than allowed is an error', () => {
    let deep: Node = b.u8();
    for (let level = 0; level < 20; level += 1) deep = b.struct({ in: deep });
    const limits = { maxDepth: 10, maxNodes: 1000, maxItems: 10, maxBytes: 1000 };
    expect(codes(decode(deep, hex('01'), { limits }).expert)).toEqual(['budget']);
  });

  test('a custom codec that throws is a malformed frame', () => {
    const custom = b.custom('odd', {
      decode: () => {
        throw new Error('no');
      },
      encode: () => new Uint8Array(),
      validate: () => undefined,
      mutants: () => [],
      describe: 'odd',
    });
    expect(codes(decode(b.struct({ c: custom }), hex('01')).expert)).toEqual(['custom']);
  });

  test('no bytes make it throw', () => {
    const table = b.messages(b.varint(), {
      one: [1, node],
      two: [2, b.list(node, b.rest)],
      three: [3, b.compressed('zlib', 'rest', node)],
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (input) => {
        const decoded = decode(table, input, { tree: true });
        return decoded.tree?.start === 0 && decoded.tree.end === input.length;
      }),
      { numRuns: 2000 },
    );
  });
});

describe('encoding', () => {
  const node = b.struct({
    size: b.u16be({ derive: b.lengthOf('body', 2) }),
    body: b.struct({ count: b.u8(), items: b.list(b.u16be(), b.from('count')) }),
    sum: b.checksum('sum8'),
  });

  test('lengths and counts follow the value, also when the value says something else', () => {
    expect(toHex(encode(node, { size: 99, body: { count: 9, items: [1, 2] } }).bytes)).toBe('000702000100020c');
  });

  test('an override lies at its path and leaves everything else as it was', () => {
    const lie = encode(node, { body: { items: [1] } }, { override: { 'body.count': 200, sum: 0x55 } });
    expect(toHex(lie.bytes)).toBe('0005c8000155');
    const raw = encode(b.struct({ t: b.text(b.prefix(b.u8())) }), { t: 'ab' }, { override: { 't.#length': 9 } });
    expect(toHex(raw.bytes)).toBe('096162');
    const bytes = encode(
      b.struct({ t: b.text(b.prefix(b.u8())), u: b.u8() }),
      { t: 'ab', u: 1 },
      { override: { t: hex('ffff') } },
    );
    expect(toHex(bytes.bytes)).toBe('ffff01');
  });

  test('a length by varint is worked out before what it measures is written', () => {
    const varied = b.struct({ n: b.varint(), data: b.bytes(b.from('n')) });
    const { bytes } = encode(varied, { data: new Uint8Array(300) });
    expect(toHex(bytes.subarray(0, 2))).toBe('ac02');
    expect(bytes.length).toBe(302);
  });

  test('fields missing at the end cut the message short, one missing in the middle is refused', () => {
    const answer = b.struct({ error: b.u8(), name: b.text(b.prefix(b.u8())), id: b.u16be() });
    const short = encode(answer, { error: 5 });
    expect([toHex(short.bytes), codes(short.expert)]).toEqual(['05', ['truncated']]);
    expect(() => encode(answer, { error: 0, id: 1 })).toThrow('name is missing');
  });

  test('with the original, unchanged fields keep their spelling and left-over bytes stay', () => {
    const varied = b.struct({ long: b.varint(), other: b.u8() });
    const original = hex('810005aabb');
    expect(toHex(encode(varied, { long: 1, other: 6 }, { original }).bytes)).toBe('810006aabb');
    expect(toHex(encode(varied, { long: 2, other: 5 }, { original }).bytes)).toBe('0205aabb');
  });

  test('decoded values of any schema encode to the bytes they came from', () => {
    const rich = b.struct({
      kind: b.u8(),
      name: b.text(b.prefix(b.varint()), { encoding: 'latin1' }),
      parts: b.list(b.struct({ a: b.i16le(), f: b.f32be() }), b.prefix(b.u8())),
      extra: b.optional(b.bytes('rest')),
    });
    const values = fc.record({
      kind: fc.nat(255),
      name: fc.string({ unit: 'binary-ascii' }),
      parts: fc.array(fc.record({ a: fc.integer({ min: -32768, max: 32767 }), f: fc.float({ noNaN: true }) }), {
        maxLength: 20,
      }),
      extra: fc.uint8Array({ minLength: 1 }),
    });
    fc.assert(
      fc.property(values, (value) => {
        const { bytes } = encode(rich, value);
        const back = decode(rich, bytes);
        return back.expert.length === 0 && toHex(encode(rich, back.value).bytes) === toHex(bytes);
      }),
    );
  });
});
