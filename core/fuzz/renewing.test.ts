import { expect, test } from 'vitest';
import { Renewing } from './renewing.ts';
import type { Watched } from './world.ts';

test('a server that no longer begins as it should is started again while nobody plays, and those who come wait for it', async () => {
  const seen: string[] = [];
  let isFull = false;
  let playing = 0;
  const watched = {
    isManaged: true,
    restart: async () => {
      seen.push(`restart with ${playing} playing`);
      isFull = false;
    },
  } as unknown as Watched;
  const renewing = new Renewing({ watched, isWell: async () => !isFull });
  const play = (): Promise<void> =>
    renewing.play(async () => {
      playing += 1;
      await Promise.resolve();
      playing -= 1;
    });
  await Promise.all(Array.from({ length: 60 }, play));
  await renewing.done();
  expect(seen).toEqual([]);
  isFull = true;
  await Promise.all(Array.from({ length: 60 }, play));
  await renewing.done();
  expect(seen).toEqual(['restart with 0 playing']);
  expect(isFull).toBe(false);
});

test('where that does not help it is not done again', async () => {
  let restarts = 0;
  const watched = { isManaged: true, restart: async () => void (restarts += 1) } as unknown as Watched;
  const renewing = new Renewing({ watched, isWell: async () => false });
  for (let i = 0; i < 240; i++) await renewing.play(async () => undefined);
  await renewing.done();
  expect(restarts).toBe(1);
});
