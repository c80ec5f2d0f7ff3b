/** The filter as a tree. Positions are offsets into the filter text, for error places and the explanation. */

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'matches';

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | {
      readonly kind: 'compare';
      readonly left: Operand;
      readonly op: Comparison;
      readonly right: Operand;
      readonly at: number;
      readonly end: number;
    }
  | {
      readonly kind: 'in';
      readonly left: Operand;
      readonly items: readonly SetItem[];
      readonly at: number;
      readonly end: number;
    }
  | { readonly kind: 'exists'; readonly path: PathOperand }
  /** A name by itself: a protocol, a direction, a message, or a field that is present. */
  | { readonly kind: 'word'; readonly word: string; readonly at: number; readonly end: number }
  /** A quoted text by itself: found anywhere in the frame. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'constant'; readonly value: boolean };

export type SetItem = { readonly value: Literal } | { readonly from: Literal; readonly to: Literal };

export type Literal =
  | string
  | number
  | bigint
  | boolean
  | null
  | { readonly hex: string }
  | { readonly source: string; readonly flags: string };

export interface LiteralOperand {
  readonly kind: 'literal';
  readonly value: Literal;
  readonly at: number;
  readonly end: number;
}
export interface PathOperand {
  readonly kind: 'path';
  readonly segments: readonly Segment[];
  readonly at: number;
  readonly end: number;
}
export interface CallOperand {
  readonly kind: 'call';
  readonly name: 'len' | 'lower' | 'upper' | 'count' | 'abs';
  readonly of: Operand;
  readonly at: number;
  readonly end: number;
}
export type Operand = LiteralOperand | PathOperand | CallOperand;

/** `[*]` and a list met without an index mean any item; a slice takes bytes, characters or items `[from, to)`. */
export type Segment =
  | { readonly key: string }
  | { readonly index: number }
  | { readonly any: true }
  | { readonly slice: readonly [number | undefined, number | undefined] };

export const FUNCTIONS = ['len', 'lower', 'upper', 'count', 'abs', 'exists'] as const;

export function printPath(segments: readonly Segment[]): string {
  let text = '';
  for (const s of segments) {
    if ('key' in s) text += text === '' ? s.key : `.${s.key}`;
    else if ('index' in s) text += `[${s.index}]`;
    else if ('any' in s) text += '[*]';
    else text += `[${s.slice[0] ?? ''}:${s.slice[1] ?? ''}]`;
  }
  return text;
}
