/** Classes of the cells of one line of bytes: which range they belong to and which edges of it they carry. Pure. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface ByteRanges {
  /** The selected field: solid box. */
  readonly selected?: Span | undefined;
  /** Its parent: thin box. */
  readonly parent?: Span | undefined;
  /** The parent's parent: dashed outline. No deeper. */
  readonly grand?: Span | undefined;
  /** Under the pointer: dotted. */
  readonly hover?: Span | undefined;
  /** Bytes that differ from the original. */
  readonly edited?: ReadonlySet<number> | undefined;
  /** Secrets that were not asked for. */
  readonly hidden?: readonly Span[] | undefined;
}

/** Class of a byte that is not shown. */
export const HIDDEN = ' x';

const LAYERS = [
  ['grand', 'g'],
  ['parent', 'p'],
  ['selected', 's'],
  ['hover', 'h'],
] as const;

function inside(span: Span, at: number): boolean {
  return at >= span.start && at < span.end;
}

/** Class names of the byte at `at` in a grid `width` wide; `layers` limits what is shown (the text side shows fewer). */
export function byteClasses(at: number, width: number, ranges: ByteRanges, isText = false): string {
  let names = '';
  for (const [key, letter] of LAYERS) {
    const span = ranges[key];
    if (span === undefined || !inside(span, at) || (isText && key === 'grand')) continue;
    const column = at % width;
    names += ` ${letter}`;
    if (!inside(span, at - width)) names += ` ${letter}t`;
    if (!inside(span, at + width)) names += ` ${letter}b`;
    if (column === 0 || !inside(span, at - 1)) names += ` ${letter}l`;
    if (column === width - 1 || !inside(span, at + 1)) names += letter === 's' ? ' sr2' : ` ${letter}r`;
  }
  if (ranges.edited?.has(at) === true) names += ' e';
  if (ranges.hidden?.some((span) => inside(span, at)) === true) names += HIDDEN;
  return names;
}

/** Class names of the gap after the eighth byte: it belongs to a range that goes on across it. */
export function gapClasses(before: number, width: number, ranges: ByteRanges): string {
  let names = '';
  for (const [key, letter] of LAYERS) {
    const span = ranges[key];
    if (span === undefined || !inside(span, before) || !inside(span, before + 1)) continue;
    names += ` ${letter}`;
    if (!inside(span, before - width) || !inside(span, before + 1 - width)) names += ` ${letter}t`;
    if (!inside(span, before + width) || !inside(span, before + 1 + width)) names += ` ${letter}b`;
  }
  return names;
}
