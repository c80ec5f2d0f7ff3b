import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as b from './builders.ts';
import { ByteIndex } from './byte-index.ts';
import { toHex } from './characters.ts';
import { decode } from './decode.ts';
import { describeFields, fieldsOf } from './describe.ts';
import { encode, equalValues } from './encode.ts';
import { blank, form, readForm } from './form.ts';
import { havoc } from './havoc.ts';
import { jsonTree } from './json-decode.ts';
import { encodeJson } from './json-encode.ts';
import { mutant, mutants } from './mutate.ts';
import type { FieldNode, Node } from './nodes.ts';
import { findField, formatPath, getPath, nearestField, parsePath, type Segment, setPath, walkFields } from './path.ts';
import { rollFrom } from './roll.ts';
import { validate } from './validate.ts';
import { walkValue } from './walk-value.ts';

const binary = b.struct({
  kind: b.enumOf(b.u8(), { 1: 'sword', 2: 'bow' }),
  flags: b.flags(b.u8(), { 1: 'moving', 2: 'dead' }),
  bits: b.bits(1, { team: 2, level: 6 }),
  amount: b.u16be({ min: 1, max: 999, role: 'quantity' }),
  owner: b.u64be({ role: 'owner' }),
  name: b.text(b.prefix(b.u16be()), { max: 24, label: 'Name' }),
  items: b.list(b.struct({ id: b.u16be(), x: b.f32be() }), b.prefix(b.u8())),
  token: b.bytes(4, { secret: true, fuzz: 'never' }),
  more: b.optional(b.u8(), 2),
  sum: b.checksum('sum8'),
});
const binaryValue = {
  kind: 1,
  flags: 1,
  bits: { team: 2, level: 7 },
  amount: 5,
  owner: 77n,
  name: 'bob',
  items: [
    { id: 1, x: 0.5 },
    { id: 2, x: -1 },
  ],
  token: Uint8Array.of(1, 2, 3, 4),
  more: 9,
};
const json = b.object({
  type: b.literal('buy'),
  goods: b.integer({ min: 0, max: 9, role: 'quantity' }),
  shop: b.string({ values: ['inn', 'smith'] }),
  'note?': b.string({ max: 10 }),
  path: b.array(b.tuple([b.integer(), b.number()])),
  prices: b.record(b.number()),
  to: b.nullable(b.string()),
  ok: b.boolean(),
});
const jsonValue = { type: 'buy', goods: 3, shop: 'inn', path: [[1, 0.5]], prices: { '35': 2 }, to: null, ok: true };

const write = (node: Node, value: unknown, override?: Readonly<Record<string, unknown>>): string =>
  toHex(
    node.kind === 'object'
      ? encodeJson(node, value, override === undefined ? {} : { override })
      : encode(node, value, override === undefined ? {} : { override }).bytes,
  );

describe('paths', () => {
  test('are parsed and formatted to the same path', () => {
    const segment = fc.oneof(fc.nat(9999), fc.string({ minLength: 1, unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments: Segment[]) => {
        expect(parsePath(formatPath(segments))).toEqual(segments);
      }),
    );
    expect(parsePath('a.b[2].c["35"].#length')).toEqual(['a', 'b', 2, 'c', '35', '#length']);
  });

  test('a broken path says what is wrong with it', () => {
    for (const path of ['.a', 'a..b', 'a[', 'a[x]', 'a]b[', 'a["x]', 'a[1]b'])
      expect(() => parsePath(path), path).toThrow(path);
  });

  test('values are read and replaced without touching the original, never a prototype', () => {
    const value = { a: [{ b: 1 }, { b: 2 }] };
    expect(getPath(value, 'a[1].b')).toBe(2);
    expect(getPath(value, 'a.length')).toBeUndefined();
    expect(getPath(value, 'constructor.name')).toBeUndefined();
    expect(setPath(value, 'a[1].b', 9)).toEqual({ a: [{ b: 1 }, { b: 9 }] });
    expect(setPath(value, 'a[0]', undefined)).toEqual({ a: [{ b: 2 }] });
    expect(setPath(value, 'c.d[0]', 1)).toEqual({ ...value, c: { d: [1] } });
    expect(Object.keys(setPath({}, '__proto__.x', 1) as object)).toEqual(['__proto__']);
    expect(value).toEqual({ a: [{ b: 1 }, { b: 2 }] });
  });
});

describe('mutants', () => {
  const cases: readonly (readonly [string, Node, unknown])[] = [
    ['binary', binary, binaryValue],
    ['JSON', json, jsonValue],
  ];

  test.each(cases)(
    '%s: each has an address of its own, differs from the seed and comes back by its id',
    (_name, node, value) => {
      const seed = write(node, value);
      const all = [...mutants(node, value, { seed: 3 })];
      expect(all.length).toBeGreaterThan(100);
      expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
      for (const one of all) {
        if (!one.name.startsWith('lie-')) expect(write(node, one.value, one.override), one.id).not.toBe(seed);
        if (one.id.includes('random') || one.path === '') {
          const again = mutant(node, value, one.id, { seed: 3 });
          expect(equalValues(again?.value, one.value) && equalValues(again?.override, one.override), one.id).toBe(true);
        }
      }
    },
  );

  test('cover borders, lies about lengths, outsiders, and what only bytes can say', () => {
    const ids = new Set([...mutants(binary, binaryValue)].map((one) => one.id));
    for (const id of [
      'amount#above-range',
      'amount#below-range',
      'amount#max',
      'kind#outside',
      'kind#as-bow',
      'flags#all-bits',
      'bits.team#max',
      'name.#length#lie-max',
      'name#bad-utf8',
      'name#overlong',
      'items.#count#lie-zero',
      'items[1].x#nan',
      'more#absent',
      'sum#wrong',
    ]) {
      expect(ids, id).toContain(id);
    }
    const jsonIds = new Set([...mutants(json, jsonValue)].map((one) => one.id));
    for (const id of [
      '#root-null',
      '#root-nested-100000',
      '#twice-goods',
      'goods#missing',
      'goods#nan',
      'goods#null',
      'shop#as-smith',
      'shop#outside',
      'type#other',
      'shop#lone-surrogate',
      'path[0][0]#past-long',
      'prices["35"]#as-string',
    ]) {
      expect(jsonIds, id).toContain(id);
    }
  });

  test('a lie about a length leaves the body as it is', () => {
    const node = b.struct({ name: b.text(b.prefix(b.u8())) });
    const lie = mutant(node, { name: 'bob' }, 'name.#length#lie-max');
    expect(write(node, lie?.value, lie?.override)).toBe('ff626f62');
  });

  test('fields that must never be fuzzed are left alone', () => {
    expect([...mutants(binary, binaryValue)].some((one) => one.path.startsWith('token'))).toBe(false);
  });

  test('another seed gives other random values under the same ids', () => {
    const at = (seed: number): unknown =>
      getPath(mutant(binary, binaryValue, 'owner#random-1', { seed })?.value, 'owner');
    expect(at(1)).toBe(at(1));
    expect(at(1)).not.toBe(at(2));
  });

  test('damage to bytes always changes them and is repeatable', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.integer(), (bytes, seed) => {
        const once = toHex(havoc(bytes, rollFrom(seed)));
        return once === toHex(havoc(bytes, rollFrom(seed))) && once !== toHex(bytes);
      }),
    );
  });
});

describe('forms', () => {
  test.each([
    ['binary', binary, binaryValue],
    ['JSON', json, jsonValue],
  ] as const)('%s: reading the form of a value gives its bytes', (_name, node, value) => {
    expect(write(node, readForm(form(node, value)))).toBe(write(node, value));
  });

  test('controls follow the schema', () => {
    const root = form(binary, binaryValue);
    const controls =
      root.control === 'group' ? Object.fromEntries(root.children.map((child) => [child.name, child])) : {};
    expect(controls['kind']).toMatchObject({
      control: 'number',
      choices: [
        { value: 1, label: 'sword' },
        { value: 2, label: 'bow' },
      ],
    });
    expect(controls['amount']).toMatchObject({ control: 'number', min: 1, max: 999 });
    expect(controls['owner']).toMatchObject({ control: 'number', big: true });
    expect(controls['name']).toMatchObject({ control: 'text', label: 'Name', maxBytes: 24 });
    expect(controls['items']).toMatchObject({ control: 'repeat' });
    expect(controls['sum']).toMatchObject({ control: 'derived', what: 'checksum' });
    expect(controls['more']).toMatchObject({ optional: true, present: true });
  });

  test('keys the schema does not know stay editable', () => {
    const root = form(json, { ...jsonValue, odd: { deep: [1] } });
    expect(readForm(root)).toEqual({ ...jsonValue, odd: { deep: [1] } });
  });

  test('a blank value of any schema is valid but for its meaning, and can be written', () => {
    expect(validate(binary, blank(binary)).map((info) => info.code)).toEqual([]);
    expect(validate(json, blank(json))).toEqual([]);
    expect(decode(binary, encode(binary, blank(binary)).bytes).expert).toEqual([]);
  });
});

describe('descriptions', () => {
  test('list every field with its type, layout and named values', () => {
    const fields = Object.fromEntries(fieldsOf(binary).map((field) => [field.path, field]));
    expect(Object.keys(fields)).toEqual(
      [
        'kind',
        'flags',
        'bits',
        'bits.team',
        'bits.level',
        'amount',
        'owner',
        'name',
        'items',
        'items[]',
        'items[].id',
        'items[].x',
        'token',
        'more',
        'sum',
      ]
        .filter((path) => path !== 'items[]')
        .toSpliced(9, 0, 'items[]'),
    );
    expect(fields['kind']).toMatchObject({ type: 'integer', layout: 'u8', values: { 1: 'sword', 2: 'bow' } });
    expect(fields['name']).toMatchObject({ type: 'text', layout: 'text, u16be length' });
    expect(fields['more']).toMatchObject({ optional: true });
    expect(fieldsOf(json).map((field) => `${field.path} ${field.type}`)).toEqual([
      'type text',
      'goods integer',
      'shop text',
      'note text',
      'path list',
      'path[] list',
      'path[][0] integer',
      'path[][1] number',
      'prices struct',
      'prices[*] number',
      'to text',
      'ok boolean',
    ]);
  });

  test('are a Markdown table', () => {
    expect(describeFields(binary)).toContain('| `amount` | u16be | 1…999, role quantity |');
    expect(describeFields(b.struct({}))).toContain('No fields');
  });

  test('name the same paths a value is walked by', () => {
    for (const [node, value] of [
      [binary, binaryValue],
      [json, { ...jsonValue, note: 'x' }],
    ] as const) {
      const universe = new Set(fieldsOf(node).map((field) => field.path));
      walkValue(node, value, (path) => expect(universe).toContain(path));
    }
  });
});

describe('from bytes to fields', () => {
  const { bytes } = encode(binary, binaryValue);
  const tree = decode(binary, bytes, { tree: true }).tree as FieldNode;

  test('every byte finds the deepest field that covers it', () => {
    const index = new ByteIndex(tree);
    for (let at = 0; at < bytes.length; at += 1) {
      let deepest = { size: Number.POSITIVE_INFINITY, path: '' };
      walkFields(tree, (node, path) => {
        if (node.bits !== undefined || at < node.start || at >= node.end) return;
        if (node.end - node.start <= deepest.size) deepest = { size: node.end - node.start, path };
      });
      const chain = index.at(at);
      expect(chain.map((one) => one.path)).toContain(deepest.path);
    }
    expect(index.deepest(bytes.length)).toBeUndefined();
  });

  test('a JSON tree answers too, and paths lead back', () => {
    const text = new TextEncoder().encode('{"type":"buy","path":[[1,2.5]]}');
    const { root } = jsonTree(text, json);
    const found = new ByteIndex(root).deepest(text.indexOf(0x2e));
    expect(found?.path).toBe('path[0][1]');
    expect(findField(root, 'path[0][1]')).toBe(found?.node);
    expect(nearestField(root, 'path[0][7].x').name).toBe('0');
  });
});
