/** Two messages by field and by byte. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { formatPath } from '../schema/path.ts';
import { compareMessages, type Ignores } from './compare.ts';
import { leavesOf, valueText } from './leaves.ts';

interface Frame {
  readonly messages: readonly DissectedMessage[];
  readonly bytes: Uint8Array;
}

export interface ComparedField {
  readonly path: string;
  readonly outcome: 'same' | 'different' | 'missing' | 'extra';
  readonly a: string;
  readonly b: string;
  /** Why a difference does not count. */
  readonly ignored?: string;
}

/** Every field of both, in order; messages of another name are one difference. */
export function diffFrames(
  a: Frame,
  b: Frame,
  ignores: Ignores,
): { readonly fields: readonly ComparedField[]; readonly bytes: readonly ByteRange[] } {
  const fields: ComparedField[] = [];
  const isSeveral = a.messages.length > 1 || b.messages.length > 1;
  for (let i = 0; i < Math.max(a.messages.length, b.messages.length); i++) {
    const [one, other] = [a.messages[i], b.messages[i]];
    const prefix = isSeveral ? `(${i + 1}) ` : '';
    if (one?.name !== other?.name || one === undefined || other === undefined) {
      const name = (message: DissectedMessage | undefined): string =>
        message === undefined ? '' : (message.name ?? '(not understood)');
      fields.push({ path: `${prefix}message`, outcome: 'different', a: name(one), b: name(other) });
    }
    fields.push(...fieldsOf(one, other, ignores).map((field) => ({ ...field, path: prefix + field.path })));
  }
  return { fields, bytes: byteRanges(a.bytes, b.bytes) };
}

function fieldsOf(
  one: DissectedMessage | undefined,
  other: DissectedMessage | undefined,
  ignores: Ignores,
): ComparedField[] {
  if (one === undefined) return listOf(other, 'extra');
  if (other === undefined) return listOf(one, 'missing');
  const differences = new Map(compareMessages(one, other, ignores).map((each) => [each.path, each]));
  const all: ComparedField[] = leavesOf(one.fields).map(({ path, value }) => {
    const key = formatPath(path);
    const found = differences.get(key);
    differences.delete(key);
    const text = valueText(value);
    if (found === undefined) return { path: key, outcome: 'same', a: text, b: text };
    return comparedField(found);
  });
  return [...all, ...[...differences.values()].map(comparedField)];
}

function comparedField({
  path,
  recorded,
  replayed,
  ignored,
}: ReturnType<typeof compareMessages>[number]): ComparedField {
  const outcome = recorded === '' ? 'extra' : replayed === '' ? 'missing' : 'different';
  return { path, outcome, a: recorded, b: replayed, ...(ignored === undefined ? {} : { ignored }) };
}

function listOf(message: DissectedMessage | undefined, outcome: 'missing' | 'extra'): ComparedField[] {
  return leavesOf(message?.fields).map(({ path, value }) => {
    const text = valueText(value);
    return {
      path: formatPath(path),
      outcome,
      a: outcome === 'missing' ? text : '',
      b: outcome === 'extra' ? text : '',
    };
  });
}

/** Half-open ranges of both that differ, between a common beginning and end. */
export interface ByteRange {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

function byteRanges(a: Uint8Array, b: Uint8Array): ByteRange[] {
  if (a.length === b.length) {
    const ranges: ByteRange[] = [];
    for (let i = 0; i < a.length; i++) {
      if (a[i] === b[i]) continue;
      const start = i;
      while (i < a.length && a[i] !== b[i]) i++;
      ranges.push({ a: [start, i], b: [start, i] });
    }
    return ranges;
  }
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [{ a: [start, a.length - end], b: [start, b.length - end] }];
}
