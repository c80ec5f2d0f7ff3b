/** What was deleted is used once more: whoever remembers it longer than it is there lets it in. */
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath } from '../schema/path.ts';
import { type Mutation, mutated, prefixOf, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';

const DELETES = /delete|remove|destroy|erase|unregister|revoke|disband|close_?account/i;
/** What makes it anew is right to succeed. */
const MAKES = /create|register|sign_?up|add|new|buy|make/i;
/** A shorter text or a small number may be the same by chance. */
const LEAST = 3;

export function* goneMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0 || !DELETES.test(at.name) || seed.refused.has(at.frame.n)) return;
  const met = new Set<string>();
  for (const { path, value } of leavesOf(at.message.fields)) {
    const { role, secret } = metaAt(at.message.spec?.node, path);
    if (role === 'password' || role === 'token' || secret === true || !isTelling(seed, at, path, value)) continue;
    const field = formatPath(path);
    for (const use of usesOf(seed, at, value)) {
      if (met.has(use.name)) continue;
      met.add(use.name);
      yield {
        id: `${at.frame.n}:@gone-${use.name}`,
        family: 'rule',
        message: use.name,
        field,
        name: `gone-${use.name}`,
        doc: `The ${use.name} of frame ${use.frame.n} once more, behind a ${at.name} of the same ${lastName(path)}.`,
        rule: `the ${lastName(path)} was deleted before`,
        n: at.frame.n,
        step: at.step,
        needs: [at.frame.n],
        isStill: ({ steps }) => steps.some((one) => one.kind === 'send' && one.n === at.frame.n),
        make: (made, how) => {
          const { conn } = sendAt(made, at.step);
          const again = sendAt(made, use.step);
          const awaits = again.awaits.filter(([one]) => one === again.conn).map(([, count]) => [conn, count] as const);
          const prefix = prefixOf(made, at.step, how);
          const steps = [...prefix, sendAt(made, at.step), mutated(again, { conn, awaits })];
          return { script: { steps }, focus: [steps.length - 1] };
        },
      };
    }
  }
}

/** The value names something, and only that. */
function isTelling(seed: Seed, at: SeedMessage, path: readonly (string | number)[], value: unknown): boolean {
  if (typeof value === 'string') return value.length >= LEAST;
  const text = formatPath(path);
  return typeof value === 'number' && (sendAt(seed, at.step).links ?? []).some((link) => link.path === text);
}

/** Messages that named it before and were granted, the last of each name. */
function usesOf(seed: Seed, at: SeedMessage, value: unknown): SeedMessage[] {
  return seed.messages
    .filter(
      ({ frame, index, name, message }) =>
        frame.n < at.frame.n &&
        index === 0 &&
        name !== at.name &&
        !MAKES.test(name) &&
        !DELETES.test(name) &&
        !seed.refused.has(frame.n) &&
        isAlike(seed, frame.conn, at.frame.conn) &&
        leavesOf(message.fields).some((leaf) => leaf.value === value),
    )
    .reverse();
}

function isAlike(seed: Seed, a: number, b: number): boolean {
  const one = seed.scene.connections.get(a)?.recorded.connection;
  const other = seed.scene.connections.get(b)?.recorded.connection;
  return a === b || (one?.server.port === other?.server.port && one?.role === other?.role);
}
