import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';
import { takeToken } from './token.ts';

function storage(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

test('the token moves out of the address, which is erased', () => {
  const place = storage();
  let erased = 0;
  expect(takeToken({ hash: '#token=abc', storage: place, erase: () => erased++ })).toEqual({ token: 'abc' });
  expect(erased).toBe(1);
  expect(takeToken({ hash: '', storage: place, erase: () => erased++ })).toEqual({ token: 'abc' });
  expect(erased).toBe(1);
});

test('a file is opened first only when the token came with it', () => {
  const arrive = (hash: string) => takeToken({ hash, storage: storage(), erase: () => undefined });
  expect(arrive('#token=abc&open=%2Ftmp%2Fa%20b.pcap')).toEqual({ token: 'abc', open: '/tmp/a b.pcap' });
  expect(arrive('#open=/etc/passwd')).toEqual({ token: null });
});

test('without a token there is none', () => {
  expect(takeToken({ hash: '#other=1', storage: storage(), erase: () => undefined })).toEqual({ token: null });
});

test('reconnecting is quick at first and never slower than about six seconds', () => {
  expect(backoff(0, 0.5)).toBe(150);
  for (let attempt = 0; attempt < 40; attempt++) {
    for (const chance of [0, 0.5, 1]) expect(backoff(attempt, chance)).toBeLessThanOrEqual(6250);
  }
});
