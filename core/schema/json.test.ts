import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as b from './builders.ts';
import { decode } from './decode.ts';
import { jsonTree, toBase64, unpack } from './json-decode.ts';
import { encodeJson, equalJson, PYTHON } from './json-encode.ts';
import { readJson, scanJson } from './json-text.ts';
import { findField } from './path.ts';
import { validate } from './validate.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (made: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(made);
const codes = (infos: readonly { code?: string }[]): (string | undefined)[] => infos.map((info) => info.code);

describe('reading', () => {
  test('agrees with JSON.parse on every JSON value, by both roads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, spaced) => {
        const source = bytes(JSON.stringify(value, null, spaced ? 2 : 0));
        const want = JSON.parse(text(source)) as unknown;
        // Integers beyond 2^53 come out as bigint, which counts as equal here.
        return equalJson(readJson(source).value, want) && equalJson(scanJson(source).root?.value, want);
      }),
    );
  });

  test('refuses what JSON.parse refuses, and says where', () => {
    const wrong: readonly (readonly [string, number, string])[] = [
      ['', 0, 'json'],
      ['{', 0, 'json'],
      ['{"a":}', 5, 'json'],
      ['{"a":1,}', 7, 'json'],
      ['[1 2]', 3, 'json'],
      ['{"a":01}', 5, 'json'],
      ['{"a":NaN}', 5, 'json'],
      ['"\u0001"', 1, 'json'],
      ['"\\x"', 1, 'json'],
      ['{"a":1}x', 7, 'json'],
      ["{'a':1}", 1, 'json'],
      ['\ufeff{}', 0, 'json'],
    ];
    for (const [source, at, code] of wrong) {
      const read = readJson(bytes(source));
      expect(read.ok, source).toBe(false);
      expect(read.expert[0], source).toMatchObject({ severity: 'error', group: 'malformed', code });
      expect(read.expert[0]?.range?.[0], source).toBe(at);
    }
  });

  test('never disagrees with JSON.parse about validity on damaged text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.nat(255), (value, where, byte) => {
        const source = bytes(JSON.stringify(value));
        source[where % source.length] = byte;
        let valid = true;
        try {
          JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source));
        } catch {
          valid = false;
        }
        return readJson(source).ok === valid && scanJson(source).ok === valid;
      }),
      { numRuns: 1500 },
    );
  });

  test('integers beyond 2^53 stay exact', () => {
    const read = readJson(
      bytes('{"a":9007199254740993,"b":-18446744073709551616,"c":1.5e300,"d":0.30000000000000004}'),
    );
    expect(read.value).toEqual({ a: 9007199254740993n, b: -18446744073709551616n, c: 1.5e300, d: 0.30000000000000004 });
    expect(text(encodeJson(b.any(), read.value))).toContain('"a":9007199254740993,"b":-18446744073709551616');
  });

  test('a key written twice warns; the last one counts', () => {
    const read = readJson(bytes('{"a":1,"a":2}'));
    expect(read).toMatchObject({ ok: true, value: { a: 2 }, expert: [{ code: 'duplicate-key', range: [7, 10] }] });
  });

  test('a key named __proto__ is a plain key', () => {
    const { value } = scanJson(bytes('{"__proto__":{"x":1}}')).root ?? {};
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('bytes that are not UTF-8 are an error at their place; the rest is still read', () => {
    const source = Uint8Array.from([...bytes('{"a":"'), 0xff, ...bytes('","b":2}')]);
    const read = readJson(source);
    expect(read).toMatchObject({
      ok: false,
      value: { a: '\ufffd', b: 2 },
      expert: [{ severity: 'error', code: 'utf8', range: [6, 7] }],
    });
  });

  test('depth and size budgets are errors, not crashes', () => {
    const deep = readJson(bytes('['.repeat(100_000)));
    expect(codes(deep.expert)).toEqual(['budget']);
    const limits = { maxDepth: 64, maxNodes: 10, maxItems: 10, maxBytes: 1000 };
    expect(codes(readJson(bytes('[1,2,3,4,5,6,7,8,9,10,11,12]'), limits).expert)).toEqual(['budget']);
    expect(codes(readJson(bytes(`"${'x'.repeat(2000)}"`), limits).expert)).toContain('budget');
  });

  test('a text that breaks off keeps what came before', () => {
    expect(readJson(bytes('{"type":"dahai","actor":2,"pai":"5m')).value).toEqual({ type: 'dahai', actor: 2 });
  });
});

describe('trees', () => {
  const node = b.object({
    name: b.string({ secret: true }),
    list: b.array(b.tuple([b.string(), b.integer()])),
    'x?': b.any(),
  });

  test('ranges are bytes of the text, also behind characters of several bytes', () => {
    const source = bytes('{"name":"你好 😀" , "list":[["é",-12]]}');
    const { root } = jsonTree(source, node);
    for (const path of ['name', 'list[0][0]', 'list[0][1]']) {
      const field = findField(root, path);
      expect(JSON.parse(text(source.subarray(field?.start, field?.end)))).toEqual(field?.value);
    }
    expect(findField(root, 'name')?.meta.secret).toBe(true);
    expect(root).toMatchObject({ start: 0, end: source.length });
  });

  test('what could not be read stands at the end as bytes', () => {
    const { root, ok } = jsonTree(bytes('{"name":"x","list":[["a"'), node);
    expect(ok).toBe(false);
    expect(findField(root, 'name')?.value).toBe('x');
    expect(jsonTree(bytes('{"name":"x" ?'), node).root.children.at(-1)).toMatchObject({
      name: '#rest',
      kind: 'bytes',
      start: 12,
    });
  });

  test('strings that hold JSON, base64 or hex have an inner view', () => {
    const outer = b.object({
      json: b.string({ inner: { as: 'json', of: b.object({ cmd: b.string() }) } }),
      packed: b.string({ inner: { as: 'base64', of: b.bytes('rest') } }),
    });
    const source = bytes(JSON.stringify({ json: '{"cmd":"look"}', packed: toBase64(Uint8Array.of(1, 2, 3, 4)) }));
    const { root } = jsonTree(source, outer);
    expect(findField(root, 'json')?.inner?.root.children[0]).toMatchObject({
      name: 'cmd',
      value: 'look',
      start: 7,
      end: 13,
    });
    expect(findField(root, 'packed')?.inner?.bytes).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('base64 is read as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(unpack('base64', toBase64(data))).toEqual(data);
      }),
    );
  });

  test('decode reads JSON schemas too', () => {
    expect(decode(b.object({ a: b.integer() }), bytes('{"a":1}')).value).toEqual({ a: 1 });
  });
});

describe('validation', () => {
  const node = b.object({
    type: b.literal('dahai'),
    actor: b.integer({ min: 0, max: 3 }),
    pai: b.string({ pattern: '[1-9][mps]r?' }),
    'hand?': b.array(b.string(), { max: 2 }),
    'target?': b.nullable(b.oneOf([b.literal(1), b.literal(2)])),
  });

  test('says what is wrong, where, and how badly', () => {
    const infos = validate(node, { type: 'pon', actor: 4, hand: ['a', 1, 'c'], target: 3, extra: 1 });
    expect(infos.map((info) => [info.path, info.code, info.severity])).toEqual([
      ['type', 'literal', 'warning'],
      ['actor', 'range', 'warning'],
      ['pai', 'missing-key', 'warning'],
      ['hand[1]', 'type', 'warning'],
      ['hand', 'range', 'warning'],
      ['target', 'type', 'warning'],
      ['extra', 'unknown-key', 'note'],
    ]);
    expect(validate(node, { type: 'dahai', actor: 3, pai: '5mr', target: null })).toEqual([]);
  });

  test('of several shapes the one that explains most is held against the value', () => {
    const shapes = b.oneOf([
      b.object({ type: b.literal('chi'), consumed: b.array(b.string()) }),
      b.object({ type: b.literal('hora'), target: b.integer() }),
    ]);
    expect(validate(shapes, { type: 'hora', target: 'x' }).map((info) => info.path)).toEqual(['target']);
    expect(validate(shapes, { type: 'hora', target: 1 })).toEqual([]);
  });

  test('a field may ask for another severity, and names alone stay open', () => {
    expect(validate(b.integer({ max: 3, severity: 'note' }), 4)[0]?.severity).toBe('note');
    expect(validate(b.integer({ names: { 1: 'one' } }), 4)).toEqual([]);
    expect(validate(b.integer({ names: { 1: 'one' }, severity: 'error' }), 4)[0]).toMatchObject({
      code: 'enum',
      severity: 'error',
    });
  });
});

describe('writing', () => {
  const node = b.object({ type: b.string(), actor: b.integer(), 'list?': b.array(b.integer()) });

  test('is compact and follows the order of the schema', () => {
    expect(text(encodeJson(node, { actor: 1, type: 'x', zz: 'é' }))).toBe('{"type":"x","actor":1,"zz":"é"}');
    expect(text(encodeJson(node, { actor: 1, type: 'x' }, { style: PYTHON }))).toBe('{"type": "x", "actor": 1}');
  });

  test('an edit changes nothing but what changed', () => {
    const original = bytes('\t{ "actor" : 1,  "type":"\\u0078", "odd":[1, 2,3 ] ,"n":1.0}\n');
    const edit = (value: unknown): string => text(encodeJson(node, value, { original }));
    expect(edit({ actor: 1, type: 'x', odd: [1, 2, 3], n: 1 })).toBe(text(original));
    expect(edit({ actor: 2, type: 'x', odd: [1, 2, 3], n: 1 })).toBe(text(original).replace(': 1,', ': 2,'));
    expect(edit({ actor: 1, type: 'x', odd: [1, 9, 3, 4], n: 1 })).toBe(
      text(original).replace('[1, 2,3 ]', '[1, 9,3, 4 ]'),
    );
    expect(edit({ actor: 1, type: 'x', odd: [1, 2, 3], n: 1, list: [5] })).toContain('"n":1.0,  "list" : [5]}');
    expect(edit({ type: 'x', odd: [1, 2, 3], n: 1 })).not.toContain('actor');
  });

  test('an edit back and forth always gives the value asked for', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (before, after) => {
        const original = bytes(JSON.stringify(before, null, 1));
        const made = encodeJson(b.any(), after, { original });
        expect(JSON.parse(text(made))).toEqual(JSON.parse(JSON.stringify(after)));
        expect(text(encodeJson(b.any(), JSON.parse(text(original)), { original }))).toBe(text(original));
      }),
    );
  });

  test('an override is written as it is', () => {
    const value = { type: 'x', actor: 1, list: [1, 2] };
    expect(text(encodeJson(node, value, { override: { actor: bytes('NaN'), 'list[1]': 'two' } }))).toBe(
      '{"type":"x","actor":NaN,"list":[1,"two"]}',
    );
    expect(text(encodeJson(node, value, { override: { '': bytes('[]') } }))).toBe('[]');
    expect(text(encodeJson(node, { type: 'x', actor: 1 }, { override: { extra: 5 } }))).toBe(
      '{"type":"x","actor":1,"extra":5}',
    );
  });
});
