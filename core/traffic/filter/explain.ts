/** The filter in words: `mana and toClient and beings.destination.x > 1400` → "frames of mana, going to the client, where …". */
import { isConstantWord, meaningOfWord, propertyOf } from './compile.ts';
import { type Filter, type Literal, type Operand, printPath, type SetItem } from './syntax.ts';
import type { Vocabulary } from './vocabulary.ts';

export function explain(filter: Filter, vocabulary: Vocabulary): string {
  if (filter.kind === 'constant') return filter.value ? 'Every frame' : 'No frame';
  return `Frames ${phrase(filter, vocabulary)}`;
}

function phrase(filter: Filter, vocabulary: Vocabulary): string {
  const say = (f: Filter): string => phrase(f, vocabulary);
  switch (filter.kind) {
    case 'constant':
      return filter.value ? 'of any kind' : 'that do not exist';
    case 'and':
      return together(conjuncts(filter).map((f) => (f.kind === 'or' ? `(${say(f)})` : say(f))));
    case 'or':
      return `${say(filter.left)}, or ${say(filter.right)}`;
    case 'not':
      return `that are not ${say(filter.of).replace(/^(where|that) /, 'those $1 ')}`;
    case 'exists':
      return `that have ${printPath(filter.path.segments)}`;
    case 'text':
      return `that contain “${filter.text}” anywhere`;
    case 'word':
      return wordPhrase(filter.word, vocabulary);
    case 'in':
      return `where ${side(filter.left)} is one of ${filter.items.map(item).join(', ')}`;
    case 'compare':
      return comparePhrase(filter, vocabulary);
  }
}

function comparePhrase(filter: Filter & { kind: 'compare' }, vocabulary: Vocabulary): string {
  const found = filter.left.kind === 'path' ? propertyOf(filter.left) : undefined;
  const right =
    filter.right.kind === 'path' && isConstantWord(filter.left, filter.right, vocabulary)
      ? printPath(filter.right.segments)
      : side(filter.right);
  if (filter.op === '==' && found?.property.type === 'direction')
    return `going ${right.includes('oServer') ? 'to the server' : 'to the client'}`;
  if (filter.op === '==' && found?.property.type === 'protocol') return `of ${right}`;
  if (filter.op === '==' && found?.property.type === 'message') return `called ${right}`;
  return `where ${side(filter.left)} ${VERBS[filter.op]} ${right}`;
}

const VERBS = {
  '==': 'is',
  '!=': 'is not',
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
  contains: 'contains',
  matches: 'matches',
};

function wordPhrase(word: string, vocabulary: Vocabulary): string {
  switch (meaningOfWord(word, vocabulary)) {
    case 'direction':
      return word === 'toServer' || word === 'c2s' ? 'going to the server' : 'going to the client';
    case 'protocol':
      return `of ${word}`;
    case 'message':
      return `called ${word}`;
    default:
      return `that have ${word}`;
  }
}

function conjuncts(filter: Filter): Filter[] {
  return filter.kind === 'and' ? [...conjuncts(filter.left), ...conjuncts(filter.right)] : [filter];
}

/** Conditions on fields go last, under one "where". */
function together(phrases: readonly string[]): string {
  const where = phrases.filter((p) => p.startsWith('where ')).map((p) => p.slice('where '.length));
  const rest = phrases.filter((p) => !p.startsWith('where '));
  return [...rest, ...(where.length === 0 ? [] : [`where ${where.join(' and ')}`])].join(' ');
}

function side(operand: Operand): string {
  if (operand.kind === 'literal') return literal(operand.value);
  if (operand.kind === 'call')
    return operand.name === 'len' ? `the length of ${side(operand.of)}` : `${operand.name}(${side(operand.of)})`;
  const found = propertyOf(operand);
  if (found !== undefined && found.rest.length === 0) return found.property.doc;
  const path = printPath(operand.segments);
  return path.includes('[*]') ? `any ${path.replaceAll('[*]', '')}` : path;
}

function item(set: SetItem): string {
  return 'value' in set ? literal(set.value) : `${literal(set.from)} to ${literal(set.to)}`;
}

function literal(value: Literal): string {
  if (typeof value === 'object' && value !== null)
    return 'hex' in value ? `bytes ${value.hex}` : `/${value.source}/${value.flags}`;
  return typeof value === 'string' ? `“${value}”` : String(value);
}
