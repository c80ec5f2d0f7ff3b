/** Wrong values in the fields of one message: the mutants of its schema, fields that were left out, and the JSON around it. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { encodeJson } from '../schema/json-encode.ts';
import { readJson } from '../schema/json-text.ts';
import { type Mutant, mutants } from '../schema/mutate.ts';
import type { Node } from '../schema/nodes.ts';
import { AMOUNTS } from './amounts.ts';
import { getPath, joinPath, setPath } from '../schema/path.ts';
import { around, isSameBytes, type MakeHow, type Made, mutated, type Mutation, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';

const ANY: Node = Object.freeze({ kind: 'any', meta: Object.freeze({}) });
const MOST_JSON = 64 * 1024;
/** Values that a server may take and stumble over later. */
const LATE = /^(?:added|long|max|min|zero|one|huge|many|empty)/;

export function* fieldMutations(seed: Seed, at: SeedMessage, rng: number): Generator<Mutation> {
  const { message } = at;
  const node = message.spec?.node;
  const known = new Set<string>();
  /** What stands in place of the message stands in place of the payload: there is no envelope. */
  let isWhole = false;
  if (node !== undefined && message.name !== null && at.frame.messages.length === 1) {
    for (const list of [mutants(node, message.fields, { seed: rng }), absentees(node, message.fields)]) {
      for (const one of list) {
        known.add(one.id);
        if (one.path === '' && one.name === 'root-null') isWhole = isSameBytes(bytesOf(seed, at, one) ?? NONE, NULL);
        yield fieldMutation(at, one, one.id);
      }
    }
  }
  if (at.index > 0) return;
  // Where the payload is the message, what both say is said once.
  for (const one of jsonMutations(seed, at, rng)) {
    if (!known.has(one.id.slice(one.id.indexOf('$') + 1)) || (one.field === '' && !isWhole)) yield one;
  }
}

function fieldMutation(at: SeedMessage, mutant: Mutant, address: string): Mutation {
  const { frame, message } = at;
  return {
    id: `${frame.n}:${address}`,
    family: 'field',
    message: at.name,
    field: mutant.path,
    name: mutant.name,
    doc: mutant.doc,
    n: frame.n,
    step: at.step,
    ...ruleOf(message, mutant),
    make: (seed, how) => makeField(seed, at, mutant, how),
  };
}

const NONE = new Uint8Array(0);
const NULL = new TextEncoder().encode('null');

/** Undefined when it cannot be written. */
function bytesOf(seed: Seed, { frame, message }: SeedMessage, mutant: Mutant): Uint8Array | undefined {
  const protocol = seed.scene.connections.get(frame.conn)?.recorded.protocol;
  if (protocol === undefined || message.name === null) return undefined;
  try {
    const override = mutant.override === undefined ? {} : { override: mutant.override };
    return protocol.encode({ message: message.name, fields: mutant.value }, 'toServer', frame.state as never, {
      original: frame.bytes,
      ...override,
    }).bytes;
  } catch {
    return undefined;
  }
}

function makeField(seed: Seed, at: SeedMessage, mutant: Mutant, how: MakeHow): Made | undefined {
  const { frame } = at;
  const step = sendAt(seed, at.step);
  const protocol = seed.scene.connections.get(frame.conn)?.recorded.protocol;
  const bytes = bytesOf(seed, at, mutant);
  if (protocol === undefined || bytes === undefined) return undefined;
  if (isSameBytes(bytes, frame.bytes)) return undefined;
  const mutating = { base: frame.bytes, index: at.index, id: mutant.id, seed: how.rng };
  const wrong = mutated(step, { bytes, ...(step.links === undefined ? {} : { mutating }) });
  const isFine =
    LATE.test(mutant.name) && protocol.dissect(bytes, 'toServer', frame.state as never).expert.length === 0;
  return around(seed, at.step, [wrong], how, isFine ? { tail: how.longTail ?? how.tail } : {});
}

function isNegativeAmount(message: DissectedMessage, { path, name, value }: Mutant): boolean {
  if (!/^(?:minus-one|min|negated|below-range|below-int|minus-step|minus-huge)$/.test(name)) return false;
  const made = getPath(value, path);
  if ((typeof made !== 'number' && typeof made !== 'bigint') || made >= 0) return false;
  const meta = nodeAt(message.spec?.node, path)?.meta;
  return (meta?.role !== undefined && AMOUNTS.has(meta.role)) || (meta?.min !== undefined && meta.min >= 0);
}

function ruleOf(message: DissectedMessage, mutant: Mutant): { readonly rule?: string } {
  if (isNegativeAmount(message, mutant)) return { rule: `a negative ${lastWord(mutant.path)}` };
  if (!isNegativeAsSigned(message, mutant)) return {};
  return { rule: `${article(lastWord(mutant.path))} that is negative to whoever takes it for a signed number` };
}

function article(word: string): string {
  return `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
}

/** The largest there are: nobody has so many, and a sign is soon read into the top bit. */
function isNegativeAsSigned(message: DissectedMessage, { path, name, value }: Mutant): boolean {
  if (name !== 'max' && name !== 'top-bit') return false;
  const node = nodeAt(message.spec?.node, path);
  if (node?.kind !== 'int' || node.signed || node.meta.role === undefined || !AMOUNTS.has(node.meta.role)) return false;
  const made = getPath(value, path);
  if (typeof made !== 'number' && typeof made !== 'bigint') return false;
  return BigInt(made) >= 2n ** BigInt(node.size * 8 - 1);
}

function lastWord(path: string): string {
  return path.split(/[.[]/).at(-1) ?? path;
}

/** The node of an object's field; lists and choices are not gone into. */
function nodeAt(node: Node | undefined, path: string): Node | undefined {
  let here = node;
  for (const part of path === '' ? [] : path.split('.')) {
    if (here?.kind === 'object') here = here.keys.find((key) => key.name === part)?.node;
    else if (here?.kind === 'struct') here = here.fields.find((field) => field.name === part)?.node;
    else return undefined;
  }
  return here;
}

/** Fields that may be left out and were: written for once. */
function* absentees(node: Node, value: unknown, path = '', whole: unknown = value, depth = 0): Generator<Mutant> {
  if (node.kind !== 'object' || typeof value !== 'object' || value === null || depth > 3) return;
  for (const { name, node: child } of node.keys) {
    const at = joinPath(path, name);
    const present = (value as Record<string, unknown>)[name];
    if (present !== undefined) {
      yield* absentees(child, present, at, whole, depth + 1);
      continue;
    }
    for (const [how, sample] of samplesOf(child)) {
      yield {
        id: `${at}#added-${how}`,
        path: at,
        name: `added-${how}`,
        doc: 'A field that was left out.',
        value: setPath(whole, at, sample),
      };
    }
  }
}

function samplesOf(node: Node): readonly (readonly [string, unknown])[] {
  switch (node.kind) {
    case 'string':
      return [
        ['word', node.values?.[0] ?? 'x'],
        ['empty', ''],
        ['long-300', 'A'.repeat(300)],
        ['long-4096', 'A'.repeat(4096)],
        ['number', 1],
        ['null', null],
      ];
    case 'integer':
    case 'number':
      return [
        ['zero', 0],
        ['minus-one', -1],
        ['huge', 2 ** 31],
        ['text', 'x'],
        ['null', null],
      ];
    case 'boolean':
      return [
        ['true', true],
        ['text', 'x'],
      ];
    case 'array':
      return [
        ['empty', []],
        ['null', null],
        ['numbers', [0, -1]],
      ];
    case 'object':
      return [
        ['empty', {}],
        ['null', null],
      ];
    case 'oneOf':
      return node.options.slice(0, 2).flatMap(samplesOf);
    case 'any':
      return [
        ['one', 1],
        ['null', null],
      ];
    default:
      return [];
  }
}

/** The payload as JSON of no description: finds the envelope too, and works for protocols nobody described. */
function* jsonMutations(_seed: Seed, at: SeedMessage, rng: number): Generator<Mutation> {
  const { frame } = at;
  if (frame.bytes.length === 0 || frame.bytes.length > MOST_JSON || !/^[[{]/.test(head(frame.bytes))) return;
  const read = readJson(frame.bytes);
  if (!read.ok) return;
  for (const mutant of mutants(ANY, read.value, { seed: rng })) {
    yield {
      id: `${frame.n}:$${mutant.id}`,
      family: 'field',
      message: at.name,
      field: mutant.path,
      name: mutant.name,
      doc: mutant.doc,
      n: frame.n,
      step: at.step,
      make: (seed, how) => {
        const override = mutant.override === undefined ? {} : { override: mutant.override };
        let bytes: Uint8Array;
        try {
          bytes = encodeJson(ANY, mutant.value, override);
        } catch {
          return undefined;
        }
        if (isSameBytes(bytes, frame.bytes)) return undefined;
        const wrong = mutated(sendAt(seed, at.step), { bytes });
        return around(seed, at.step, [wrong], how);
      },
    };
  }
}

function head(bytes: Uint8Array): string {
  return String.fromCharCode(bytes.find((byte) => byte > 0x20) ?? 0);
}
