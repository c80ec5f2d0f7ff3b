/**
 * The same wrong thing at an earlier place of the recording. Where each message is the answer to the one before, none in the
 * middle can be left out, and all that helps is to say it sooner: the same case of an earlier message of that name, the same
 * among what the server offered there, or the same bytes in the place of an earlier message.
 */
import { lastName } from '../replay/leaves.ts';
import { getPath, parsePath } from '../schema/path.ts';
import { unspokenMutations } from './mutate-unspoken.ts';
import { isSameBytes, type Mutation } from './mutation.ts';
import { mutationById } from './schedule.ts';
import { countSends, isSend, isWrong, type Script, type SendStep, type Step } from './script.ts';
import type { Seed, SeedMessage } from './seed.ts';

export interface EarlierHow {
  readonly seed: Seed;
  /** What was found by; undefined: the recorded session itself. */
  readonly mutation: Mutation | undefined;
  readonly rng: number;
  /** Each try costs a start of the server: fewer places. */
  readonly isDear: boolean;
  /** Every place, however many. */
  readonly isThorough?: boolean;
}

/** A place and how it is made there, when its turn comes. */
interface Place {
  /** Client messages of the script that come before it. */
  readonly before: number;
  readonly make: () => Script | undefined;
}

/** Places tried one after the other; after them each is farther from the last by this factor. */
const EACH = { cheap: 6, dear: 3 };
const FACTOR = { cheap: 1.3, dear: 1.8 };
/** Messages that go on behind what is wrong, where it takes more than itself to show. */
const MOST_TAIL = 4;

/** Smaller scripts that are likely to show it, those with the least before the wrong message first. */
export function* earlier(script: Script, how: EarlierHow): Generator<Script> {
  const mutation = movable(how);
  if (mutation === undefined) return;
  yield* inOrder(script, [
    ...sparse(casesAt(script, how, mutation, true), how),
    ...sparse(offersAt(script, how, mutation), how),
    ...sparse(sameNamed(script), how),
    ...outOfPlace(script, how),
  ]);
}

/** Smaller scripts that may show it where it does not matter what was due. */
export function* elsewhere(script: Script, how: EarlierHow): Generator<Script> {
  const mutation = movable(how);
  if (mutation === undefined) return;
  yield* inOrder(script, [...sparse(others(script), how), ...sparse(casesAt(script, how, mutation, false), how)]);
}

/** What goes by other messages, or is held against scripts of its own, is another thing at another place. */
function movable({ mutation }: EarlierHow): Mutation | undefined {
  const isBound =
    mutation === undefined ||
    mutation.controls !== undefined ||
    mutation.needs !== undefined ||
    mutation.isStill !== undefined;
  return isBound ? undefined : mutation;
}

function* inOrder(script: Script, places: readonly Place[]): Generator<Script> {
  const sends = countSends(script);
  for (const { make } of [...places].sort((a, b) => a.before - b.before)) {
    const made = make();
    if (made !== undefined && countSends(made) < sends) yield made;
  }
}

/** The first ones, and fewer and fewer of the rest. */
function sparse(places: readonly Place[], { isDear, isThorough }: EarlierHow): readonly Place[] {
  if (isThorough === true) return places;
  const kind = isDear ? 'dear' : 'cheap';
  const chosen: Place[] = [];
  for (let at = 0; at < places.length; at = at < EACH[kind] ? at + 1 : Math.ceil((at + 1) * FACTOR[kind]))
    chosen.push(places[at]!);
  return chosen;
}

// ---- the same case of another message ------------------------------------------------------------------------------------

function addressOf({ id }: Mutation): string {
  return id.slice(id.indexOf(':') + 1);
}

/** The same address on messages of the same name, or on others that have such a field. */
function casesAt(script: Script, how: EarlierHow, mutation: Mutation, isNamedAlike: boolean): Place[] {
  const address = addressOf(mutation);
  // Havoc is another one on other bytes; offers are counted by what is offered.
  if (address.startsWith('~') || address.startsWith('@offered-')) return [];
  const { field } = mutation;
  const hasField = ({ message }: SeedMessage): boolean =>
    field !== '' && !address.startsWith('@') && getPath(message.fields, field) !== undefined;
  return before(how.seed, script, mutation)
    .filter(({ at }) => at.index === 0 && (at.name === mutation.message) === isNamedAlike)
    .filter(({ at }) => isNamedAlike || hasField(at))
    .map(({ at, before }) => ({
      before,
      make: () => made(script, how, mutationById(how.seed, `${at.frame.n}:${address}`, how.rng)),
    }));
}

/** What the server offered before, wrong in the same way. */
function offersAt(script: Script, how: EarlierHow, mutation: Mutation): Place[] {
  const address = addressOf(mutation);
  const way = /^@offered-.+?(\/.*)$/.exec(address)?.[1] ?? (mutation.family === 'field' ? `/${address}` : undefined);
  if (way === undefined) return [];
  const isSame = (one: Mutation): boolean =>
    addressOf(one).startsWith('@offered-') && addressOf(one).endsWith(way) && one.field === mutation.field;
  return before(how.seed, script, mutation)
    .filter(({ at }) => isShownBefore(how.seed, at, lastName(parsePath(mutation.field))))
    .map(({ at, before }) => ({
      before,
      make: () => made(script, how, [...unspokenMutations(how.seed, at)].find(isSame)),
    }));
}

/** Whether the server's last word has the name of the field anywhere: offers are looked for only there. */
function isShownBefore(seed: Seed, { frame, index }: SeedMessage, field: string): boolean {
  const said = seed.between.get(frame.n)?.before;
  return index === 0 && field !== '' && said !== undefined && new TextDecoder().decode(said.bytes).includes(field);
}

/** Recorded messages to the server of the wrong one that come before it in the script, in order. */
function before(
  seed: Seed,
  script: Script,
  { n, step }: Mutation,
): { readonly at: SeedMessage; readonly before: number }[] {
  const serverOf = (conn: number | undefined): string => {
    const connection = conn === undefined ? undefined : seed.scene.connections.get(conn)?.recorded.connection;
    return `${connection?.server.port} ${connection?.role ?? ''}`;
  };
  const server = serverOf(seed.messages.find(({ frame }) => frame.n === n)?.frame.conn);
  const isThere = new Set(script.steps.map(({ conn }) => conn));
  const said = script.steps.flatMap((one) => (isSend(one) && !one.mutated ? [one.n] : []));
  return seed.messages
    .filter(({ step: at, frame }) => at < step && isThere.has(frame.conn) && serverOf(frame.conn) === server)
    .map((at) => ({ at, before: said.filter((one) => one < at.frame.n).length }));
}

/** Behind what the script still has of what was recorded before it. */
function made(script: Script, { seed, rng }: EarlierHow, mutation: Mutation | undefined): Script | undefined {
  const kept = new Set(script.steps.flatMap((one) => (isSend(one) && !one.mutated ? [one.n] : [])));
  const conns = new Set(script.steps.map(({ conn }) => conn));
  const prefix = (at: number): readonly Step[] =>
    seed.base.steps.slice(0, at).filter((one) => (isSend(one) ? kept.has(one.n) : conns.has(one.conn)));
  return mutation?.make(seed, { rng, tail: Math.min(MOST_TAIL, tailOf(script)), prefix })?.script;
}

/** Messages behind the last wrong one. */
function tailOf({ steps }: Script): number {
  return steps.slice(steps.findLastIndex(isWrong) + 1).filter(isSend).length;
}

// ---- the same bytes --------------------------------------------------------------------------------------------------------

function sameNamed(script: Script): Place[] {
  return inPlaceOf(script, (step, wrong) => step.message === wrong.message);
}

function others(script: Script): Place[] {
  return inPlaceOf(script, (step, wrong) => step.message !== wrong.message);
}

/** Places, and messages for each. */
const MOST_PLACES = 2;
const MOST_LATER = 6;

/** A right message that was said where it is wrong: those that came last are as wrong where the first was due. */
function outOfPlace(script: Script, { seed }: EarlierHow): Place[] {
  const wrong = script.steps.find(isWrong);
  if (wrong === undefined || !isSend(wrong) || wrong.wire !== undefined) return [];
  const right = seed.base.steps.find((step): step is SendStep => isSend(step) && step.n === wrong.n);
  if (right === undefined || !isSameBytes(right.bytes, wrong.bytes)) return [];
  const alike = seed.base.steps.filter(
    (step): step is SendStep => isSend(step) && step.conn === wrong.conn && step.message === wrong.message,
  );
  const places = sameNamed(script).slice(0, MOST_PLACES);
  return places.flatMap(({ before, make }) =>
    alike.slice(-MOST_LATER).map((other) => ({
      before,
      make: (): Script => ({
        steps: make()!.steps.map((step) => (isWrong(step) && isSend(step) ? { ...step, bytes: other.bytes } : step)),
      }),
    })),
  );
}

/** The one wrong message in the place of each of these that were said before it on its connection. */
function inPlaceOf({ steps }: Script, isOne: (step: SendStep, wrong: SendStep) => boolean): Place[] {
  const at = steps.findIndex(isWrong);
  const wrong = steps[at];
  if (wrong === undefined || !isSend(wrong) || steps.findLastIndex(isWrong) !== at) return [];
  const tail = tailOf({ steps });
  if (tail > MOST_TAIL) return [];
  return steps.slice(0, at).flatMap((step, i): Place[] => {
    if (!isSend(step) || step.conn !== wrong.conn || !isOne(step, wrong)) return [];
    const { awaits, dueMs, dueNames } = step;
    const due = { ...(dueMs === undefined ? {} : { dueMs }), ...(dueNames === undefined ? {} : { dueNames }) };
    // What a right one is answered by is known of the message in whose place it comes.
    const n = step.message === wrong.message ? step.n : wrong.n;
    const { dueMs: _ms, dueNames: _names, ...rest } = wrong;
    const make = (): Script => ({
      steps: [
        ...steps.slice(0, i),
        { ...rest, n, awaits, ...due },
        ...next(steps.slice(i + 1), (one) => one !== wrong, tail),
      ],
    });
    return [{ before: steps.slice(0, i).filter(isSend).length, make }];
  });
}

/** So many messages, and what is between them. */
function next(steps: readonly Step[], isKept: (step: Step) => boolean, count: number): Step[] {
  const taken: Step[] = [];
  let left = count;
  for (const step of steps.filter(isKept)) {
    if (left === 0) break;
    if (isSend(step)) left -= 1;
    taken.push(step);
  }
  return taken;
}
