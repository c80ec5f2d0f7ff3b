/** Tokens → tree, by recursive descent. The first thing it cannot read ends it, with a place and a sentence. */
import { type Token, tokenize } from './lexer.ts';
import {
  type CallOperand,
  type Comparison,
  type Filter,
  FUNCTIONS,
  type Literal,
  type Operand,
  type PathOperand,
  type Segment,
  type SetItem,
} from './syntax.ts';

export interface FilterProblem {
  readonly message: string;
  readonly at: number;
  readonly end: number;
}

class Unreadable extends Error {
  readonly token: Token;
  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~': 'matches',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  contains: 'contains',
  matches: 'matches',
};
const KEYWORDS = new Set(['and', 'or', 'not', 'in', ...Object.keys(COMPARISONS)]);
const MAX_DEPTH = 200;

/** An empty text is the filter that everything passes. */
export function parseFilter(text: string): { ok: true; filter: Filter } | ({ ok: false } & FilterProblem) {
  if (text.trim() === '') return { ok: true, filter: { kind: 'constant', value: true } };
  const tokens = tokenize(text);
  let position = 0;
  let depth = 0;
  const peek = (): Token => tokens[position]!;
  const take = (): Token => {
    const token = peek();
    if (token.kind === 'error') throw new Unreadable(String(token.value), token);
    if (token.kind !== 'end') position++;
    return token;
  };
  const takeOp = (raw: string): boolean => {
    if (peek().kind !== 'op' || peek().raw !== raw) return false;
    position++;
    return true;
  };
  const takeWord = (word: string): boolean => {
    if (peek().kind !== 'word' || peek().raw !== word) return false;
    position++;
    return true;
  };
  const expectOp = (raw: string, why: string): Token => {
    const token = take();
    if (token.kind !== 'op' || token.raw !== raw) throw new Unreadable(why, token);
    return token;
  };

  const or = (): Filter => {
    let left = and();
    while (takeOp('||') || takeWord('or')) left = { kind: 'or', left, right: and() };
    return left;
  };
  const and = (): Filter => {
    let left = not();
    while (takeOp('&&') || takeWord('and')) left = { kind: 'and', left, right: not() };
    return left;
  };
  const not = (): Filter => {
    if (++depth > MAX_DEPTH) throw new Unreadable('this filter is nested too deeply', peek());
    try {
      return takeOp('!') || takeWord('not') ? { kind: 'not', of: not() } : primary();
    } finally {
      depth--;
    }
  };

  const primary = (): Filter => {
    const start = peek();
    if (takeOp('(')) {
      const inside = or();
      expectOp(')', 'a closing ) is missing here');
      return inside;
    }
    if (start.kind === 'word' && start.raw === 'exists' && tokens[position + 1]?.raw === '(') {
      position += 2;
      const path = operand();
      if (path.kind !== 'path') throw new Unreadable('exists() takes a field', start);
      expectOp(')', 'a closing ) is missing here');
      return { kind: 'exists', path };
    }
    const left = operand();
    const token = peek();
    const op = token.kind === 'op' || token.kind === 'word' ? COMPARISONS[token.raw] : undefined;
    if (op !== undefined) {
      position++;
      if (peek().kind === 'end')
        throw new Unreadable(
          `add what to compare with, such as ${op === 'contains' || op === 'matches' ? '"text"' : '1400'}`,
          peek(),
        );
      const right = operand();
      if (op === 'matches') checkRegex(right, peek());
      return { kind: 'compare', left, op, right, at: left.at, end: right.end };
    }
    if (takeWord('in')) return membership(left);
    return alone(left);
  };

  const alone = (left: Operand): Filter => {
    if (left.kind === 'literal') {
      if (typeof left.value === 'string') return { kind: 'text', text: left.value };
      if (typeof left.value === 'boolean') return { kind: 'constant', value: left.value };
      throw new Unreadable('a number by itself says nothing: compare a field with it', tokens[position - 1]!);
    }
    if (left.kind === 'call') throw new Unreadable(`compare ${left.name}(…) with something, such as > 3`, peek());
    const [only] = left.segments;
    if (left.segments.length === 1 && only !== undefined && 'key' in only)
      return { kind: 'word', word: only.key, at: left.at, end: left.end };
    return { kind: 'exists', path: left };
  };

  const membership = (left: Operand): Filter => {
    expectOp('{', 'a set starts with {, as in {"5mr", "5pr"}');
    const items: SetItem[] = [];
    while (!takeOp('}')) {
      const from = literal();
      if (peek().raw === '.' && tokens[position + 1]?.raw === '.') {
        position += 2;
        items.push({ from, to: literal() });
      } else items.push({ value: from });
      if (!takeOp(',') && peek().raw !== '}' && !startsLiteral(peek()))
        throw new Unreadable('the set is not closed: add }', peek());
    }
    return { kind: 'in', left, items, at: left.at, end: tokens[position - 1]!.end };
  };

  const literal = (): Literal => {
    const value = operand();
    if (value.kind === 'literal') return value.value;
    if (value.kind === 'path' && value.segments.length === 1 && 'key' in value.segments[0]!)
      return value.segments[0].key;
    throw new Unreadable('a set holds constants only', tokens[position - 1]!);
  };

  const operand = (): Operand => {
    const token = take();
    const place = { at: token.at, end: token.end };
    if (token.kind === 'op' && token.raw === '-') {
      const number = take();
      if (number.kind !== 'number') throw new Unreadable('a number is expected after -', number);
      return { kind: 'literal', value: -number.value as number, at: token.at, end: number.end };
    }
    if (token.kind === 'number' || token.kind === 'string') return { kind: 'literal', value: token.value, ...place };
    if (token.kind === 'bytes') return { kind: 'literal', value: { hex: String(token.value) }, ...place };
    if (token.kind === 'regex') {
      const [flags, ...source] = String(token.value).split('/');
      return { kind: 'literal', value: { source: source.join('/'), flags: flags ?? '' }, ...place };
    }
    if (token.kind === 'op' && token.raw === '.') return path([], token.at);
    if (token.kind === 'word') {
      if (token.raw === 'true' || token.raw === 'false')
        return { kind: 'literal', value: token.raw === 'true', ...place };
      if (token.raw === 'null') return { kind: 'literal', value: null, ...place };
      if (KEYWORDS.has(token.raw))
        throw new Unreadable(`a field, a message or a value is expected before "${token.raw}"`, token);
      if (peek().raw === '(' && (FUNCTIONS as readonly string[]).includes(token.raw)) {
        position++;
        const of = operand();
        const close = expectOp(')', 'a closing ) is missing here');
        return { kind: 'call', name: token.raw as CallOperand['name'], of, at: token.at, end: close.end };
      }
      if (peek().raw === '(')
        throw new Unreadable(`there is no function ${token.raw}(); there are ${FUNCTIONS.join(', ')}`, token);
      position--;
      return path([], token.at, true);
    }
    if (token.kind === 'end')
      throw new Unreadable('the filter ends too early: a field, a message or a value is expected', token);
    throw new Unreadable(`"${token.raw}" is not expected here: a field, a message or a value is`, token);
  };

  /** `a.b[2].c`, `.message` (a field that has the name of a frame property), `bytes[0:2]`. */
  const path = (segments: Segment[], at: number, first = false): PathOperand => {
    let end = at;
    const key = (): void => {
      const token = take();
      if (token.kind !== 'word' && token.kind !== 'string' && token.kind !== 'number')
        throw new Unreadable('a field name is expected here', token);
      segments.push({ key: token.kind === 'string' ? String(token.value) : token.raw });
      end = token.end;
    };
    if (!first) segments.push({ key: 'fields' });
    key();
    while (true) {
      if (peek().raw === '.' && tokens[position + 1]?.raw !== '.') {
        position++;
        key();
      } else if (takeOp('[')) {
        segments.push(bracket());
        end = tokens[position - 1]!.end;
      } else return { kind: 'path', segments, at, end };
    }
  };

  const bracket = (): Segment => {
    const number = (): number | undefined => {
      const negative = takeOp('-');
      if (peek().kind !== 'number') return undefined;
      return Number(take().value) * (negative ? -1 : 1);
    };
    let segment: Segment;
    if (takeOp('*')) segment = { any: true };
    else if (peek().kind === 'string') segment = { key: String(take().value) };
    else {
      const from = number();
      if (takeOp(':')) segment = { slice: [from, number()] };
      else if (from === undefined) throw new Unreadable('an index, a slice such as 0:2, or * is expected here', peek());
      else segment = { index: from };
    }
    expectOp(']', 'a closing ] is missing here');
    return segment;
  };

  try {
    const filter = or();
    const rest = peek();
    if (rest.kind === 'error') throw new Unreadable(String(rest.value), rest);
    if (rest.kind !== 'end') throw new Unreadable(`join "${rest.raw}" to what is before it with "and" or "or"`, rest);
    return { ok: true, filter };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, message: error.message, at: error.token.at, end: Math.max(error.token.end, error.token.at) };
  }

  function checkRegex(right: Operand, token: Token): void {
    if (right.kind !== 'literal') throw new Unreadable('"matches" takes a regular expression in quotes', token);
    try {
      toRegex(right.value);
    } catch (error) {
      throw new Unreadable(`not a regular expression: ${(error as Error).message}`, {
        ...token,
        at: right.at,
        end: right.end,
      });
    }
  }
}

function startsLiteral(token: Token): boolean {
  return token.kind === 'number' || token.kind === 'string' || token.kind === 'bytes' || token.kind === 'word';
}

export function toRegex(value: Literal): RegExp {
  if (typeof value === 'object' && value !== null && 'source' in value)
    return new RegExp(value.source, value.flags.includes('u') ? value.flags : `${value.flags}u`);
  return new RegExp(String(value), 'u');
}
