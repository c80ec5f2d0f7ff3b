import { expect, test } from 'vitest';
import { isSend, type Script, type SendStep } from './script.ts';
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { survivors } from './survivors.ts';

const NONE = new Uint8Array(0);

function say(message: string, n: number): SendStep {
  return { kind: 'send', conn: 1, n, message, bytes: NONE, head: NONE, tail: NONE, awaits: [], mutated: false };
}

/** A server that ends with some messages, when it has read one more. */
function deadlyServer(deadly: ReadonlySet<string>) {
  let exits = 0;
  return {
    exits: () => exits,
    play: async (script: Script): Promise<Run> => {
      const steps: unknown[] = script.steps.map(() => undefined);
      let isDying = false;
      for (const [i, step] of script.steps.entries()) {
        if (!isSend(step) || step.isLeftOut === true) continue;
        steps[i] = {};
        if (isDying) break;
        isDying = deadly.has(step.message);
      }
      if (isDying) exits += 1;
      return { script, steps, connections: new Map() } as unknown as Run;
    },
  };
}

test('messages the server goes down with are left out of the session, and told', async () => {
  const steps = ['hello', 'boom', 'look', 'bang', 'walk', 'bye'].map((message, i) => say(message, i + 1));
  const seed = { base: { steps: [{ kind: 'open', conn: 1 }, ...steps] } } as unknown as Seed;
  const server = deadlyServer(new Set(['boom', 'bang']));
  const found = await survivors(seed, { ...server, settle: async () => undefined, isOver: () => false });
  const leftOut = found.seed.base.steps.flatMap((step) =>
    isSend(step) && step.isLeftOut === true ? [step.message] : [],
  );
  expect(leftOut).toEqual(['boom', 'bang']);
  expect(found.deadly.map(({ steps: all }) => all.at(-1))).toMatchObject([
    { message: 'boom', mutated: true },
    { message: 'bang', mutated: true },
  ]);
});

test('a session that is survived is left as it is', async () => {
  const seed = { base: { steps: [{ kind: 'open', conn: 1 }, say('hello', 1)] } } as unknown as Seed;
  const server = deadlyServer(new Set());
  const found = await survivors(seed, { ...server, settle: async () => undefined, isOver: () => false });
  expect(found).toEqual({ seed, deadly: [] });
});
