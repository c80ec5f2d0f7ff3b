/**
 * Values a rule computes: `hp - 10`, `beings[0].x + dice(-5, 5)`, `last("hello", "id")`, `pick("5m", "5mr")`. Parsed once,
 * evaluated per frame; numbers, texts, booleans and 64-bit integers.
 */
import { getPath, parsePath, type Segment } from '../schema/path.ts';
import type { Dice } from '../traffic/clock.ts';

export interface ExpressionContext {
  /** Fields of the frame in hand. */
  readonly fields: unknown;
  readonly dice: Dice;
  /** Value in the last message of that name on this connection; undefined when none was seen. */
  last(message: string, path: string): unknown;
}

export interface CompiledExpression {
  /** Messages `last` asks about. */
  readonly remembers: readonly string[];
  /** @throws Error with a sentence when a part is missing or of the wrong type. */
  evaluate(context: ExpressionContext): unknown;
}

type Evaluate = (context: ExpressionContext) => unknown;
interface Token {
  readonly kind: 'number' | 'text' | 'path' | 'op' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*|\[(?:\d+|"(?:[^"\\]|\\.)*")\])*)|([-+*/%(),]))/uy;
const MAX_DEPTH = 100;

/** @throws Error with a sentence and the position (1-based) of what cannot be read. */
export function compileExpression(text: string): CompiledExpression {
  const tokens = tokenize(text);
  const remembers: string[] = [];
  let at = 0;
  let depth = 0;
  const peek = (): Token => tokens[at]!;
  const next = (): Token => tokens[at++]!;
  const fail = (why: string, token = peek()): never => {
    throw new Error(`${why} at position ${token.at + 1} of "${text}"`);
  };
  const expect = (op: string): void => {
    if (peek().text !== op || peek().kind !== 'op') fail(`expected ${op}`);
    at++;
  };
  const sum = (): Evaluate => {
    if (++depth > MAX_DEPTH) fail('too deeply nested');
    let left = product();
    while (peek().kind === 'op' && (peek().text === '+' || peek().text === '-')) {
      const op = next().text;
      const a = left;
      const b = product();
      left = (context) => arithmetic(op, a(context), b(context));
    }
    depth--;
    return left;
  };
  const product = (): Evaluate => {
    let left = factor();
    while (peek().kind === 'op' && ['*', '/', '%'].includes(peek().text)) {
      const op = next().text;
      const a = left;
      const b = factor();
      left = (context) => arithmetic(op, a(context), b(context));
    }
    return left;
  };
  const factor = (): Evaluate => {
    const token = next();
    switch (token.kind) {
      case 'number': {
        const value = Number(token.text);
        const exact = Number.isSafeInteger(value) || !/^\d+$/.test(token.text) ? value : BigInt(token.text);
        return () => exact;
      }
      case 'text': {
        const value = unquote(token.text);
        return () => value;
      }
      case 'path':
        return peek().text === '(' && peek().kind === 'op' ? call(token) : path(token);
      case 'op':
        if (token.text === '(') {
          const inner = sum();
          expect(')');
          return inner;
        }
        if (token.text === '-') {
          if (++depth > MAX_DEPTH) fail('too deeply nested');
          const inner = factor();
          depth--;
          return (context) => arithmetic('-', 0, inner(context));
        }
        return fail(`${token.text} has no meaning here`, token);
      default:
        return fail('the expression ends too early', token);
    }
  };
  const path = (token: Token): Evaluate => {
    if (token.text === 'true' || token.text === 'false') return () => token.text === 'true';
    if (token.text === 'null') return () => null;
    const segments: readonly Segment[] = parsePath(token.text);
    return (context) => {
      const value = getPath(context.fields, segments);
      if (value === undefined) throw new Error(`the message has no field ${token.text}`);
      return value;
    };
  };
  const call = (name: Token): Evaluate => {
    expect('(');
    const args: Evaluate[] = [];
    const texts: (string | undefined)[] = [];
    if (peek().text !== ')' || peek().kind !== 'op') {
      do {
        texts.push(peek().kind === 'text' ? unquote(peek().text) : undefined);
        args.push(sum());
      } while (peek().kind === 'op' && peek().text === ',' && next());
    }
    expect(')');
    const [first, second] = args;
    switch (name.text) {
      case 'last': {
        const [message, where] = texts;
        if (message === undefined || where === undefined || args.length !== 2)
          return fail('last takes a message name and a path, both quoted,', name);
        parsePath(where);
        remembers.push(message);
        return (context) => {
          const value = context.last(message, where);
          if (value === undefined) throw new Error(`no ${message} with ${where} was seen on this connection yet`);
          return value;
        };
      }
      case 'dice':
        if (first === undefined || second === undefined || args.length !== 2)
          return fail('dice takes a lowest and a highest integer', name);
        return (context) => {
          const low = Math.ceil(asNumber(first(context)));
          const high = Math.floor(asNumber(second(context)));
          return low + context.dice.below(Math.max(1, high - low + 1));
        };
      case 'pick':
        if (args.length === 0) return fail('pick takes one value or more', name);
        return (context) => args[context.dice.below(args.length)]!(context);
      default:
        return fail(`there is no function ${name.text} (last, dice, pick)`, name);
    }
  };
  const whole = sum();
  if (peek().kind !== 'end') fail(`${peek().text} has no meaning here`);
  return { remembers, evaluate: whole };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`cannot read position ${at + 1} of "${text}"`);
    const [whole, number, quoted, path, op] = match;
    const kind = number !== undefined ? 'number' : quoted !== undefined ? 'text' : path !== undefined ? 'path' : 'op';
    const raw = (number ?? quoted ?? path ?? op)!;
    tokens.push({ kind, text: raw, at: at + whole.length - raw.length });
    at += whole.length;
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length });
  return tokens;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
}

function arithmetic(op: string, a: unknown, b: unknown): unknown {
  if (op === '+' && (typeof a === 'string' || typeof b === 'string')) return `${String(a)}${String(b)}`;
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const [x, y] = [asBig(a), asBig(b)];
    if (x !== undefined && y !== undefined) {
      if ((op === '/' || op === '%') && y === 0n) throw new Error('division by zero');
      return op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : x % y;
    }
  }
  const [x, y] = [asNumber(a), asNumber(b)];
  if ((op === '/' || op === '%') && y === 0) throw new Error('division by zero');
  return op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : x % y;
}

function asBig(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

function asNumber(value: unknown): number {
  const number = typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new Error(`${JSON.stringify(value) ?? String(value)} is not a number`);
  return number;
}
