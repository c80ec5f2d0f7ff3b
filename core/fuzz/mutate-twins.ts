/**
 * What takes a second connection: a token shown twice, a message from somebody who has not said who he is, a number that is
 * somebody else's. Each breaks a rule only because of what the other connection did; controls without it tell.
 */
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { formatPath, type Segment } from '../schema/path.ts';
import { type Control, mutated, type Mutation, prefixOf, sendAt, withValue } from './mutation.ts';
import { twinOf } from './race.ts';
import { isFirstSaid, type Seed, type SeedMessage } from './seed.ts';
import { copied, isSend, OTHER, type SendStep, type Step, TWIN } from './script.ts';

type Told = Pick<Mutation, 'guessesFirst' | 'name' | 'doc' | 'field' | 'rule' | 'isStill' | 'controls' | 'make'>;

export function* twinMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  for (const told of [...usedTokens(seed, at), ...strangers(seed, at), ...numbersOfOthers(seed, at)]) {
    yield {
      ...told,
      id: `${at.frame.n}:@${told.name}`,
      family: 'rule',
      message: at.name,
      n: at.frame.n,
      step: at.step,
    };
  }
}

/** A token that leads to another server is good once. */
function* usedTokens(seed: Seed, at: SeedMessage): Generator<Told> {
  const { frame, name } = at;
  const protocol = seed.scene.connections.get(frame.conn)?.recorded.protocol;
  const paths = new Set(
    (protocol?.correlations ?? [])
      .filter(({ kind }) => kind === 'token')
      .flatMap(({ echoed }) => echoed.flatMap((echo) => (echo.message === name ? [echo.path] : []))),
  );
  for (const path of paths) {
    for (const isLeft of [false, true]) {
      yield {
        name: `used-${path}-${isLeft ? 'left' : 'there'}`,
        field: path,
        doc: `A second connection shows the ${path} too, ${isLeft ? 'when the first has left' : 'while the first is there'}.`,
        rule: `a ${path} that was used before`,
        isStill: ({ steps }) =>
          new Set(steps.flatMap((one) => (isSend(one) && one.n === frame.n ? [one.conn] : []))).size > 1,
        make: (_seed, how) => {
          const step = sendAt(seed, at.step);
          const prefix = prefixOf(seed, at.step, how);
          const left: readonly Step[] = isLeft ? [{ kind: 'end', conn: step.conn }] : [];
          const steps = [...prefix, step, ...left, ...twinOf(prefix, step.conn), onTwin(step)];
          return { script: { steps }, focus: [steps.length - 1] };
        },
      };
    }
  }
}

/** On a connection where nothing was said before, while the one that said it is there. */
function* strangers(seed: Seed, at: SeedMessage): Generator<Told> {
  if (saysWho(at)) return;
  const { conn, n } = sendAt(seed, at.step);
  const twin = conn + TWIN;
  yield {
    name: 'stranger',
    field: '',
    doc: 'On a second connection where nothing else was said, while the first is there.',
    rule: 'sent by somebody who has not said who he is',
    isStill: ({ steps }) => steps.some((one) => isSend(one) && one.conn === conn),
    controls: ({ steps }) => [
      controlOf(
        steps.filter((one) => !isSend(one) || one.conn !== conn),
        [twin],
        n,
      ),
      // What the first one hears by itself.
      ...quietControl(steps, twin, conn, n),
    ],
    make: (_seed, how) => {
      const step = sendAt(seed, at.step);
      const prefix = prefixOf(seed, at.step, how);
      // What anybody may say needs nobody to be there.
      if (!prefix.some((one) => isSend(one) && one.conn === conn)) return undefined;
      const steps = [...prefix, { kind: 'open', conn: twin, like: conn } as const, onTwin(step)];
      return { script: { steps }, focus: [steps.length - 1] };
    },
  };
}

const SAYS_WHO = /log_?in|log_?on|register|create|connect|auth|sign_?(?:in|up)|join|hello/i;
const PROOF = /^(?:pass|password|passwd|pwd|secret|token|ticket|key|session(?:_?id)?)$/i;

/** Who says by this message who he is, or shows what only he has, is no stranger. */
function saysWho({ name, message }: SeedMessage): boolean {
  if (SAYS_WHO.test(name)) return true;
  return leavesOf(message.fields).some(({ path }) => {
    const { role, secret } = metaAt(message.spec?.node, path);
    return role === 'password' || role === 'token' || secret === true || PROOF.test(lastName(path));
  });
}

/** The same with nothing said on the second connection: it is waited on as if there were something to hear. */
function quietControl(steps: readonly Step[], twin: number, conn: number, n: number): readonly Control[] {
  const opening = steps.findIndex((one) => one.kind === 'open' && one.conn === twin);
  if (opening < 0) return [];
  const quiet = steps
    .slice(0, opening + 1)
    .map((one, i) => (i === opening && one.kind === 'open' ? { ...one, awaits: 1 } : one));
  return [{ script: { steps: quiet }, step: opening, conns: [conn], n }];
}

const NUMBER =
  /^(?:slot|index|number|no|num|seat|puppet|char(?:acter)?|player|user|account|actor|owner|item|id)$|(?:_|I|^)[iI]?d$/;
const MOST_NUMBER = 1_000_000;

/** While somebody else plays the same session: what that one may have been given. Refused when nobody else is there. */
function* numbersOfOthers(seed: Seed, at: SeedMessage): Generator<Told> {
  const { frame, message } = at;
  // Whoever makes something new chooses its number.
  if (SAYS_WHO.test(at.name) || isFirstSaid(seed, at)) return;
  for (const { path, value } of leavesOf(message.fields)) {
    const { role, names } = metaAt(message.spec?.node, path);
    const isNumber = role === 'id' || role === 'owner' || NUMBER.test(lastName(path));
    if (!isNumber || names !== undefined || typeof value !== 'number' || value < 0 || value > MOST_NUMBER) continue;
    const text = formatPath(path);
    for (const other of new Set([value + 1, value + 2, value - 1, 1, 2])) {
      if (other !== value && other >= 0) yield numberOfOther(seed, at, { path, text, other, n: frame.n });
    }
  }
}

function numberOfOther(
  seed: Seed,
  at: SeedMessage,
  { path, text, other, n }: { path: readonly Segment[]; text: string; other: number; n: number },
): Told {
  return {
    name: `others-${text}-${other}`,
    guessesFirst: true,
    field: text,
    doc: `With ${text} ${other}, while somebody else plays the same session.`,
    rule: `${lastName(path)} ${other}, which is refused when nobody else is there`,
    isStill: ({ steps }) => steps.some((one) => isSend(one) && one.conn >= OTHER),
    controls: ({ steps }) => {
      const alone = steps.filter((one) => one.conn < OTHER);
      const wrong = alone.findLastIndex((one) => isSend(one) && one.mutated);
      return wrong < 0 ? [] : [{ ...controlOf(alone, [alone[wrong]!.conn], n), isFresh: true }];
    },
    make: (_seed, how) => {
      const bytes = withValue(seed, at, path, other);
      if (bytes === undefined || seed.scene.identities.length === 0) return undefined;
      const prefix = prefixOf(seed, at.step, how);
      const { links: _links, ...step } = sendAt(seed, at.step);
      const steps = [...prefix, ...copied(prefix, OTHER), mutated(step, { bytes })];
      return { script: { steps }, focus: [steps.length - 1] };
    },
  };
}

function controlOf(steps: readonly Step[], conns: readonly number[], n: number): Control {
  return { script: { steps }, step: steps.findLastIndex((one) => isSend(one) && one.mutated), conns, n };
}

function onTwin(step: SendStep): SendStep {
  const conn = step.conn + TWIN;
  const awaits = step.awaits.map(([one, count]) => [one === step.conn ? conn : one, count] as const);
  return mutated(step, { conn, awaits });
}
