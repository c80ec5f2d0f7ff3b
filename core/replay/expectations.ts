/**
 * What should still come on each connection, while a replay runs. A message that came is matched at once, roughly: pace and
 * rebinding need its counterpart now. The verdict aligns everything again at the end, with all of it known.
 */
import { countDifferences, type Ignores } from './compare.ts';
import type { LiveItem } from './live-item.ts';
import type { Expected } from './plan.ts';

type Standing = 'waiting' | 'here' | 'given-up';

/** How far ahead of what is due a message may be matched. */
const LOOKAHEAD = 64;
/** Waiting messages of one name that are compared field by field before the first is taken. */
const CANDIDATES = 8;
/** Differences beyond this do not make two messages less alike. */
const MAX_COUNTED = 12;

/** A live message that took the place of another one, which stands for nothing now. */
export interface Match {
  readonly expected: Expected;
  readonly displaced?: LiveItem;
}

/** Messages that came and may still turn out to stand for another. */
const MAX_TAKEN = 64;

export class Expectations {
  readonly #expected: readonly Expected[];
  readonly #standing: Standing[];
  /** What came for an expected message, and how many fields differ, by its id. */
  readonly #taken = new Map<number, { readonly item: LiveItem; readonly cost: number }>();
  /** Indices by connection, in order. */
  readonly #byConnection = new Map<number, number[]>();
  /** First of a connection that may still be waiting. */
  readonly #cursors = new Map<number, number>();

  constructor(expected: readonly Expected[]) {
    this.#expected = expected;
    this.#standing = expected.map(() => 'waiting');
    expected.forEach(({ conn }, i) => {
      const list = this.#byConnection.get(conn);
      if (list === undefined) this.#byConnection.set(conn, [i]);
      else list.push(i);
    });
  }

  /**
   * The recorded message a live one stands for; undefined when none is waited for.
   * @param due how many messages of the recording had come before the next step: later ones are matched with less trust
   * @param refuses the server says one thing at a time: only what is next may match, and not if it concerns somebody else
   */
  match(
    item: LiveItem,
    due: number,
    ignores: Ignores,
    refuses?: (expected: Expected, item: LiveItem) => boolean,
  ): Match | undefined {
    const strict = refuses !== undefined;
    const list = this.#byConnection.get(item.conn) ?? [];
    const candidates: number[] = [];
    let ahead = 0;
    for (let at = this.#cursor(item.conn); at < list.length && ahead < LOOKAHEAD; at++) {
      const i = list[at]!;
      if (i >= due) ahead++;
      if (this.#standing[i] === 'here') continue;
      if (this.#expected[i]!.message.name === item.message.name) candidates.push(i);
      if (candidates.length >= CANDIDATES || (strict && this.#standing[i] === 'waiting')) break;
    }
    const best = this.#best(candidates, item, due, ignores);
    const cost = best === undefined ? Infinity : this.#costOf(best, item, ignores);
    const better = strict || cost === 0 ? undefined : this.#betterThanTaken(item, cost, ignores);
    const taken = better ?? best;
    if (taken === undefined || refuses?.(this.#expected[taken]!, item) === true) return undefined;
    const displaced = better === undefined ? undefined : this.#taken.get(better)!.item;
    this.#standing[taken] = 'here';
    if (this.#taken.size > MAX_TAKEN) this.#taken.delete(this.#taken.keys().next().value!);
    this.#taken.set(taken, { item, cost: better === undefined ? cost : this.#costOf(better, item, ignores) });
    return { expected: this.#expected[taken]!, ...(displaced === undefined ? {} : { displaced }) };
  }

  /** Of several alike the first to come was taken for the first expected: one that fits much better takes its place. */
  #betterThanTaken(item: LiveItem, least: number, ignores: Ignores): number | undefined {
    let best: number | undefined;
    for (const [id, { item: other, cost }] of this.#taken) {
      if (cost < 2 || other.conn !== item.conn || other.segment !== item.segment) continue;
      if (other.message.name !== item.message.name) continue;
      const now = this.#costOf(id, item, ignores);
      if (now + 2 > cost || now >= least) continue;
      least = now;
      best = id;
    }
    return best;
  }

  #costOf(id: number, item: LiveItem, ignores: Ignores): number {
    return countDifferences(this.#expected[id]!.message, item.message, ignores, MAX_COUNTED);
  }

  /** First message among the first `due` that is still waited for. */
  firstWaiting(due: number, skip: (expected: Expected) => boolean): Expected | undefined {
    let first = due;
    for (const [conn, list] of this.#byConnection) {
      for (let at = this.#cursor(conn); at < list.length; at++) {
        const i = list[at]!;
        if (i >= first) break;
        if (this.#standing[i] !== 'waiting' || skip(this.#expected[i]!)) continue;
        first = i;
        break;
      }
    }
    return first < due ? this.#expected[first] : undefined;
  }

  /** Names of the messages that become due between two places of the recording. */
  namesBetween(from: number, to: number): Set<string | null> {
    return new Set(this.#expected.slice(from, to).map((one) => one.message.name));
  }

  isWaiting(expected: Expected): boolean {
    return this.#standing[expected.id] === 'waiting';
  }

  /** Waited long enough; when it comes after all, it is still matched. */
  giveUp(expected: Expected): void {
    if (this.#standing[expected.id] === 'waiting') this.#standing[expected.id] = 'given-up';
  }

  /** Whether anything of a connection is still waited for, heartbeats apart. */
  owes(conn: number): boolean {
    return (this.#byConnection.get(conn) ?? []).some(
      (i) => this.#standing[i] === 'waiting' && !this.#expected[i]!.isHeartbeat,
    );
  }

  /** What is not due yet may be matched by its like only: one message too many must not pass for the next one. */
  #best(candidates: readonly number[], item: LiveItem, due: number, ignores: Ignores): number | undefined {
    const [only] = candidates;
    if (only === undefined) return undefined;
    if (candidates.length === 1 && only < due) return only;
    let best: number | undefined;
    let least = Infinity;
    for (const i of candidates) {
      const counted = countDifferences(this.#expected[i]!.message, item.message, ignores, i >= due ? 1 : MAX_COUNTED);
      if (i >= due && counted > 0) continue;
      // One that was given up is taken when it fits better only.
      const cost = counted + (this.#standing[i] === 'waiting' ? 0 : 0.5);
      if (cost < least) {
        least = cost;
        best = i;
      }
      if (cost === 0) break;
    }
    return best;
  }

  #cursor(conn: number): number {
    const list = this.#byConnection.get(conn) ?? [];
    let at = this.#cursors.get(conn) ?? 0;
    while (at < list.length && this.#standing[list[at]!] === 'here') at++;
    this.#cursors.set(conn, at);
    return at;
  }
}
