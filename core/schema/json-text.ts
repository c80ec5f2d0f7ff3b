/**
 * Strict JSON on bytes. `readJson` is the road every frame takes: one cheap pass for budgets, then the engine's own parser.
 * `scanJson` is taken when ranges are wanted or the cheap road found something odd: it gives a span for every value, keeps
 * what came before a mistake, finds duplicate keys, and keeps integers beyond 2^53 exact (as bigint).
 */
import { utf8Lossy, utf8Strict } from './characters.ts';
import type { ExpertInfo } from './expert-info.ts';
import { DEFAULT_LIMITS, type Limits } from './nodes.ts';
import { setOwn } from './path.ts';

export interface JsonSpan {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Objects: every member as written, duplicates included. */
  readonly members?: readonly JsonMember[];
  readonly items?: readonly JsonSpan[];
}
export interface JsonMember {
  readonly name: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly span: JsonSpan;
}

export interface JsonScan {
  /** What could be read; null when not even the beginning of a value is there. */
  readonly root: JsonSpan | null;
  /** First byte that was not understood, or the end. */
  readonly end: number;
  /** False: not valid JSON (or over a budget); `root` holds what came before the mistake. */
  readonly ok: boolean;
  readonly expert: readonly ExpertInfo[];
}

export interface JsonRead {
  readonly ok: boolean;
  readonly value: unknown;
  readonly expert: readonly ExpertInfo[];
}

const NONE: readonly ExpertInfo[] = Object.freeze([]);
/** Beyond this the scanner's own recursion would be at risk, whatever the limits say. */
const DEEPEST = 1000;

export function readJson(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS): JsonRead {
  if (bytes.length <= limits.maxBytes && fitsFastRoad(bytes, limits)) {
    const text = utf8Strict(bytes);
    if (text !== null) {
      try {
        const value: unknown = JSON.parse(text);
        if (countKeys(value) === colons) return { ok: true, value, expert: NONE };
      } catch {
        // Not valid: the scan below says where.
      }
    }
  }
  const scan = scanJson(bytes, limits);
  return { ok: scan.ok, value: scan.root?.value, expert: scan.expert };
}

/** Colons outside strings in the text `fitsFastRoad` looked at last: as many as there are members, duplicates included. */
let colons = 0;

function fitsFastRoad(bytes: Uint8Array, limits: Limits): boolean {
  let depth = 0;
  let values = 1;
  let digits = 0;
  colons = 0;
  const deepest = Math.min(limits.maxDepth, DEEPEST);
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      digits += 1;
      if (digits > 15) return false;
      continue;
    }
    digits = 0;
    if (byte === 0x22) {
      at += 1;
      while (at < bytes.length && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
    } else if (byte === 0x2e) {
      // Digits of a fraction lose nothing that matters; only long integers need the exact road.
      while (isDigit(bytes[at + 1])) at += 1;
    } else if (byte === 0x3a) colons += 1;
    else if (byte === 0x2c) values += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) return false;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return values + colons <= limits.maxNodes;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item);
    return count;
  }
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const item = record[key];
    count += typeof item === 'object' ? countKeys(item) + 1 : 1;
  }
  return count;
}

interface State {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly deepest: number;
  readonly maxNodes: number;
  readonly expert: ExpertInfo[];
  at: number;
  nodes: number;
  ok: boolean;
  /** A mistake ended the scan; everything open closes where it is. */
  stopped: boolean;
}

/** Scans `[start, end)` of the bytes as one JSON value with blanks around it. */
export function scanJson(bytes: Uint8Array, limits: Limits = DEFAULT_LIMITS, start = 0, end = bytes.length): JsonScan {
  const state: State = {
    bytes,
    end: Math.min(end, start + limits.maxBytes),
    deepest: Math.min(limits.maxDepth, DEEPEST),
    maxNodes: limits.maxNodes,
    expert: [],
    at: start,
    nodes: 0,
    ok: true,
    stopped: false,
  };
  if (state.end < end) budget(state, `The text is longer than ${limits.maxBytes} bytes.`, start, end);
  blanks(state);
  const root = state.at >= state.end ? emptyText(state, start) : scanValue(state, 0);
  if (!state.stopped) {
    blanks(state);
    if (state.at < state.end) stop(state, 'Text follows after the JSON value.', state.at, end);
  }
  return { root, end: state.at, ok: state.ok, expert: state.expert };
}

function emptyText(state: State, start: number): null {
  stop(state, 'Empty: there is no JSON value.', start, state.end);
  return null;
}

function remark(state: State, info: ExpertInfo): void {
  if (state.expert.length < 100) state.expert.push(info);
}

function stop(state: State, text: string, start: number, end = state.end): void {
  if (!state.stopped) {
    remark(state, { severity: 'error', group: 'malformed', code: 'json', text, range: [start, end] });
  }
  state.ok = false;
  state.stopped = true;
}

function budget(state: State, text: string, start: number, end: number): void {
  remark(state, { severity: 'error', group: 'malformed', code: 'budget', text, range: [start, end] });
  state.ok = false;
  state.stopped = true;
}

function blanks(state: State): void {
  const { bytes, end } = state;
  let at = state.at;
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at += 1;
  }
  state.at = at;
}

function scanValue(state: State, depth: number): JsonSpan | null {
  const start = state.at;
  state.nodes += 1;
  if (state.nodes > state.maxNodes) {
    budget(state, `More than ${state.maxNodes} values.`, start, state.end);
    return null;
  }
  const byte = state.bytes[start] as number;
  if (byte === 0x7b || byte === 0x5b) {
    if (depth >= state.deepest) {
      budget(state, `Nested deeper than ${state.deepest}.`, start, state.end);
      return null;
    }
    return byte === 0x7b ? scanObject(state, depth) : scanArray(state, depth);
  }
  if (byte === 0x22) {
    const value = scanString(state);
    return value === null ? null : { kind: 'string', start, end: state.at, value };
  }
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return scanNumber(state);
  if (byte === 0x74) return scanWord(state, 'true', 'boolean', true);
  if (byte === 0x66) return scanWord(state, 'false', 'boolean', false);
  if (byte === 0x6e) return scanWord(state, 'null', 'null', null);
  stop(state, start === 0 && byte === 0xef ? 'The text begins with a byte order mark.' : 'Not a JSON value.', start);
  return null;
}

function scanWord(state: State, word: string, kind: 'boolean' | 'null', value: boolean | null): JsonSpan | null {
  const start = state.at;
  for (let index = 0; index < word.length; index += 1) {
    if (start + index >= state.end || state.bytes[start + index] !== word.charCodeAt(index)) {
      stop(state, `Not a JSON value: ${word} expected.`, start);
      return null;
    }
  }
  state.at = start + word.length;
  return { kind, start, end: state.at, value };
}

function scanNumber(state: State): JsonSpan | null {
  const { bytes, end } = state;
  const start = state.at;
  let at = start;
  const digits = (): number => {
    const from = at;
    while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at += 1;
    return at - from;
  };
  if (bytes[at] === 0x2d) at += 1;
  const leading = bytes[at];
  const whole = digits();
  let good = whole === 1 || (whole > 1 && leading !== 0x30);
  let integer = true;
  if (good && at < end && bytes[at] === 0x2e) {
    at += 1;
    integer = false;
    good = digits() > 0;
  }
  if (good && at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at += 1;
    integer = false;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at += 1;
    good = digits() > 0;
  }
  if (!good) {
    stop(state, 'Not a JSON number.', start);
    return null;
  }
  const text = utf8Lossy(bytes, start, at);
  let value: number | bigint = Number(text);
  if (integer && !Number.isSafeInteger(value) && text.length <= 1000) value = BigInt(text);
  state.at = at;
  return { kind: 'number', start, end: at, value };
}

const ESCAPES: Readonly<Record<number, string>> = {
  0x22: '"',
  0x5c: '\\',
  0x2f: '/',
  0x62: '\b',
  0x66: '\f',
  0x6e: '\n',
  0x72: '\r',
  0x74: '\t',
};

function scanString(state: State): string | null {
  const { bytes, end } = state;
  const open = state.at;
  let from = open + 1;
  let at = from;
  let text = '';
  const flush = (to: number): void => {
    if (to === from) return;
    const piece = utf8Strict(bytes, from, to);
    if (piece === null) {
      state.ok = false;
      remark(state, {
        severity: 'error',
        group: 'malformed',
        code: 'utf8',
        text: 'The text is not valid UTF-8.',
        range: [from, to],
      });
    }
    text += piece ?? utf8Lossy(bytes, from, to);
  };
  for (;;) {
    if (at >= end) {
      stop(state, 'The string is not closed.', open);
      return null;
    }
    const byte = bytes[at] as number;
    if (byte === 0x22) break;
    if (byte < 0x20) {
      stop(state, 'A control character stands unescaped in a string.', at, at + 1);
      return null;
    }
    if (byte !== 0x5c) {
      at += 1;
      continue;
    }
    flush(at);
    const kind = at + 1 < end ? (bytes[at + 1] as number) : -1;
    if (kind === 0x75) {
      const hex = at + 6 <= end ? utf8Lossy(bytes, at + 2, at + 6) : '';
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) {
        stop(state, 'Not a \\u escape.', at, Math.min(end, at + 6));
        return null;
      }
      text += String.fromCharCode(Number.parseInt(hex, 16));
      at += 6;
    } else {
      const char = ESCAPES[kind];
      if (char === undefined) {
        stop(state, kind < 0 ? 'The string is not closed.' : 'Not a JSON escape.', at, Math.min(end, at + 2));
        return null;
      }
      text += char;
      at += 2;
    }
    from = at;
  }
  flush(at);
  state.at = at + 1;
  return text;
}

function scanObject(state: State, depth: number): JsonSpan {
  const { bytes } = state;
  const start = state.at;
  const members: JsonMember[] = [];
  const value: Record<string, unknown> = {};
  state.at += 1;
  for (let first = true; ; first = false) {
    blanks(state);
    if (first && bytes[state.at] === 0x7d && state.at < state.end) break;
    if (state.at >= state.end) {
      stop(state, 'The object is not closed.', start);
      return { kind: 'object', start, end: state.at, value, members };
    }
    const keyStart = state.at;
    if (bytes[keyStart] !== 0x22) {
      stop(state, first ? 'A key or } is expected.' : 'A key is expected.', keyStart);
      break;
    }
    const name = scanString(state);
    if (name === null) break;
    const keyEnd = state.at;
    blanks(state);
    if (bytes[state.at] !== 0x3a || state.at >= state.end) {
      stop(state, `A colon is expected after the key ${JSON.stringify(name)}.`, state.at);
      break;
    }
    state.at += 1;
    blanks(state);
    if (state.at >= state.end) {
      stop(state, `The key ${JSON.stringify(name)} has no value.`, keyStart);
      break;
    }
    const span = scanValue(state, depth + 1);
    if (span !== null) {
      if (Object.hasOwn(value, name)) {
        remark(state, {
          severity: 'warning',
          group: 'malformed',
          code: 'duplicate-key',
          text: `The key ${JSON.stringify(name)} occurs twice; the last one counts.`,
          range: [keyStart, keyEnd],
        });
      }
      members.push({ name, keyStart, keyEnd, span });
      setOwn(value, name, span.value);
    }
    if (state.stopped) break;
    blanks(state);
    if (bytes[state.at] === 0x7d && state.at < state.end) break;
    if (bytes[state.at] !== 0x2c || state.at >= state.end) {
      stop(state, state.at >= state.end ? 'The object is not closed.' : 'A comma or } is expected.', state.at);
      break;
    }
    state.at += 1;
  }
  if (!state.stopped) state.at += 1;
  return { kind: 'object', start, end: state.at, value, members };
}

function scanArray(state: State, depth: number): JsonSpan {
  const { bytes } = state;
  const start = state.at;
  const items: JsonSpan[] = [];
  state.at += 1;
  for (let first = true; ; first = false) {
    blanks(state);
    if (first && bytes[state.at] === 0x5d && state.at < state.end) break;
    if (state.at >= state.end) {
      stop(state, 'The array is not closed.', start);
      break;
    }
    const span = scanValue(state, depth + 1);
    if (span !== null) items.push(span);
    if (state.stopped) break;
    blanks(state);
    if (bytes[state.at] === 0x5d && state.at < state.end) break;
    if (bytes[state.at] !== 0x2c || state.at >= state.end) {
      stop(state, state.at >= state.end ? 'The array is not closed.' : 'A comma or ] is expected.', state.at);
      break;
    }
    state.at += 1;
  }
  if (!state.stopped) state.at += 1;
  return { kind: 'array', start, end: state.at, value: items.map((item) => item.value), items };
}
