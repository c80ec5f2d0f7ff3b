/** What every fitting frame must have, read off the `and`s at the top: lets an index skip frames without looking at them. */
import type { Direction } from '../frame.ts';
import { meaningOfWord, propertyOf } from './compile.ts';
import { type Filter, type Operand, printPath } from './syntax.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Required {
  readonly messages?: ReadonlySet<string>;
  readonly protocols?: ReadonlySet<string>;
  readonly connections?: ReadonlySet<number>;
  readonly direction?: Direction;
}

export function requirements(filter: Filter, vocabulary: Vocabulary): Required {
  switch (filter.kind) {
    case 'and':
      return both(requirements(filter.left, vocabulary), requirements(filter.right, vocabulary));
    case 'or':
      return either(requirements(filter.left, vocabulary), requirements(filter.right, vocabulary));
    case 'word':
      switch (meaningOfWord(filter.word, vocabulary)) {
        case 'direction':
          return { direction: filter.word === 'toServer' || filter.word === 'c2s' ? 'toServer' : 'toClient' };
        case 'protocol':
          return { protocols: new Set([filter.word]) };
        case 'message':
          return { messages: new Set([filter.word]) };
        default:
          return {};
      }
    case 'compare':
      return filter.op === '==' ? equality(filter.left, [constant(filter.right)]) : {};
    case 'in':
      return equality(
        filter.left,
        filter.items.map((item) => ('value' in item ? item.value : undefined)),
      );
    default:
      return {};
  }
}

function constant(operand: Operand): unknown {
  if (operand.kind === 'literal') return operand.value;
  return operand.kind === 'path' && operand.segments.length === 1 ? printPath(operand.segments) : undefined;
}

function equality(left: Operand, values: readonly unknown[]): Required {
  if (left.kind !== 'path') return {};
  const property = propertyOf(left)?.name;
  const texts = values.filter((v) => typeof v === 'string');
  const numbers = values.filter((v) => typeof v === 'number');
  if (property === 'message' && texts.length === values.length) return { messages: new Set(texts) };
  if (property === 'protocol' && texts.length === values.length) return { protocols: new Set(texts) };
  if (property === 'conn' && numbers.length === values.length) return { connections: new Set(numbers) };
  if (
    (property === 'dir' || property === 'direction') &&
    texts.length === 1 &&
    (texts[0] === 'toServer' || texts[0] === 'toClient')
  )
    return { direction: texts[0] };
  return {};
}

function both(a: Required, b: Required): Required {
  return {
    ...a,
    ...b,
    ...present('messages', intersect(a.messages, b.messages)),
    ...present('protocols', intersect(a.protocols, b.protocols)),
    ...present('connections', intersect(a.connections, b.connections)),
  };
}

function either(a: Required, b: Required): Required {
  const union = <T>(x: ReadonlySet<T> | undefined, y: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined =>
    x && y ? new Set([...x, ...y]) : undefined;
  return {
    ...present('messages', union(a.messages, b.messages)),
    ...present('protocols', union(a.protocols, b.protocols)),
    ...present('connections', union(a.connections, b.connections)),
    ...present('direction', a.direction === b.direction ? a.direction : undefined),
  };
}

function intersect<T>(a: ReadonlySet<T> | undefined, b: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Set([...a].filter((value) => b.has(value)));
}

function present<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
}
