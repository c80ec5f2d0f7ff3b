/**
 * What roles in the description say is limited, though not by how much: how far one goes at once, how soon one acts again. How the
 * server takes it is told; whether that is right, only the makers of the game know.
 */
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath } from '../schema/path.ts';
import { around, mutated, type Mutation, sendAt, withValue } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';

type Told = Pick<Mutation, 'name' | 'doc' | 'field' | 'rule' | 'make'>;

/** As many times as far as anybody went in the recording. */
const FAR = 50;

export function* limitMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  for (const told of [...tooFar(seed, at), ...tooSoon(seed, at)]) {
    yield {
      ...told,
      id: `${at.frame.n}:@${told.name}`,
      family: 'rule',
      isTold: true,
      message: at.name,
      n: at.frame.n,
      step: at.step,
    };
  }
}

function* tooFar(seed: Seed, at: SeedMessage): Generator<Told> {
  for (const { path, value } of leavesOf(at.message.fields)) {
    if (metaAt(at.message.spec?.node, path).role !== 'position' || typeof value !== 'number') continue;
    const field = formatPath(path);
    const farthest = farthestStep(seed, at, field) ?? Math.max(1, Math.abs(value));
    for (const [name, sign] of [
      ['far', 1],
      ['far-back', -1],
    ] as const) {
      yield {
        name: `${name}-${field}`,
        field,
        doc: `${lastName(path)} ${FAR} times as far away as anybody went at once.`,
        rule: `${lastName(path)} farther away than one goes at once`,
        make: (_seed, how) => {
          const bytes = withValue(seed, at, path, value + sign * farthest * FAR);
          return bytes === undefined
            ? undefined
            : around(seed, at.step, [mutated(sendAt(seed, at.step), { bytes })], how);
        },
      };
    }
  }
}

/** Between one message of this name and the next on a connection; undefined when there is only one. */
function farthestStep(seed: Seed, { name }: SeedMessage, field: string): number | undefined {
  const last = new Map<number, number>();
  let farthest: number | undefined;
  for (const other of seed.messages) {
    if (other.name !== name) continue;
    const value = leavesOf(other.message.fields).find(({ path }) => formatPath(path) === field)?.value;
    if (typeof value !== 'number') continue;
    const before = last.get(other.frame.conn);
    if (before !== undefined) farthest = Math.max(farthest ?? 0, Math.abs(value - before));
    last.set(other.frame.conn, value);
  }
  return farthest === 0 ? undefined : farthest;
}

/** Again at once, where the server's answer says how long to wait. */
function* tooSoon(seed: Seed, at: SeedMessage): Generator<Told> {
  for (const { messages } of seed.between.get(at.frame.n)?.answers ?? []) {
    for (const { fields, spec } of messages) {
      const waits = leavesOf(fields).find(
        ({ path, value }) =>
          metaAt(spec?.node, path).role === 'cooldown' &&
          (typeof value === 'number' || typeof value === 'bigint') &&
          value > 0,
      );
      if (waits === undefined) continue;
      const wait = `${lastName(waits.path)} ${String(waits.value)}`;
      yield {
        name: 'too-soon',
        field: '',
        doc: `Again at once, although the answer says ${wait}.`,
        rule: `again before its ${wait} is over`,
        make: (_seed, how) => {
          const step = sendAt(seed, at.step);
          return around(seed, at.step, [step, mutated(step, {})], how, { focus: 1 });
        },
      };
      return;
    }
  }
}
