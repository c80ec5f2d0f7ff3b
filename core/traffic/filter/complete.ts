/** What may be typed next, from the protocols' vocabulary: fields and messages before an operator, values after one. */
import { PROPERTIES } from './properties.ts';
import { type Token, tokenize } from './lexer.ts';
import { FUNCTIONS } from './syntax.ts';
import type { Vocabulary, VocabularyField } from './vocabulary.ts';

export interface FilterCompletion {
  readonly text: string;
  /** Replaces `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'field' | 'message' | 'value' | 'operator' | 'function' | 'keyword';
  readonly type?: string;
  readonly detail?: string;
}

const MAX_COMPLETIONS = 50;
const OPERATORS_BY_WORD = ['==', '!=', '<', '<=', '>', '>=', 'contains', 'matches', 'in'];
const VALUE_OPERATORS = new Set(['==', '!=', 'eq', 'ne', 'contains']);
const STARTS = new Set(['and', 'or', 'not', '&&', '||', '!', '(', '{', ',']);

/** @param at cursor offset in `text` */
export function completeFilter(text: string, at: number, vocabulary: Vocabulary): FilterCompletion[] {
  const before = tokenize(text.slice(0, at)).filter((token) => token.kind !== 'end');
  const typed = partial(before, at);
  const previous = before.slice(0, before.length - typed.tokens);
  const last = previous.at(-1);
  const found = suggestions(previous, last, vocabulary);
  const needle = typed.text.toLowerCase().replace(/^["']/, '');
  const quoted = typed.text.startsWith('"') || typed.text.startsWith("'");
  return found
    .map((s) => ({ s, rank: rankOf((quoted ? s.text.replaceAll('"', '') : s.text).toLowerCase(), needle) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_COMPLETIONS)
    .map(({ s }) => ({ ...s, from: typed.from, to: at }));
}

/** The word being typed at the cursor, dots included. */
function partial(before: readonly Token[], at: number): { text: string; from: number; tokens: number } {
  let tokens = 0;
  let from = at;
  for (let i = before.length - 1; i >= 0; i--) {
    const token = before[i]!;
    if (token.end !== from) break;
    const isPart =
      token.kind === 'word' ||
      token.raw === '.' ||
      token.raw === '[' ||
      token.raw === ']' ||
      (token.kind === 'number' && tokens > 0) ||
      token.kind === 'error' ||
      (token.kind === 'string' && tokens === 0);
    if (!isPart) break;
    from = token.at;
    tokens++;
  }
  return {
    text: before
      .slice(before.length - tokens)
      .map((t) => t.raw)
      .join(''),
    from,
    tokens,
  };
}

/** 0: starts with it; 1: a later path segment starts with it; 2: contains it; -1: does not fit. */
function rankOf(text: string, needle: string): number {
  if (needle === '' || text.startsWith(needle)) return 0;
  if (text.includes(`.${needle}`)) return 1;
  return text.includes(needle) ? 2 : -1;
}

type Suggestion = Omit<FilterCompletion, 'from' | 'to'>;

function suggestions(previous: readonly Token[], last: Token | undefined, vocabulary: Vocabulary): Suggestion[] {
  if (last === undefined || STARTS.has(last.raw)) {
    const operand = last?.raw === '{' || last?.raw === ',' ? fieldBefore(previous, 'in') : undefined;
    return operand === undefined ? starts(vocabulary, mentioned(previous, vocabulary)) : values(operand, vocabulary);
  }
  if (VALUE_OPERATORS.has(last.raw)) return values(fieldBefore(previous, last.raw), vocabulary);
  if (OPERATORS_BY_WORD.includes(last.raw)) return [];
  if (last.kind === 'word' || last.raw === ']') {
    const isWhole =
      last.kind === 'word' &&
      (vocabulary.protocols.has(last.raw) || vocabulary.messages.has(last.raw) || last.raw.startsWith('to'));
    const operators = OPERATORS_BY_WORD.map((text): Suggestion => ({ text, kind: 'operator' }));
    const joins = ['and', 'or'].map((text): Suggestion => ({ text, kind: 'keyword' }));
    return isWhole ? [...joins, ...operators] : [...operators, ...joins];
  }
  return ['and', 'or'].map((text) => ({ text, kind: 'keyword' }));
}

/** Protocols or messages named earlier narrow the fields offered. */
function mentioned(
  previous: readonly Token[],
  vocabulary: Vocabulary,
): { protocols: Set<string>; messages: Set<string> } {
  const words = previous.filter((t) => t.kind === 'word' || t.kind === 'string').map((t) => String(t.value));
  return {
    protocols: new Set(words.filter((w) => vocabulary.protocols.has(w))),
    messages: new Set(words.filter((w) => vocabulary.messages.has(w))),
  };
}

function starts(vocabulary: Vocabulary, only: { protocols: Set<string>; messages: Set<string> }): Suggestion[] {
  const out: Suggestion[] = [];
  const seen = new Set<string>();
  for (const [name, list] of vocabulary.messages) {
    for (const message of list) {
      if (
        only.messages.size > 0
          ? !only.messages.has(name)
          : only.protocols.size > 0 && !only.protocols.has(message.protocol)
      )
        continue;
      for (const field of message.fields) {
        if (seen.has(field.path)) continue;
        seen.add(field.path);
        out.push(fieldSuggestion(field, message.name));
      }
    }
  }
  const messages: Suggestion[] = [];
  for (const [name, list] of vocabulary.messages) {
    if (only.messages.size > 0 || (only.protocols.size > 0 && !list.some((m) => only.protocols.has(m.protocol))))
      continue;
    messages.push({
      text: name,
      kind: 'message',
      type: list.map((m) => m.protocol).join(', '),
      ...(list[0]!.doc === undefined ? {} : { detail: list[0]!.doc }),
    });
  }
  const words: Suggestion[] = ['toServer', 'toClient'].map((text) => ({
    text,
    kind: 'keyword',
    detail: text === 'toServer' ? 'going to the server' : 'going to the client',
  }));
  if (only.protocols.size === 0)
    for (const text of vocabulary.protocols) words.push({ text, kind: 'keyword', detail: 'protocol' });
  const properties = Object.entries(PROPERTIES).map(
    ([text, p]): Suggestion => ({
      text,
      kind: 'field',
      type: p.type,
      detail: p.unit === undefined ? p.doc : `${p.doc}, ${p.unit}`,
    }),
  );
  const functions = FUNCTIONS.map((name): Suggestion => ({ text: `${name}(`, kind: 'function' }));
  return [
    ...words,
    ...(only.messages.size > 0 ? out : messages),
    ...(only.messages.size > 0 ? [] : out),
    ...properties,
    ...functions,
    { text: 'not', kind: 'keyword' },
  ];
}

function fieldSuggestion(field: VocabularyField, message: string): Suggestion {
  return {
    text: field.path,
    kind: 'field',
    type: field.type,
    detail: field.unit === undefined ? message : `${message} · ${field.unit}`,
  };
}

/** Path written before the operator that ends `previous`. */
function fieldBefore(previous: readonly Token[], operator: string): string | undefined {
  let i = previous.length - 1;
  while (i >= 0 && previous[i]!.raw !== operator) i--;
  let path = '';
  for (i--; i >= 0; i--) {
    const token = previous[i]!;
    if (token.kind !== 'word' && !['.', '[', ']', '*'].includes(token.raw) && token.kind !== 'number') break;
    if (path !== '' && token.end !== previous[i + 1]!.at) break;
    path = token.raw + path;
  }
  return path === '' ? undefined : path;
}

function values(path: string | undefined, vocabulary: Vocabulary): Suggestion[] {
  if (path === undefined) return [];
  const property = Object.hasOwn(PROPERTIES, path) ? PROPERTIES[path] : undefined;
  if (property?.type === 'message')
    return [...vocabulary.messages].map(([text, list]) => ({
      text: quoteIfNeeded(text),
      kind: 'value',
      type: list.map((m) => m.protocol).join(', '),
    }));
  if (property?.type === 'protocol') return [...vocabulary.protocols].map((text) => ({ text, kind: 'value' }));
  if (property !== undefined) return (property.values ?? []).map((text) => ({ text, kind: 'value' }));
  const seen = new Map<string, Suggestion>();
  for (const field of vocabulary.fields.get(path.replaceAll(/\[[^\]]*\]/g, '')) ?? []) {
    for (const [value, name] of Object.entries(field.names ?? {}))
      seen.set(value, { text: value, kind: 'value', detail: name });
    for (const value of field.values ?? [])
      seen.set(value, { text: field.type === 'string' ? JSON.stringify(value) : value, kind: 'value' });
    if (field.type === 'boolean') for (const text of ['true', 'false']) seen.set(text, { text, kind: 'value' });
  }
  return [...seen.values()];
}

function quoteIfNeeded(text: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text) ? text : JSON.stringify(text);
}
