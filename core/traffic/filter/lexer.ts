/** Text → tokens with positions. Never throws: what it cannot read is an `error` token with a sentence. */

export type TokenKind = 'word' | 'number' | 'string' | 'regex' | 'bytes' | 'op' | 'error' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The text as written. */
  readonly raw: string;
  readonly value: string | number | bigint;
  readonly at: number;
  readonly end: number;
}

const OPERATORS = [
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '(',
  ')',
  '{',
  '}',
  '[',
  ']',
  ',',
  '<',
  '>',
  '!',
  '~',
  '.',
  ':',
  '*',
  '-',
  '+',
];
/** Starts and continues a word; game text names fields in any script, and wire names may hold `-`, `$` and `@`. */
const WORD = /[\p{L}_$@][\p{L}\p{N}_$@]*/uy;
/** Tiles and the like: digits running straight into letters (`5mr`). */
const DIGIT_WORD = /\d+[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BYTES = /[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+/y;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const add = (kind: TokenKind, end: number, value: Token['value']): void => {
    tokens.push({ kind, raw: text.slice(at, end), value, at, end });
    at = end;
  };
  while (at < text.length) {
    const c = text[at]!;
    if (/\s/.test(c)) {
      at++;
      continue;
    }
    const previous = tokens.at(-1);
    // `[10:20]` is a slice, `10:20` anywhere else is bytes.
    const bytes = previous?.raw === '[' ? undefined : sticky(BYTES, text, at);
    if (bytes !== undefined) {
      add('bytes', at + bytes.length, bytes.replaceAll(':', '').toLowerCase());
      continue;
    }
    const digitWord = previous?.raw === '.' ? undefined : sticky(DIGIT_WORD, text, at);
    if (digitWord !== undefined && !/^0[xXbB]|^\d+[eE]\d+$/.test(digitWord)) {
      add('word', at + digitWord.length, digitWord);
      continue;
    }
    const number = sticky(NUMBER, text, at);
    if (number !== undefined) {
      add('number', at + number.length, parseNumber(number));
      continue;
    }
    const word = sticky(WORD, text, at);
    if (word !== undefined) {
      add('word', at + word.length, word);
      continue;
    }
    if (c === '"' || c === "'") {
      const end = closing(text, at, c);
      if (end < 0) add('error', text.length, `the string that starts here has no closing ${c}`);
      else add('string', end, unescape(text.slice(at + 1, end - 1)));
      continue;
    }
    if (c === '/' && (previous?.raw === '~' || previous?.raw === 'matches')) {
      const end = closing(text, at, '/');
      if (end < 0) {
        add('error', text.length, 'the regular expression that starts here has no closing /');
        continue;
      }
      const flags = sticky(/[imsu]*/y, text, end) ?? '';
      add('regex', end + flags.length, `${flags}/${text.slice(at + 1, end - 1)}`);
      continue;
    }
    const op = OPERATORS.find((o) => text.startsWith(o, at));
    if (op !== undefined) add('op', at + op.length, op);
    else if (c === '=') add('error', at + 1, 'use == to compare');
    else if (c === '&' || c === '|') add('error', at + 1, `use ${c}${c}, or the words "and" and "or"`);
    else add('error', at + 1, `${JSON.stringify(c)} has no meaning here`);
  }
  tokens.push({ kind: 'end', raw: '', value: '', at: text.length, end: text.length });
  return tokens;
}

function sticky(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function closing(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return -1;
}

function unescape(body: string): string {
  return body.replace(/\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_, e: string) => {
    if (e.startsWith('u{')) return String.fromCodePoint(Number.parseInt(e.slice(2, -1), 16));
    if (e.length > 1) return String.fromCharCode(Number.parseInt(e.slice(1), 16));
    return { n: '\n', r: '\r', t: '\t', 0: '\0' }[e] ?? e;
  });
}

function parseNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^(0x)?[0-9a-fA-F]+$/i.test(text)
    ? BigInt(text)
    : value;
}
