/** Tree → test. Names are resolved once, here; the test that comes out only reads and compares. */
import { findProperty, type Property } from './properties.ts';
import type { FilterSubject } from './subject.ts';
import { type Comparison, type Filter, type Operand, type PathOperand, printPath, type Segment } from './syntax.ts';
import { toRegex } from './parser.ts';
import { collect, compare, equals, indexOfBytes, lengthOf, literalValue } from './values.ts';
import { valueOfName, type Vocabulary } from './vocabulary.ts';

/** Asked about message `i` of the frame. */
export type Test = (subject: FilterSubject, i: number) => boolean;
type Read = (subject: FilterSubject, i: number) => readonly unknown[];

/** What a filter must read: lets an index answer without decoding. */
export interface Needs {
  fields: boolean;
  bytes: boolean;
  expert: boolean;
}

const NOTHING: readonly unknown[] = [];

export function compile(filter: Filter, vocabulary: Vocabulary, needs: Needs): Test {
  switch (filter.kind) {
    case 'constant': {
      const { value } = filter;
      return () => value;
    }
    case 'and': {
      const left = compile(filter.left, vocabulary, needs);
      const right = compile(filter.right, vocabulary, needs);
      return (s, i) => left(s, i) && right(s, i);
    }
    case 'or': {
      const left = compile(filter.left, vocabulary, needs);
      const right = compile(filter.right, vocabulary, needs);
      return (s, i) => left(s, i) || right(s, i);
    }
    case 'not': {
      const of = compile(filter.of, vocabulary, needs);
      return (s, i) => !of(s, i);
    }
    case 'exists': {
      const read = reader(filter.path, vocabulary, needs);
      return (s, i) => read(s, i).length > 0;
    }
    case 'word':
      return word(filter.word, vocabulary, needs);
    case 'text':
      needs.bytes = true;
      return anywhere(filter.text);
    case 'in': {
      const left = reader(filter.left, vocabulary, needs);
      const items = filter.items.map((item) => {
        if ('value' in item) {
          const value = named(filter.left, item.value, vocabulary);
          return (v: unknown) => equals(v, value);
        }
        const [from, to] = [literalValue(item.from), literalValue(item.to)];
        return (v: unknown) => compare(v, '>=', from) && compare(v, '<=', to);
      });
      return (s, i) => left(s, i).some((v) => items.some((fits) => fits(v)));
    }
    case 'compare':
      return comparison(filter.left, filter.op, filter.right, vocabulary, needs);
  }
}

function comparison(left: Operand, op: Comparison, right: Operand, vocabulary: Vocabulary, needs: Needs): Test {
  const read = reader(left, vocabulary, needs);
  const wanted =
    right.kind === 'path' && isConstantWord(left, right, vocabulary)
      ? { kind: 'literal' as const, value: printPath(right.segments) }
      : right;
  if (wanted.kind === 'literal') {
    const value = op === 'matches' ? toRegex(wanted.value) : named(left, wanted.value, vocabulary);
    // Wireshark's habit: != means that no value is equal, and asks for at least one value.
    if (op === '!=')
      return (s, i) => {
        const values = read(s, i);
        return values.length > 0 && values.every((v) => !equals(v, value));
      };
    return (s, i) => read(s, i).some((v) => compare(v, op, value));
  }
  const readRight = reader(wanted, vocabulary, needs);
  return (s, i) => {
    const a = read(s, i);
    const b = readRight(s, i);
    if (op === '!=') return a.length > 0 && b.length > 0 && a.every((x) => b.every((y) => !equals(x, y)));
    return a.some((x) => b.some((y) => compare(x, op, y)));
  };
}

/** `dir == toServer` and `pai == E`: a single word at the right is a constant unless it names a field and the left side is one too. */
export function isConstantWord(left: Operand, right: PathOperand, vocabulary: Vocabulary): boolean {
  const [only] = right.segments;
  if (right.segments.length !== 1 || only === undefined || !('key' in only)) return false;
  if (left.kind === 'path' && propertyOf(left) !== undefined) return true;
  return !vocabulary.roots.has(only.key) && propertyOf(right) === undefined;
}

/** An enumeration's name stands for its number. */
function named(left: Operand, literal: Parameters<typeof literalValue>[0], vocabulary: Vocabulary): unknown {
  if (typeof literal === 'string' && left.kind === 'path' && propertyOf(left) === undefined) {
    const number = valueOfName(vocabulary, printPath(fieldSegments(left, vocabulary).segments), literal);
    if (number !== undefined && !Number.isNaN(Number(number))) return Number(number);
  }
  return literalValue(literal);
}

function reader(operand: Operand, vocabulary: Vocabulary, needs: Needs): Read {
  if (operand.kind === 'literal') {
    const values = [literalValue(operand.value)];
    return () => values;
  }
  if (operand.kind === 'call') return call(operand.name, reader(operand.of, vocabulary, needs));
  const found = propertyOf(operand);
  if (found !== undefined) return property(found.property, found.rest, needs);
  const { segments, guard } = fieldSegments(operand, vocabulary);
  needs.fields = true;
  return (s, i) => {
    if (guard !== undefined && !guard(s, i)) return NOTHING;
    const fields = s.fields[i];
    if (fields === undefined) return NOTHING;
    const out: unknown[] = [];
    collect(fields, segments, 0, out);
    if (out.length === 0) collect(s.beside?.[i], segments, 0, out);
    return out;
  };
}

function property(property: Property, rest: readonly Segment[], needs: Needs): Read {
  if (property.type === 'bytes') needs.bytes = true;
  if (property.type === 'severity' || property.doc.includes('expert info')) needs.expert = true;
  return (s, i) => {
    const value = property.read(s, i);
    if (value === undefined) return NOTHING;
    if (rest.length > 0) {
      const out: unknown[] = [];
      collect(value, rest, 0, out);
      return out;
    }
    return property.many === true ? (value as readonly unknown[]) : [value];
  };
}

function call(name: 'len' | 'lower' | 'upper' | 'count' | 'abs', of: Read): Read {
  switch (name) {
    case 'len':
      return (s, i) =>
        of(s, i)
          .map(lengthOf)
          .filter((n) => n !== undefined);
    case 'lower':
      return (s, i) => of(s, i).map((v) => (typeof v === 'string' ? v.toLowerCase() : v));
    case 'upper':
      return (s, i) => of(s, i).map((v) => (typeof v === 'string' ? v.toUpperCase() : v));
    case 'count':
      return (s, i) => [of(s, i).length];
    case 'abs':
      return (s, i) => of(s, i).map((v) => (typeof v === 'number' && v < 0 ? -v : v));
  }
}

/** A leading property name, and what of the path is left after it. */
export function propertyOf(
  path: PathOperand,
): { property: Property; rest: readonly Segment[]; name: string } | undefined {
  const keys: string[] = [];
  for (const segment of path.segments) {
    if (!('key' in segment)) break;
    keys.push(segment.key);
  }
  const found = findProperty(keys);
  return found === undefined
    ? undefined
    : { property: found.property, rest: path.segments.slice(found.used), name: found.name };
}

/** Strips `fields.`, `<protocol>.` and `<message>.` in front; the last two also ask for that protocol or message. */
function fieldSegments(path: PathOperand, vocabulary: Vocabulary): { segments: readonly Segment[]; guard?: Test } {
  let segments = path.segments;
  const head = (): string | undefined => (segments.length > 1 && 'key' in segments[0]! ? segments[0].key : undefined);
  if (head() === 'fields') return { segments: segments.slice(1) };
  let guard: Test | undefined;
  const protocol = head();
  if (protocol !== undefined && vocabulary.protocols.has(protocol) && !vocabulary.roots.has(protocol)) {
    segments = segments.slice(1);
    guard = (s) => s.protocol === protocol;
  }
  const message = head();
  if (message !== undefined && vocabulary.messages.has(message) && !vocabulary.roots.has(message)) {
    segments = segments.slice(1);
    const outer = guard;
    guard = (s, i) => s.names[i] === message && (outer === undefined || outer(s, i));
  }
  return guard === undefined ? { segments } : { segments, guard };
}

/** What a word by itself means, from the most to the least specific. */
export function meaningOfWord(
  word: string,
  vocabulary: Vocabulary,
): 'direction' | 'protocol' | 'message' | 'property' | 'field' | 'unknown' {
  if (word === 'toServer' || word === 'toClient' || word === 'c2s' || word === 's2c') return 'direction';
  if (vocabulary.protocols.has(word)) return 'protocol';
  if (vocabulary.messages.has(word)) return 'message';
  if (findProperty([word]) !== undefined) return 'property';
  return vocabulary.roots.has(word) ? 'field' : 'unknown';
}

function word(name: string, vocabulary: Vocabulary, needs: Needs): Test {
  switch (meaningOfWord(name, vocabulary)) {
    case 'direction': {
      const direction = name === 'toServer' || name === 'c2s' ? 'toServer' : 'toClient';
      return (s) => s.direction === direction;
    }
    case 'protocol':
      return (s) => s.protocol === name;
    case 'message':
      return (s, i) => s.names[i] === name;
    case 'property': {
      const read = property(findProperty([name])!.property, [], needs);
      return (s, i) => read(s, i).length > 0;
    }
    case 'field':
    case 'unknown': {
      // An unknown word may still be a message or field of a protocol without a schema.
      needs.fields = true;
      const segments: Segment[] = [{ key: name }];
      return (s, i) => {
        if (s.names[i] === name || s.protocol === name) return true;
        const out: unknown[] = [];
        collect(s.fields[i], segments, 0, out);
        if (out.length === 0) collect(s.beside?.[i], segments, 0, out);
        return out.length > 0;
      };
    }
  }
}

/** Case is ignored in the readable parts; in the payload the text is looked for as UTF-8, as written. */
function anywhere(text: string): Test {
  const lower = text.toLowerCase();
  const utf8 = new TextEncoder().encode(text);
  const hasText = (value: string): boolean => value.toLowerCase().includes(lower);
  return (s, i) =>
    (s.names[i] !== undefined && hasText(s.names[i]!)) ||
    hasText(s.summary) ||
    (s.comment !== undefined && hasText(s.comment)) ||
    indexOfBytes(s.bytes, utf8) >= 0;
}
