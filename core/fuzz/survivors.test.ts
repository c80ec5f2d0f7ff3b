import { expect, test } from 'vitest';
import { isSend, type Script, type SendStep } from './script.ts';
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { survivors } from './survivors.ts';

const NONE = new Uint8Array(0);

function say(message: string, n: number): SendStep {
  return { kind: 'send', conn: 1, n, message, bytes: NONE, head: NONE, tail: NONE, awaits: [], mutated: false };
}

/** A server that ends with some messages, when it has read one more. @param lucky the run, counted from 1, that it survives */
function deadlyServer(deadly: ReadonlySet<string>, lucky = 0) {
  let exits = 0;
  let runs = 0;
  return {
    exits: () => exits,
    play: async (script: Script): Promise<Run> => {
      const steps: unknown[] = script.steps.map(() => undefined);
      let isDying = false;
      runs += 1;
      for (const [i, step] of script.steps.entries()) {
        if (!isSend(step) || step.isLeftOut === true) continue;
        steps[i] = {};
        if (isDying) break;
        isDying = runs !== lucky && deadly.has(step.message);
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

test('what stands behind a deadly message is not to blame for luck', async () => {
  const steps = ['hello', 'boom', 'look', 'walk'].map((message, i) => say(message, i + 1));
  const seed = { base: { steps: [{ kind: 'open', conn: 1 }, ...steps] } } as unknown as Seed;
  // It dies when it reads `look`, and once it lives without that.
  const server = deadlyServer(new Set(['boom']), 2);
  const found = await survivors(seed, { ...server, settle: async () => undefined, isOver: () => false });
  expect(found.deadly.map(({ steps: all }) => all.at(-1))).toMatchObject([{ message: 'boom', mutated: true }]);
});

test('nor is what was read while it went down, which takes its time', async () => {
  const steps = ['hello', 'boom', ...Array.from({ length: 6 }, (_, i) => `look-${i}`)].map((message, i) =>
    say(message, i + 1),
  );
  const seed = { base: { steps: [{ kind: 'open', conn: 1 }, ...steps] } } as unknown as Seed;
  let exits = 0;
  let isDying = false;
  const found = await survivors(seed, {
    exits: () => exits,
    play: async (script) => {
      const said = script.steps.map((step) => (isSend(step) && step.isLeftOut !== true ? step : undefined));
      isDying = said.some((step) => step?.message === 'boom');
      if (isDying && script.steps.length > 8) exits += 1;
      return { script, steps: said, connections: new Map() } as unknown as Run;
    },
    settle: async () => {
      if (isDying) exits += 1;
    },
    isOver: () => false,
  });
  expect(found.deadly.map(({ steps: all }) => all.at(-1))).toMatchObject([{ message: 'boom', mutated: true }]);
});

test('a session that is survived is left as it is', async () => {
  const seed = { base: { steps: [{ kind: 'open', conn: 1 }, say('hello', 1)] } } as unknown as Seed;
  const server = deadlyServer(new Set());
  const found = await survivors(seed, { ...server, settle: async () => undefined, isOver: () => false });
  expect(found).toEqual({ seed, deadly: [] });
});
