/** `framing:` of a protocol file. */
import type { Framing } from './framing.ts';
import { type Cell, closest } from './yaml-source.ts';

const WORDS = ['lines', 'nul', 'json', 'message'] as const;
const FORMS = ['length-prefix', 'decimal-length', 'fixed', 'detect'] as const;

export function framingOf(cell: Cell): Framing | undefined {
  if (!cell.isMap) {
    const word = cell.asText();
    const found = WORDS.find((one) => one === word);
    if (found !== undefined) return { kind: found };
    if (word === undefined) return undefined;
    const near = closest(word, [...WORDS, ...FORMS]);
    return cell.problem(
      `Unknown framing ${word}.${near === undefined ? '' : ` Did you mean ${near}?`} Known: ${WORDS.join(', ')}, or { ${FORMS.join(': … }, { ')}: … }.`,
    );
  }
  cell.allow(...FORMS);
  const form = FORMS.find((one) => cell.has(one));
  if (form === undefined) return cell.problem(`A framing is one of ${[...WORDS, ...FORMS].join(', ')}.`);
  const value = cell.get(form) as Cell;
  switch (form) {
    case 'length-prefix': {
      value.allow('size', 'endian', 'inclusive');
      const raw = value.get('size')?.scalar;
      const size = ([1, 2, 4, 8, 'varint'] as const).find((one) => one === raw);
      if (size === undefined) return value.problem('`size` of a length prefix is 1, 2, 4, 8 or varint.');
      const endian = value.get('endian')?.asWord(['be', 'le'] as const) ?? 'be';
      const inclusive = value.get('inclusive')?.asBoolean() ?? false;
      return { kind: 'length-prefix', size, endian, inclusive };
    }
    case 'decimal-length': {
      value.allow('separator');
      const separator = value.get('separator')?.asText() ?? ':';
      if (separator.length > 1) return value.problem('`separator` is one character, or none.');
      return { kind: 'decimal-length', separator };
    }
    case 'fixed': {
      const size = value.asNumber();
      if (size === undefined) return undefined;
      return Number.isInteger(size) && size > 0
        ? { kind: 'fixed', size }
        : value.problem('A frame has at least one byte.');
    }
    case 'detect': {
      const candidates = value.items().flatMap((item) => framingOf(item) ?? []);
      if (candidates.length === 0) return value.problem('`detect` needs a list of framings to choose from.');
      if (candidates.some((one) => one.kind === 'detect'))
        return value.problem('`detect` cannot hold another `detect`.');
      return { kind: 'detect', candidates };
    }
    default:
      return form satisfies never;
  }
}
