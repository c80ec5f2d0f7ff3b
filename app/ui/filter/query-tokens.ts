/** Colouring of the query while it is typed: operators step back, the part that cannot be read is underlined. */
import type { FilterCheck } from '../../../core/contract/verbs.ts';

export interface QueryToken {
  readonly text: string;
  readonly kind: 'word' | 'operator' | 'text' | 'now' | 'bad';
}

const PART =
  /("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|\b(and|or|not|in|contains|matches|exists)\b|(&&|\|\||[=!<>~]=?|!|[(){},])|(\s+)|([^\s"'&|=!<>~(){},]+)/g;

export function queryTokens(text: string, caret: number, check: FilterCheck | null): readonly QueryToken[] {
  const tokens: QueryToken[] = [];
  const bad = check !== null && !check.ok ? check : undefined;
  const isListed = bad === undefined;
  let at = 0;
  const push = (part: string, kind: QueryToken['kind']): void => {
    if (part !== '') tokens.push({ text: part, kind });
  };
  for (const match of text.matchAll(PART)) {
    const start = match.index;
    push(text.slice(at, start), 'word');
    const part = match[0];
    at = start + part.length;
    const kind =
      match[1] !== undefined ? 'text' : match[2] !== undefined || match[3] !== undefined ? 'operator' : 'word';
    if (bad !== undefined && start < Math.max(bad.end, bad.at + 1) && at > bad.at) push(part, 'bad');
    else if (isListed && kind === 'word' && match[5] !== undefined && caret > start && caret <= at) push(part, 'now');
    else push(part, kind);
  }
  push(text.slice(at), 'word');
  if (bad !== undefined && bad.at >= text.length) push(' ', 'bad');
  return tokens;
}
