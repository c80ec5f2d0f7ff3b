/** Mutants of JSON values: wrong types, missing and doubled keys, numbers no parser agrees on, roots that are no message. */
import { utf8Bytes } from './characters.ts';
import { encodeJson } from './json-encode.ts';
import { type Edit, editOf, integerEdits, telling, textEdits } from './mutations.ts';
import type { Node } from './nodes.ts';
import { joinPath } from './path.ts';
import { pickOption } from './validate.ts';

const SAFE = [-(2n ** 53n), 2n ** 53n] as const;
const ANY: Node = Object.freeze({ kind: 'any', meta: Object.freeze({}) });

export function* jsonMutations(node: Node, value: unknown, path: string, seed: number | string): Generator<Edit> {
  if (path === '') yield* rootEdits(node, value);
  yield* valueEdits(node, value, path, seed);
}

function* valueEdits(given: Node, value: unknown, path: string, seed: number | string): Generator<Edit> {
  if (given.meta.fuzz === 'never') return;
  const node = given.kind === 'oneOf' ? pickOption(given.options, value) : given;
  if (node.meta.fuzz === 'never') return;
  if (path !== '') yield* typeEdits(value, path);
  if (typeof value === 'string') {
    if (node.kind === 'string' && node.values !== undefined) yield* choices(node.values, value, path);
    if (node.kind === 'literal') yield editOf(path, 'other', 'Not the word that belongs here.', 'value', `${value}x`);
    yield* textEdits(value, node.meta, path, 'json');
  } else if (typeof value === 'number' || typeof value === 'bigint') yield* numberEdits(node, value, path, seed);
  else if (typeof value === 'boolean') yield editOf(path, 'flipped', 'The other truth value.', 'value', !value);
  else if (Array.isArray(value)) yield* arrayEdits(node, value, path, seed);
  else if (typeof value === 'object' && value !== null) {
    yield* objectEdits(node, value as Record<string, unknown>, path, seed);
  }
}

function* typeEdits(value: unknown, path: string): Generator<Edit> {
  const others: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['as-string', typeof value === 'object' ? 'text' : String(value)],
    ['as-number', 1],
    ['as-boolean', true],
    ['as-array', [value]],
    ['as-object', { value }],
  ];
  for (const [name, other] of others) {
    const sameType = typeof other === typeof value && Array.isArray(other) === Array.isArray(value) && other !== null;
    if (sameType) continue;
    yield editOf(
      path,
      name,
      name === 'null' ? 'null in place of the value.' : 'A value of another type.',
      'value',
      other,
    );
  }
}

function* choices(values: readonly string[], value: string, path: string): Generator<Edit> {
  for (const other of values.slice(0, 40)) {
    if (other !== value) yield editOf(path, `as-${other}`, 'Another value that is allowed here.', 'value', other);
  }
  yield editOf(path, 'outside', 'A word that is not in the list.', 'value', `${values[0] ?? ''}zz`);
}

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['nan', 'NaN'],
  ['infinity', 'Infinity'],
  ['minus-infinity', '-Infinity'],
  ['huge', '1e400'],
  ['exponent', '1E2'],
  ['minus-zero', '-0'],
  ['leading-zero', '01'],
  ['plus', '+1'],
  ['hex', '0x10'],
  ['bare-fraction', '.5'],
  ['long-digits', '9'.repeat(400)],
  ['long-fraction', `0.${'3'.repeat(400)}`],
];

function* numberEdits(node: Node, value: number | bigint, path: string, seed: number | string): Generator<Edit> {
  if (node.kind === 'integer' && node.values !== undefined) {
    for (const other of node.values.slice(0, 40)) {
      if (other !== value) yield editOf(path, `as-${other}`, 'Another value that is allowed here.', 'value', other);
    }
  }
  yield* integerEdits(value, SAFE, node.meta, path, seed);
  const borders: readonly (readonly [string, number | bigint])[] = [
    ['int-max', 2 ** 31 - 1],
    ['past-int', 2 ** 31],
    ['below-int', -(2 ** 31) - 1],
    ['past-uint', 2 ** 32],
    ['past-double', 2n ** 53n + 1n],
    ['past-long', 2n ** 63n],
    ['fraction', 0.5],
    ['tiny', 5e-324],
    ['large', 1e308],
  ];
  for (const [name, border] of borders) yield editOf(path, name, `The number ${border}.`, 'value', border);
  for (const [name, spelling] of SPELLINGS) {
    const doc = spelling.length > 20 ? 'A number of 400 digits.' : `The spelling ${spelling}.`;
    yield editOf(path, name, doc, 'override', utf8Bytes(spelling));
  }
}

function* arrayEdits(node: Node, value: readonly unknown[], path: string, seed: number | string): Generator<Edit> {
  yield editOf(path, 'empty', 'No items.', 'value', []);
  if (value.length > 0) {
    yield editOf(path, 'one-less', 'The last item is missing.', 'value', value.slice(0, -1));
    yield editOf(path, 'twice', 'The last item twice.', 'value', [...value, value.at(-1)]);
    yield editOf(path, 'null-item', 'null among the items.', 'value', [...value, null]);
    yield editOf(
      path,
      'many',
      '1000 items.',
      'value',
      Array.from({ length: 1000 }, (_, at) => value[at % value.length]),
    );
    if (value.length > 1) yield editOf(path, 'reversed', 'The items the other way round.', 'value', value.toReversed());
  }
  for (const index of telling(value.length)) {
    const item =
      node.kind === 'array' ? node.of : node.kind === 'tuple' ? (node.items[index] ?? node.rest ?? ANY) : ANY;
    yield* valueEdits(item, value[index], joinPath(path, index), seed);
  }
}

function* objectEdits(
  node: Node,
  value: Readonly<Record<string, unknown>>,
  path: string,
  seed: number | string,
): Generator<Edit> {
  const order = node.kind === 'object' ? node.keys.map((key) => key.name) : [];
  const present = Object.keys(value);
  // As the encoder writes them, so that another order really is another one.
  const keys = [...order.filter((key) => present.includes(key)), ...present.filter((key) => !order.includes(key))];
  const write = (key: string): string => `${JSON.stringify(key)}:${text(value[key])}`;
  const object = (members: readonly string[]): Uint8Array => utf8Bytes(`{${members.join(',')}}`);
  const members = keys.map(write);
  if (keys.length > 0) yield editOf(path, 'no-keys', 'An object without keys.', 'override', object([]));
  yield editOf(path, 'extra-key', 'A key nobody knows.', 'value', { ...value, interpose_extra: 1 });
  yield editOf(
    path,
    'proto-key',
    'A key named __proto__.',
    'override',
    object([...members, '"__proto__":{"polluted":true}']),
  );
  yield editOf(path, 'empty-key', 'A key without a name.', 'override', object([...members, '"":0']));
  if (members.length > 1) {
    yield editOf(path, 'key-order', 'The keys the other way round.', 'override', object(members.toReversed()));
  }
  yield editOf(
    path,
    'trailing-comma',
    'A comma after the last member.',
    'override',
    utf8Bytes(`{${members.join(',')},}`),
  );
  for (const key of keys) {
    const at = joinPath(path, key);
    // Written raw: a protocol would put a missing discriminator back.
    const others = keys.filter((one) => one !== key).map(write);
    yield { ...editOf(at, 'missing', 'The key is missing.', 'override', object(others)), at: path };
    yield editOf(
      path,
      `twice-${key}`,
      `The key ${key} twice, the second time with null.`,
      'override',
      object([...members, `${JSON.stringify(key)}:null`]),
    );
    if (key !== key.toUpperCase()) {
      const renamed = keys.map((one) =>
        one === key ? `${JSON.stringify(key.toUpperCase())}:${text(value[key])}` : write(one),
      );
      yield editOf(path, `upper-${key}`, `The key ${key} in capitals.`, 'override', object(renamed));
    }
    const item =
      node.kind === 'object'
        ? (node.keys.find((one) => one.name === key)?.node ?? ANY)
        : node.kind === 'record'
          ? node.of
          : ANY;
    yield* valueEdits(item, value[key], at, seed);
  }
}

function text(value: unknown): string {
  return value === undefined ? 'null' : new TextDecoder().decode(encodeJson(ANY, value));
}

/** What stands where a message should. */
function* rootEdits(node: Node, value: unknown): Generator<Edit> {
  const whole = new TextDecoder().decode(encodeJson(node, value));
  const roots: readonly (readonly [string, string, string])[] = [
    ['root-null', 'null', 'null in place of the message.'],
    ['root-number', '0', 'A number in place of the message.'],
    ['root-string', '""', 'A string in place of the message.'],
    ['root-true', 'true', 'true in place of the message.'],
    ['root-array', '[]', 'An array in place of the message.'],
    ['root-wrapped', `[${whole}]`, 'The message within an array.'],
    ['root-empty', '', 'Nothing at all.'],
    ['root-blank', ' ', 'A blank.'],
    ['root-not-json', '<xml/>', 'Not JSON.'],
    ['root-twice', whole + whole, 'The message twice in one frame.'],
    ['root-tail', `${whole}x`, 'Text after the message.'],
    ['root-comment', `/*c*/${whole}`, 'A comment before the message.'],
    ['root-bom', `\ufeff${whole}`, 'A byte order mark before the message.'],
    ['root-half', whole.slice(0, whole.length >> 1), 'Half of the message.'],
    ['root-nested-200', '['.repeat(200) + ']'.repeat(200), '200 levels of arrays.'],
    ['root-nested-100000', '['.repeat(100_000) + ']'.repeat(100_000), '100 000 levels of arrays.'],
    ['root-nested-open', '{"a":'.repeat(20_000), '20 000 objects, none closed.'],
  ];
  for (const [name, spelling, doc] of roots) {
    // A message that is a bare value may be what should stand in its place.
    if (spelling !== whole) yield editOf('', name, doc, 'override', utf8Bytes(spelling));
  }
  yield editOf(
    '',
    'root-bad-utf8',
    'Bytes that are not UTF-8.',
    'override',
    Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
  );
}
