/** Right messages at the wrong time, for somebody else, or with what is no longer valid. */
import { lastName, leavesOf, metaAt, valueText } from '../replay/leaves.ts';
import { formatPath } from '../schema/path.ts';
import { around, type MakeHow, mutated, type Mutation, prefixOf, sendAt, withValue } from './mutation.ts';
import { whoIs } from './scene.ts';
import { isFirstSaid, type Seed, type SeedMessage } from './seed.ts';
import { isSend, type SendStep, type Step } from './script.ts';
import { isLaterVisit, wayTo } from './visit-needs.ts';

interface Told {
  readonly name: string;
  readonly doc: string;
  readonly field?: string;
  readonly rule?: string;
  readonly family?: Mutation['family'];
  readonly isGuess?: boolean;
  readonly make: Mutation['make'];
}

/** Messages put in the place of each other, at most so many different ones. */
const MOST_OTHERS = 24;
const MOST_FOREIGN = 6;

export function* sequenceMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  for (const told of [...orders(seed, at), ...others(seed, at), ...foreign(seed, at), ...secrets(seed, at)]) {
    yield {
      id: `${at.frame.n}:@${told.name}`,
      family: told.family ?? 'sequence',
      message: at.name,
      field: told.field ?? '',
      name: told.name,
      doc: told.doc,
      n: at.frame.n,
      step: at.step,
      ...(told.rule === undefined ? {} : { rule: told.rule }),
      ...(told.isGuess === undefined ? {} : { isGuess: told.isGuess }),
      make: told.make,
    };
  }
}

/** The next send on the same connection. */
function nextOf(seed: Seed, at: number, conn: number): number | undefined {
  const { steps } = seed.base;
  for (let i = at + 1; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.kind === 'send' && step.conn === conn) return i;
  }
  return undefined;
}

function lastOf(seed: Seed, conn: number): number {
  return seed.base.steps.findLastIndex((step) => step.kind === 'send' && step.conn === conn);
}

function* orders(seed: Seed, { step: at }: SeedMessage): Generator<Told> {
  const step = sendAt(seed, at);
  const next = nextOf(seed, at, step.conn);
  if (next !== undefined) {
    yield {
      name: 'left-out',
      doc: 'The message is left out; what follows comes too early.',
      make: (_seed, how) => {
        const { script, focus } = around(seed, at, [], how, { tail: Math.max(1, how.tail) });
        const from = focus[0] ?? 0;
        const first = script.steps.findIndex((one, i) => i >= from && isSend(one) && one.conn === step.conn);
        if (first < 0) return undefined;
        const steps = script.steps.map((one, i) => (i === first && isSend(one) ? mutated(one, {}) : one));
        return { script: { steps }, focus: [first] };
      },
    };
    yield {
      name: 'swapped',
      doc: 'The next message of this connection comes first.',
      make: (_seed, how) => {
        const other = sendAt(seed, next);
        const between = seed.base.steps.slice(at + 1, next);
        const instead: Step[] = [mutated(other, {}), ...between, step];
        return around(seed, at, instead, how, { skip: next - at + 1 });
      },
    };
  }
  yield {
    name: 'again',
    doc: 'The message once more, when it has been answered.',
    make: (_seed, how) => around(seed, at, [step, mutated(step, {})], how, { focus: 1 }),
  };
  yield {
    name: 'again-20',
    doc: 'The message twenty times more.',
    make: (_seed, how) =>
      around(seed, at, [step, ...Array.from({ length: 20 }, () => mutated(step, {}))], how, { focus: 20 }),
  };
  yield {
    name: 'first',
    doc: 'The message before anything else was said on its connection.',
    make: () => {
      const way = wayTo(seed, at);
      const steps: Step[] = way.filter((one) => !isSend(one) || one.conn !== step.conn);
      if (steps.length === way.length) return undefined;
      return { script: { steps: [...steps, mutated(step, {})] }, focus: [steps.length] };
    },
  };
  const last = lastOf(seed, step.conn);
  if (last > at) {
    yield {
      name: 'late',
      doc: 'The message once more at the very end of its connection.',
      make: (_seed, how) => {
        const steps = [...wayTo(seed, last), sendAt(seed, last)].filter(onConnectionsOf(seed, [at, last], how));
        return { script: { steps: [...steps, mutated(step, {})] }, focus: [steps.length] };
      },
    };
  }
  if (step.links !== undefined) {
    yield {
      name: 'stale',
      family: 'rule',
      doc: 'With the values of the recording: tokens and ids that are no longer valid.',
      make: (_seed, how) => {
        const { links: _links, ...rest } = step;
        return around(seed, at, [mutated(rest, {})], how);
      },
    };
  }
}

/** Whether it is on the connections of these steps, or on those that they cannot do without. */
function onConnectionsOf(seed: Seed, places: readonly number[], how: MakeHow): (step: Step) => boolean {
  // A client goes on to the others by itself.
  if (whoIs(seed.scene) === 'client') return () => true;
  const conns = new Set(places.flatMap((at) => [...prefixOf(seed, at, how), sendAt(seed, at)].map(({ conn }) => conn)));
  return ({ conn }) => conns.has(conn);
}

/** Another message of the recording in this one's place. */
function* others(seed: Seed, { step: at, name }: SeedMessage): Generator<Told> {
  const step = sendAt(seed, at);
  const seen = new Set([name]);
  for (const other of seed.messages) {
    if (seen.has(other.name) || other.index > 0) continue;
    const theirs = sendAt(seed, other.step);
    if (theirs.conn !== step.conn && !isAlike(seed, theirs.conn, step.conn)) continue;
    seen.add(other.name);
    if (seen.size > MOST_OTHERS) return;
    const put = (change: Partial<SendStep>): SendStep =>
      mutated(theirs, { conn: step.conn, awaits: step.awaits, ...change });
    yield {
      name: `as-${other.name}`,
      doc: `The ${other.name} of frame ${other.frame.n} in its place.`,
      make: (_seed, how) => around(seed, at, [put({})], how),
    };
    // In the name of whoever else takes part, with what was said at another time.
    const alike = seed.messages.filter((one) => one.name === other.name && one.index === 0);
    const another = alike[at % alike.length] ?? other;
    for (const { path, value, doc } of ownersOf(another)) {
      yield {
        name: `as-${other.name}-${formatPath(path)}-${String(value)}`,
        field: formatPath(path),
        family: 'rule',
        isGuess: true,
        doc: `The ${other.name} of frame ${another.frame.n} in its place, ${doc}.`,
        make: (_seed, how) => {
          const bytes = withValue(seed, another, path, value);
          return bytes === undefined ? undefined : around(seed, at, [put({ bytes })], how);
        },
      };
    }
  }
}

function isAlike(seed: Seed, a: number, b: number): boolean {
  const one = seed.scene.connections.get(a)?.recorded;
  const other = seed.scene.connections.get(b)?.recorded;
  return (
    one?.protocol?.id === other?.protocol?.id &&
    one?.connection.server.port === other?.connection.server.port &&
    one?.connection.role === other?.connection.role
  );
}

interface Owner {
  readonly path: readonly (string | number)[];
  readonly value: string | number;
  readonly doc: string;
}

const WHO = /^(?:actor|player|seat|owner|user|account|char(?:acter)?|puppet|sender|from)(?:_?id)?$/i;

/** Small numbers that say who acts: the others there may be. */
function* ownersOf({ message }: SeedMessage): Generator<Owner> {
  for (const { path, value } of leavesOf(message.fields)) {
    const name = lastName(path);
    const { role, names } = metaAt(message.spec?.node, path);
    if (typeof value !== 'number' || names !== undefined || !(WHO.test(name) || role === 'owner')) continue;
    if (value < 0 || value > 15) continue;
    for (let other = 0; other < 4; other++) {
      if (other !== value) yield { path, value: other, doc: `with ${name} ${other}` };
    }
  }
}

/** The same field of the same message, with what another connection wrote there. */
function* foreign(seed: Seed, at: SeedMessage): Generator<Told> {
  const own = new Map<string, unknown>();
  for (const { path, value } of leavesOf(at.message.fields)) own.set(formatPath(path), value);
  const known = new Set<string>();
  for (const other of seed.messages) {
    if (other.name !== at.name || other.frame.conn === at.frame.conn || known.size >= MOST_FOREIGN) continue;
    // What somebody was given when this visit was over cannot be shown in it.
    if (isLaterVisit(seed, other.frame.conn, at.frame.conn)) continue;
    for (const { path, value } of leavesOf(other.message.fields)) {
      const text = formatPath(path);
      const { role } = metaAt(other.message.spec?.node, path);
      const theirLinks = sendAt(seed, other.step).links?.filter((link) => link.path === text) ?? [];
      const isWho =
        role === 'id' ||
        role === 'owner' ||
        role === 'token' ||
        WHO.test(lastName(path)) ||
        /(^|_)id$/i.test(lastName(path)) ||
        (text === '' && theirLinks.length > 0);
      if (!isWho || own.get(text) === undefined || own.get(text) === value || typeof value === 'object') continue;
      const name = `foreign-${text === '' ? 'value' : text}-${valueText(value, 24)}`;
      if (known.has(name)) continue;
      known.add(name);
      // A number that only happens to be used by one of them says nothing of whose it is.
      const isTheirs =
        role === 'owner' ||
        role === 'token' ||
        WHO.test(lastName(path)) ||
        (text === '' &&
          theirLinks.length > 0 &&
          theirLinks.every(({ from }) => from.every(({ conn }) => conn !== at.frame.conn)));
      const isOwned = isTheirs && !isFirstSaid(seed, at) && isOwnedField(seed, at, other, text);
      yield {
        name,
        field: text,
        family: 'rule',
        doc: `With the ${lastName(path) || 'value'} that connection ${other.frame.conn} used.`,
        ...(isOwned ? { rule: `${lastName(path) || 'a value'} of somebody else` } : {}),
        make: (made, how) => {
          const step = sendAt(seed, at.step);
          const bytes = withValue(seed, at, path, value);
          if (bytes === undefined) return undefined;
          // The foreign value is wherever the server of today puts it: the other one's link leads there.
          const links = [...(step.links ?? []).filter((link) => link.path !== text), ...theirLinks];
          const { links: _own, ...rest } = step;
          const wrong = mutated({ ...rest, ...(links.length === 0 ? {} : { links }) }, { bytes });
          return around(made, at.step, [wrong], theirLinks.length === 0 ? how : withTheirs(made, other.step, how));
        },
      };
    }
  }
}

/** What the server gives to the other one has to be given, before it is shown by this one. */
function withTheirs(seed: Seed, theirs: number, how: MakeHow): MakeHow {
  return {
    ...how,
    prefix: (at) => {
      const steps = new Set([...prefixOf(seed, at, how), ...prefixOf(seed, theirs, how)]);
      return seed.base.steps.filter((step) => steps.has(step));
    },
  };
}

/** Whether two connections of the recording each kept to values of their own in this field; players may come back on others. */
function isOwnedField(seed: Seed, one: SeedMessage, other: SeedMessage, path: string): boolean {
  const used = (conn: number): Set<string> => {
    const values = new Set<string>();
    for (const { name, message, frame } of seed.messages) {
      if (name !== one.name || frame.conn !== conn) continue;
      const leaf = leavesOf(message.fields).find((each) => formatPath(each.path) === path);
      if (leaf !== undefined) values.add(String(leaf.value));
    }
    return values;
  };
  const theirs = used(other.frame.conn);
  return [...used(one.frame.conn)].every((value) => !theirs.has(value));
}

const SECRET = /^(?:pass|password|passwd|pwd|secret|token|ticket|key)$/i;
const PROVES = /log_?in|log_?on|connect|auth|sign_?in|verify|enter/i;

/** A proof that proves nothing: wrong, empty or left out. */
function* secrets(seed: Seed, at: SeedMessage): Generator<Told> {
  if (!PROVES.test(at.name)) return;
  for (const { path, value } of leavesOf(at.message.fields)) {
    const meta = metaAt(at.message.spec?.node, path);
    const isSecret =
      meta.role === 'password' || meta.role === 'token' || meta.secret === true || SECRET.test(lastName(path));
    if (!isSecret || (typeof value === 'string' && value === '')) continue;
    const text = formatPath(path);
    const wrongs: readonly (readonly [string, unknown])[] =
      typeof value === 'string'
        ? [
            ['wrong', `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}`],
            ['empty', ''],
            ['left-out', undefined],
          ]
        : value instanceof Uint8Array && value.length > 0
          ? [['wrong', value.map((byte) => byte ^ 0x55)]]
          : [];
    for (const [name, wrong] of wrongs) {
      yield {
        name: `secret-${text}-${name}`,
        field: text,
        family: 'rule',
        doc: `The ${lastName(path)} is ${name === 'left-out' ? 'left out' : name}.`,
        rule: `${name === 'left-out' ? 'a missing' : name === 'empty' ? 'an empty' : 'a wrong'} ${lastName(path)}`,
        make: (_seed, how) => {
          const bytes = withValue(seed, at, path, wrong);
          if (bytes === undefined) return undefined;
          const step = sendAt(seed, at.step);
          const links = (step.links ?? []).filter((link) => link.path !== text);
          const { links: _links, ...rest } = step;
          const sent = mutated({ ...rest, ...(links.length === 0 ? {} : { links }) }, { bytes });
          return around(seed, at.step, [sent], how);
        },
      };
    }
  }
}
