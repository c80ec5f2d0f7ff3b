import { expect, test } from 'vitest';
import { freshName, Identities } from './identity.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

test('thousands of runs go by names of their own, of the same length, also where the name is short', () => {
  for (const [name, runs] of [
    ['ben', 17_000],
    ['anna01', 100_000],
    ['勇者「アンナ」', 100_000],
  ] as const) {
    const names = new Set(Array.from({ length: runs }, (_, tag) => freshName(name, tag)));
    expect(names.size, name).toBe(runs);
    for (const one of names) expect(encoder.encode(one).length).toBe(encoder.encode(name).length);
    expect([...names].every((one) => /^\p{L}/u.test(one))).toBe(true);
  }
});

test('two names of one recording never become the same', () => {
  const identities = new Identities(['ben', 'kim']);
  const met = new Set<string>();
  for (let tag = 0; tag < 8000; tag++) for (const name of identities.forRun(tag)) met.add(decoder.decode(name));
  expect(met.size).toBe(16_000);
});

test('a short name is replaced where it stands as a word', () => {
  const identities = new Identities(['ben']);
  const written = identities.write(encoder.encode('{"user":"ben","text":"benefit of ben"}'), [encoder.encode('xyz')]);
  expect(decoder.decode(written)).toBe('{"user":"xyz","text":"benefit of xyz"}');
});
