import { expect, test } from 'vitest';
import type { Direction, Dissected, Memory, Protocol } from '../protocol/protocol.ts';
import { Readings } from './readings.ts';

/** In a state `a`, `A` is a sound reply, in `b` it is `B`; a client's `a` or `b` changes it, and is told to other connections. */
const lettered = {
  dissect: (bytes: Uint8Array, direction: Direction, state: string): Dissected => {
    const name = String.fromCharCode(bytes[0]!);
    const isOdd = direction === 'toClient' && /[AB]/.test(name) && name.toLowerCase() !== state;
    return {
      messages: [{ name, fields: {}, range: [0, 1], path: '' }],
      expert: isOdd ? [{ severity: 'error', group: 'schema', text: `${name} in ${state}` }] : [],
      tree: () => {
        throw new Error('nobody looks at it');
      },
    };
  },
  next: (state: string, direction: Direction, { messages }: Dissected, _bytes: Uint8Array, memory: Memory): string => {
    const name = messages[0]!.name!;
    if (direction === 'toServer' && /[ab]/.test(name)) {
      memory.remember('state', name);
      return name;
    }
    if (name === 'T') memory.remember('told', state);
    return state;
  },
} as unknown as Protocol;

const facts = new Map<string, unknown>();
const memory: Memory = { recall: (key) => facts.get(key), remember: (key, value) => void facts.set(key, value) };

/** `>x` is said to the server, `>x!` is wrong, `<X` comes back. */
function complaints(talk: string): string[] {
  facts.clear();
  const readings = new Readings(lettered, 'a', memory);
  return talk.split(' ').flatMap((word) => {
    const bytes = Uint8Array.of(word.charCodeAt(1));
    const { expert } = readings.read(bytes, word.startsWith('>') ? 'toServer' : 'toClient');
    readings.goOn(word.endsWith('!'));
    return expert.map((info) => info.text);
  });
}

test('a reply is read as the state is, also long after it was changed', () => {
  expect(complaints('<A >b <B >x <B >a <A')).toEqual([]);
  expect(complaints('>b <A')).toEqual(['A in b']);
});

test('what is wrong may have been taken or not, and taken later or not at all', () => {
  expect(complaints('>b! <A >x <A >x <A')).toEqual([]);
  expect(complaints('>b! <B >x <B >x <B')).toEqual([]);
  expect(complaints('>b! <X >x <X >a! <X >x <B')).toEqual([]);
  expect(complaints('>x! <B')).toEqual(['B in a']);
});

test('what is wrong changes nothing that other connections go by', () => {
  complaints('>a >b! <T');
  expect(Object.fromEntries(facts)).toEqual({ state: 'a', told: 'a' });
  complaints('>b! <B <T');
  expect(facts.get('state')).toBe('b');
});
