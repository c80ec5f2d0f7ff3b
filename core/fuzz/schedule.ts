/**
 * Which case comes when: first every way of going wrong once, the likeliest in each message and field early, in an order that
 * the seed of the dice decides; then havoc without end, on the messages that have shown most.
 */
import { leavesOf } from '../replay/leaves.ts';
import { createDice, type Dice } from '../traffic/clock.ts';
import { fromCorpus, type KeptCase, keptMutation } from './corpus.ts';
import { everywhereMutations } from './mutate-everywhere.ts';
import { goneMutations } from './mutate-gone.ts';
import { meanwhileMutations } from './mutate-meanwhile.ts';
import { limitMutations } from './mutate-rules.ts';
import { fieldMutations } from './mutate-fields.ts';
import { sequenceMutations } from './mutate-sequence.ts';
import { twinMutations } from './mutate-twins.ts';
import { unknownMutations, unspokenMutations } from './mutate-unspoken.ts';
import { havocMutation, wireMutations } from './mutate-wire.ts';
import { type Family, fieldPattern, type Mutation } from './mutation.ts';
import { raceMutations } from './race.ts';
import type { Seed, SeedMessage } from './seed.ts';

/** Rounds of the schedule: each kind of going wrong comes up in an early one, the same of other messages in later ones. */
const ROUND: Readonly<Record<Family, number>> = {
  rule: 0,
  framing: 0.2,
  carrier: 0.2,
  payload: 0.4,
  race: 0.5,
  sequence: 0.5,
  field: 1,
  havoc: 1,
};
/** Wrong values that servers stumble over most. */
const FIRST =
  /^(?:null|missing|as-(?:array|object|string|number)|minus-one|negated|below-range|above-range|outside|int-max|past-(?:int|uint)|zero|empty|many|one-less|one-more|long-(?:256|65536)|root-(?:null|array|number)|everywhere|added-(?:null|long-4096|minus-one)|length|count)/;
const ROOTS = /^root-(?:null|array|number)$/;
/** Wrong values that only look odd. */
const LOOKS =
  /^(?:as-|upper|twice-|random-|right-to-left|emoji|bom|quotes|markup|format|path|escaped|newline|blank|control|raw-control|nul$|unclosed|trailing|leading|cut-utf8|lone-surrogate|bad-escape|hex|fraction|exponent|bare-|key-order|proto-|half|large|tiny|plus|huge|long-(?:digits|fraction)|minus-(?:zero|infinity|step)|infinity|past-(?:byte|long|double)|top-bit|byte$)/;
/** What the same kind of going wrong in another message comes later: rounds each time their number doubles. */
const AGAIN: Readonly<Record<Family, number>> = {
  rule: 0.05,
  race: 0.1,
  sequence: 0.15,
  field: 0.4,
  payload: 0.4,
  framing: 0.5,
  carrier: 0.5,
  havoc: 0,
};
const CHANCE = 0.6;

function roundOf({ family, name, field, rule, isGuess, isLikely }: Mutation): number {
  if (rule !== undefined || isLikely === true) return ROUND.rule;
  // What is no message at all goes through all of the code that comes before messages are told apart.
  if (ROOTS.test(name) && field === '') return ROUND.framing;
  // Most of what a description knows beyond the recording is refused, whatever is wrong with it.
  // There are few of these.
  if (name.startsWith('meanwhile-')) return 0.2;
  if (name.startsWith('never-')) return field === '' ? 1 : 2;
  if (family === 'field') return FIRST.test(name) ? 0.3 : LOOKS.test(name) ? 2 : ROUND.field;
  // One message in the place of another: there are very many of these.
  return name.startsWith('as-') ? (isGuess === true ? 0.8 : 1.2) : ROUND[family];
}

/** Of one kind are the same ways of going wrong in fields of the same name: most often the same code reads them. */
function kindOf({ id, family, name, field }: Mutation): string {
  const last = fieldPattern(field).split('.').at(-1) ?? '';
  // A payload around the message is read by other code than the message is.
  const place = field === '' && /^\d+:\$/.test(id) ? '$' : '';
  return `${place}${family}|${family === 'rule' ? name.replace(/-.*/, '') : name}|${last}`;
}

/** Occurrences of one message in one situation that are tried in other orders. */
const SITUATIONS = 3;
const GUESS_SITUATIONS = 12;
/** The message of a server, counted by kinds, in whose place those of the description are tried again. */
const LATE_POST = 3;
/** Steps before a message that double its cost. */
const DEPTH = 60;

export class Schedule {
  readonly planned: readonly Mutation[];
  readonly #seed: Seed;
  readonly #rng: number;
  readonly #dice: Dice;
  readonly #energy = new Map<number, number>();
  #next = 0;

  /** @param corpus cases of an earlier campaign, which come first */
  constructor(seed: Seed, rng: number, corpus: readonly KeptCase[] = []) {
    this.#seed = seed;
    this.#rng = rng;
    this.#dice = createDice(`${rng}/havoc`);
    const first = corpus.length === 0 ? [] : fromCorpus(seed, corpus, (id) => mutationById(seed, id, rng), rng);
    const known = new Set(first.map(({ id }) => id));
    const rest = plan(seed, rng).filter((one) => seed.scene.side !== 'client' || isForClients(one));
    this.planned = [...first, ...rest.filter(({ id }) => !known.has(id))];
  }

  /** Steps of the base script that planned cases are about. */
  get steps(): readonly number[] {
    return [...new Set(this.planned.map(({ step }) => step))];
  }

  /** Cases taken so far. */
  get taken(): number {
    return this.#next;
  }

  /** The index-th case; the same for the same feedback. */
  next(): { readonly index: number; readonly mutation: Mutation } {
    const index = this.#next++;
    const planned = this.planned[index];
    if (planned !== undefined) return { index, mutation: planned };
    return { index, mutation: havocMutation(this.#pick(), index) };
  }

  /** Something new was seen after a case on this frame: more of it. */
  reward(n: number, points: number): void {
    this.#energy.set(n, Math.min(40, (this.#energy.get(n) ?? 0) + points));
  }

  /** One of those that were planned or made up before. */
  byId(id: string): Mutation | undefined {
    return mutationById(this.#seed, id, this.#rng);
  }

  #pick(): SeedMessage {
    const { messages } = this.#seed;
    const weights = messages.map((one) => (1 + (this.#energy.get(one.frame.n) ?? 0)) / (1 + one.step / DEPTH));
    let at = this.#dice.next() * weights.reduce((sum, one) => sum + one, 0);
    for (const [i, weight] of weights.entries()) {
      at -= weight;
      if (at <= 0) return messages[i]!;
    }
    return messages.at(-1)!;
  }
}

function plan(seed: Seed, rng: number): Mutation[] {
  const found: { readonly mutation: Mutation; readonly place: number }[] = [];
  const seen = new Set<string>();
  const shapes = new Set<string>();
  const situations = new Map<string, number>();
  const kinds = new Map<string, number>();
  const known = new Map<string, number>();
  const dice = createDice(`${rng}/order`);
  const add = (mutation: Mutation): void => {
    if (seen.has(mutation.id)) return;
    seen.add(mutation.id);
    const kind = kindOf(mutation);
    const nth = (kinds.get(kind) ?? 0) + 1;
    kinds.set(kind, nth);
    const cost = (1 + mutation.step / DEPTH) ** 0.25;
    const again = mutation.isLikely === true ? 0 : AGAIN[mutation.rule === undefined ? mutation.family : 'rule'];
    const round = roundOf(mutation) + again * Math.log2(nth) + CHANCE * dice.next();
    found.push({ mutation, place: round * cost });
  };
  for (const at of seed.messages) {
    const shape = shapeOf(seed, at);
    const situation = `${shape}\0${before(seed, at)}`;
    const met = situations.get(situation) ?? 0;
    situations.set(situation, met + 1);
    if (met < GUESS_SITUATIONS) {
      for (const one of sequenceMutations(seed, at)) if (met < SITUATIONS || one.isGuess === true) add(one);
    }
    // Where a conversation is decides what a message means that was not said there.
    if (met < SITUATIONS || seed.between.get(at.frame.n)?.before !== undefined)
      for (const one of unspokenMutations(seed, at)) if (met < SITUATIONS || isOffer(one)) add(one);
    for (const one of everywhereMutations(seed, at)) add(one);
    for (const one of goneMutations(seed, at)) add(one);
    if (shapes.has(shape)) continue;
    shapes.add(shape);
    const place = placeOf(seed, at);
    const posts = known.get(place) ?? 0;
    known.set(place, posts + 1);
    // Where nothing was said yet, and where much was.
    if (posts === 0 || posts === LATE_POST) for (const one of unknownMutations(seed, at)) add(one);
    for (const one of twinMutations(seed, at)) add(one);
    for (const one of meanwhileMutations(seed, at)) add(one);
    for (const one of limitMutations(seed, at)) add(one);
    for (const one of fieldMutations(seed, at, rng)) add(one);
    for (const one of wireMutations(seed, at)) add(one);
    for (const one of raceMutations(seed, at)) add(one);
  }
  return found.sort((a, b) => a.place - b.place).map(({ mutation }) => mutation);
}

/** To a client, only the server speaks: it breaks no rule of the game, and nobody else is there. */
function isForClients({ family, rule, name }: Mutation): boolean {
  if (rule !== undefined || family === 'rule' || family === 'race') return false;
  return !/^(?:never|offered|echo|ahead|everywhere|gone)-/.test(name);
}

/** Messages of one name, one set of fields, one server and one fate are tried once. */
function shapeOf(seed: Seed, { message, frame, name }: SeedMessage): string {
  const recorded = seed.scene.connections.get(frame.conn)?.recorded;
  const fields = new Set(
    leavesOf(message.fields).map(({ path }) => fieldPattern(path.join('.').replaceAll(/\b\d+\b/g, '[]'))),
  );
  return `${recorded?.connection.server.port}\0${seed.refused.has(frame.n)}\0${name}\0${[...fields].sort().join(',')}`;
}

/** The server it is said to. */
function placeOf(seed: Seed, { frame }: SeedMessage): string {
  const recorded = seed.scene.connections.get(frame.conn)?.recorded;
  return `${recorded?.connection.server.port} ${recorded?.connection.role ?? ''}`;
}

function isOffer({ name }: Mutation): boolean {
  return name.startsWith('offered-');
}

/** What the server said last. */
function before(seed: Seed, { frame }: SeedMessage): string {
  const last = seed.lastHeard.get(frame.n);
  return last ?? '';
}

/** @throws Error when there is no such case */
export function mutationById(seed: Seed, id: string, rng: number): Mutation | undefined {
  const n = Number(/^\d+/.exec(id)?.[0]);
  const k = /^\d+:~(\d+)$/.exec(id)?.[1];
  const kept = /^\d+:\+((?:[\da-f]{2})*)$/.exec(id)?.[1];
  for (const at of seed.messages) {
    if (at.frame.n !== n) continue;
    if (k !== undefined) return havocMutation(at, Number(k));
    if (kept !== undefined) return keptMutation(at, kept);
    const address = id.slice(id.indexOf(':') + 1);
    for (const list of makersOf(address, seed, at, rng)) for (const one of list) if (one.id === id) return one;
  }
  return undefined;
}

/** Who makes cases of such an address; there are many of them for a message, and looking through all takes long. */
function makersOf(address: string, seed: Seed, at: SeedMessage, rng: number): readonly Iterable<Mutation>[] {
  if (!address.startsWith('@')) return [fieldMutations(seed, at, rng)];
  if (address.startsWith('@never-')) return [unknownMutations(seed, at)];
  if (/^@(?:offered|echo|ahead)-/.test(address)) return [unspokenMutations(seed, at)];
  return [
    sequenceMutations(seed, at),
    wireMutations(seed, at),
    raceMutations(seed, at),
    twinMutations(seed, at),
    limitMutations(seed, at),
    goneMutations(seed, at),
    meanwhileMutations(seed, at),
    everywhereMutations(seed, at),
  ];
}
