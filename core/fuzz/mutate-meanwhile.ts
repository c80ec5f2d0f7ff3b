/** Between what was said of a thing and what comes of it, something else is done to it: whoever looks only once does not notice. */
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath } from '../schema/path.ts';
import { mutated, type Mutation, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { isSend, type Step } from './script.ts';
import { isSameVisit, wayTo } from './visit-needs.ts';

/** Names of fields that say which thing is meant. */
const WHICH =
  /^(?:slot|index|number|no|num|seat|table|room|channel|item|object|target|puppet|char(?:acter)?|id)$|(?:_|I|^)[iI]?d$/;
/** Recorded messages that follow: what comes of it may take both sides several words. */
const TAIL = 12;
const MOST_OTHERS = 8;

export function* meanwhileMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0 || seed.refused.has(at.frame.n)) return;
  const met = new Set<string>();
  for (const { path, value } of thingsIn(at)) {
    const field = formatPath(path);
    for (const other of seed.messages) {
      if (met.size >= MOST_OTHERS) return;
      if (!isOther(seed, at, other) || met.has(other.name)) continue;
      if (!thingsIn(other).some((one) => lastName(one.path) === lastName(path) && one.value === value)) continue;
      met.add(other.name);
      const name = `meanwhile-${other.name}`;
      yield {
        id: `${at.frame.n}:@${name}`,
        family: 'sequence',
        message: at.name,
        field,
        name,
        doc: `The ${other.name} of frame ${other.frame.n}, of the same ${lastName(path)}, comes behind it.`,
        n: at.frame.n,
        step: at.step,
        takesTime: true,
        make: (made) => {
          // What is left of a thing depends on all that was done to it before: nothing is left out.
          const { steps } = made.base;
          const between = mutated(sendAt(made, other.step), {});
          const head: readonly Step[] = [...wayTo(made, at.step), sendAt(made, at.step)];
          const later = steps.slice(at.step + 1).filter(({ conn }) => isSameVisit(made, conn, at.frame.conn));
          return { script: { steps: [...head, between, ...tailOf(later)] }, focus: [head.length] };
        },
      };
    }
  }
}

function tailOf(steps: readonly Step[]): Step[] {
  const tail: Step[] = [];
  let sends = 0;
  for (const step of steps) {
    if (isSend(step) && ++sends > TAIL) break;
    tail.push(step);
  }
  return tail;
}

/** Another message of the same connection that was granted. */
function isOther(seed: Seed, at: SeedMessage, { name, frame, index }: SeedMessage): boolean {
  return name !== at.name && index === 0 && frame.conn === at.frame.conn && !seed.refused.has(frame.n);
}

/** Fields that say which thing a message is about. */
function thingsIn({ message }: SeedMessage): ReturnType<typeof leavesOf> {
  return leavesOf(message.fields).filter(({ path, value }) => {
    if (typeof value !== 'number' && typeof value !== 'string') return false;
    const { role, names } = metaAt(message.spec?.node, path);
    return names === undefined && (role === 'id' || WHICH.test(lastName(path)));
  });
}
