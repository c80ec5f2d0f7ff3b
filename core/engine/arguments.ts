/** Checks for what clients send. A check returns a problem in words that begins with the place, or undefined. */
import { EngineError } from '../traffic/engine-error.ts';

export type Check = (value: unknown, at: string) => string | undefined;

/** Longest text, list and hex a client may send in one argument. */
const MAX_TEXT = 1_000_000;
const MAX_HEX = 32 * 1024 * 1024;
const MAX_ITEMS = 1_000_000;

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value);
const expected = (what: string, value: unknown, at: string): string =>
  `\`${at}\` must be ${what}, not ${kindOf(value)}`;

export const text: Check = (value, at) => {
  if (typeof value !== 'string') return expected('text', value, at);
  return value.length > MAX_TEXT ? `\`${at}\` is longer than ${MAX_TEXT} characters` : undefined;
};
export const hex: Check = (value, at) => {
  if (typeof value !== 'string') return expected('hex text', value, at);
  if (value.length > MAX_HEX) return `\`${at}\` is longer than ${MAX_HEX / 2} bytes`;
  return /^(?:[0-9a-fA-F]{2}|\s)*$/.test(value) ? undefined : `\`${at}\` must be hex: two digits a byte`;
};
export const flag: Check = (value, at) =>
  typeof value === 'boolean' ? undefined : expected('true or false', value, at);
export const number: Check = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : expected('a number', value, at);
export const above =
  (low: number): Check =>
  (value, at) =>
    number(value, at) ?? ((value as number) > low ? undefined : `\`${at}\` must be above ${low}`);
/** A whole number within limits, both included. */
export const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER): Check =>
  (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return expected('a whole number', value, at);
    return value < low || value > high ? `\`${at}\` must be between ${low} and ${high}` : undefined;
  };
/** A frame number, connection or view. */
export const id = integer(0, 0xffff_ffff);
export const anything: Check = (value, at) => (value === undefined ? `\`${at}\` is missing` : undefined);

export const word =
  (...words: readonly string[]): Check =>
  (value, at) =>
    typeof value === 'string' && words.includes(value) ? undefined : `\`${at}\` must be one of ${words.join(', ')}`;
export const direction = word('toServer', 'toClient');

export const optional =
  (of: Check): Check =>
  (value, at) =>
    value === undefined ? undefined : of(value, at);
export const nullable =
  (of: Check): Check =>
  (value, at) =>
    value === null ? undefined : of(value, at);

export const list =
  (of: Check, most = MAX_ITEMS): Check =>
  (value, at) => {
    if (!Array.isArray(value)) return expected('a list', value, at);
    if (value.length > most) return `\`${at}\` has more than ${most} items`;
    for (const [i, item] of value.entries()) {
      const problem = of(item, `${at}[${i}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** An object with these keys and no others: a misspelt key is told rather than ignored. */
export const object =
  (keys: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return expected('an object', value, at);
    const entries = value as Record<string, unknown>;
    for (const key of Object.keys(entries)) {
      if (Object.hasOwn(keys, key)) continue;
      const known = Object.keys(keys);
      return `\`${join(at, key)}\` is not known${known.length === 0 ? '' : `; known: ${known.join(', ')}`}`;
    }
    for (const [key, check] of Object.entries(keys)) {
      const problem = check(Object.hasOwn(entries, key) ? entries[key] : undefined, join(at, key));
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** Values of one kind under any key. */
export const dictionary =
  (of: Check): Check =>
  (value, at) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return expected('an object', value, at);
    for (const [key, item] of Object.entries(value)) {
      const problem = of(item, join(at, key));
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** Objects told apart by one key. */
export const variant =
  (key: string, shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check =>
  (value, at) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return expected('an object', value, at);
    const chosen = (value as Record<string, unknown>)[key];
    const shape = typeof chosen === 'string' && Object.hasOwn(shapes, chosen) ? shapes[chosen] : undefined;
    if (shape === undefined) return `\`${join(at, key)}\` must be one of ${Object.keys(shapes).join(', ')}`;
    return object({ [key]: text, ...shape })(value, at);
  };

export const either =
  (...checks: readonly Check[]): Check =>
  (value, at) => {
    const problems = checks.map((check) => check(value, at));
    return problems.includes(undefined) ? undefined : problems[0];
  };

export const range: Check = (value, at) => {
  const problem = list(number, 2)(value, at);
  return problem ?? ((value as unknown[]).length === 2 ? undefined : `\`${at}\` must be two numbers`);
};

const join = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`);

/** @throws EngineError `bad-request` with a sentence */
export function checkArguments(verb: string, check: Check, args: unknown): void {
  const problem = check(args ?? {}, '');
  if (problem !== undefined)
    throw new EngineError('bad-request', `${verb}: ${problem.replace(/^`` /, 'the arguments ')}.`);
}
