/** Which other connections a connection cannot do without: where it was handed over, where its values are issued, and who else. */
import { type Baseline, canTell } from './baseline.ts';
import { sendAt } from './mutation.ts';
import type { Seed } from './seed.ts';
import { isSend, type Step } from './script.ts';
import { connsWith, wayTo } from './visit-needs.ts';

export interface NeedsHow {
  readonly seed: Seed;
  readonly baseline: Baseline;
  readonly isEnough: (prefix: readonly Step[], at: number) => Promise<boolean>;
  readonly isOver: () => boolean;
}

/** Messages back to which two connections are looked at for having to do with each other. */
const NEAR = 24;
/** Connections left out one at a time, at the most. */
const MOST_LEFT_OUT = 12;

export class Needs {
  readonly #how: NeedsHow;
  readonly #known = new Map<number, Promise<ReadonlySet<number>>>();
  /** As `#known`, once it is found out. */
  readonly #found = new Map<number, ReadonlySet<number>>();

  constructor(how: NeedsHow) {
    this.#how = how;
  }

  /** With itself; all before it where nothing less is enough. */
  of(conn: number): Promise<ReadonlySet<number>> {
    let known = this.#known.get(conn);
    if (known === undefined) {
      known = this.#find(conn).then((found) => {
        this.#found.set(conn, found);
        return found;
      });
      this.#known.set(conn, known);
    }
    return known;
  }

  /** What the connections that its own needs up to a step have said before it. */
  stepsBefore(at: number): readonly Step[] {
    const { steps } = this.#how.seed.base;
    const needed = this.#needsAt(at);
    return needed === undefined
      ? wayTo(this.#how.seed, at)
      : steps.slice(0, at).filter((step) => needed.has(step.conn));
  }

  /** Values that are shown later need not have been issued yet. */
  #needsAt(at: number): ReadonlySet<number> | undefined {
    const { seed } = this.#how;
    const { conn } = seed.base.steps[at]!;
    if (!this.#found.has(conn)) return undefined;
    const needed = new Set<number>();
    const need = (one: number): void => {
      if (needed.has(one)) return;
      needed.add(one);
      for (const other of [...(this.#found.get(one) ?? []), ...sourcesOf(seed, one, at)]) need(other);
    };
    need(conn);
    return needed;
  }

  async #find(conn: number): Promise<ReadonlySet<number>> {
    const { seed, baseline, isEnough, isOver } = this.#how;
    const { steps } = seed.base;
    const at = steps.findIndex((step) => {
      const known = isSend(step) && step.conn === conn ? baseline.answers.get(step.n) : undefined;
      return known !== undefined && canTell(known);
    });
    const own = await this.#closed([conn, ...sourcesOf(seed, conn, Math.max(0, at))], conn);
    // Nothing to go by.
    if (at < 0 || isOver()) return at < 0 ? own : connsWith(seed, conn);
    const before = (conns: ReadonlySet<number>): Step[] => steps.slice(0, at).filter((step) => conns.has(step.conn));
    if (await isEnough(before(own), at)) return own;
    const opened = await this.#enough(at, async (conns) => isEnough(before(conns), at));
    const alike = await this.#closed([...own, ...[...opened].filter((other) => isAlike(seed, conn, other))], conn);
    if (alike.size > own.size && !isOver() && (await isEnough(before(alike), at))) return alike;
    return this.#lessOf(opened, own, async (conns) => isEnough(before(conns), at));
  }

  /** A way to a step that needs other connections than its own does; undefined when all before it is needed. */
  async withOthers(
    at: number,
    isEnough: (prefix: readonly Step[]) => Promise<boolean>,
  ): Promise<readonly Step[] | undefined> {
    const { seed, isOver } = this.#how;
    const { steps } = seed.base;
    const { conn } = sendAt(seed, at);
    const before = (conns: ReadonlySet<number>): Step[] => steps.slice(0, at).filter((step) => conns.has(step.conn));
    const own = this.#needsAt(at) ?? new Set([conn]);
    const partners = await this.#closed([...own, ...partnersOf(seed, at)], conn);
    if (partners.size > own.size && !isOver() && (await isEnough(before(partners)))) return before(partners);
    if (isOver()) return undefined;
    const opened = await this.#enough(at, async (conns) => isEnough(before(conns)));
    const left = await this.#lessOf(opened, own, async (conns) => isEnough(before(conns)));
    return left.size < opened.size ? before(left) : undefined;
  }

  /** Connections of its visit, with those this one builds on; all before it where these are not enough. */
  async #enough(at: number, isEnough: (conns: ReadonlySet<number>) => Promise<boolean>): Promise<ReadonlySet<number>> {
    const { seed } = this.#how;
    const all = connsOf(seed.base.steps.slice(0, at));
    const own = connsOf(wayTo(seed, at));
    return own.size === all.size || (await isEnough(own)) ? own : all;
  }

  /** All that is not needed left out, one at a time. */
  async #lessOf(
    opened: ReadonlySet<number>,
    own: ReadonlySet<number>,
    isEnough: (conns: ReadonlySet<number>) => Promise<boolean>,
  ): Promise<ReadonlySet<number>> {
    let left: ReadonlySet<number> = new Set([...opened, ...own]);
    const others = [...opened].filter((other) => !own.has(other)).slice(0, MOST_LEFT_OUT);
    for (const other of others) {
      if (this.#how.isOver()) break;
      const without = new Set([...left].filter((one) => one !== other));
      if (await isEnough(without)) left = without;
    }
    return left;
  }

  /** With all that these need. */
  async #closed(conns: Iterable<number>, asking: number): Promise<Set<number>> {
    const closed = new Set<number>();
    for (const conn of new Set(conns)) {
      closed.add(conn);
      // Who comes later cannot be needed: nobody waits for whom he is asked by.
      if (conn < asking) for (const one of await this.of(conn)) closed.add(one);
      else for (const one of this.#found.get(conn) ?? []) closed.add(one);
    }
    return closed;
  }
}

function connsOf(steps: readonly Step[]): ReadonlySet<number> {
  return new Set(steps.map((step) => step.conn));
}

/** Where a connection was handed over, and where the values were issued that it shows up to a step. */
function sourcesOf(seed: Seed, conn: number, at: number): number[] {
  const sources = new Set<number>();
  const { handoff, openedBehind } = seed.scene.connections.get(conn) ?? {};
  if (handoff !== undefined) sources.add(handoff.conn);
  if (openedBehind !== undefined) sources.add(openedBehind.conn);
  for (const step of seed.base.steps.slice(0, at + 1)) {
    if (!isSend(step) || step.conn !== conn) continue;
    for (const { from } of step.links ?? []) for (const issue of from.slice(0, 1)) sources.add(issue.conn);
  }
  sources.delete(conn);
  return [...sources];
}

/** The same names were said on both. */
function isAlike(seed: Seed, conn: number, other: number): boolean {
  if (conn === other) return false;
  const encoder = new TextEncoder();
  const names = seed.scene.identities.map((name) => hexOf(encoder.encode(name)));
  const said = (one: number): string =>
    seed.base.steps.flatMap((step) => (isSend(step) && step.conn === one ? [hexOf(step.bytes)] : [])).join(' ');
  const [a, b] = [said(conn), said(other)];
  return names.some((name) => a.includes(name) && b.includes(name));
}

function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Connections that heard of what this one said lately, or said what this one heard of. */
function partnersOf(seed: Seed, at: number): number[] {
  const { conn, awaits } = sendAt(seed, at);
  const partners = new Set(awaits.map(([other]) => other));
  for (const step of seed.base.steps.slice(Math.max(0, at - NEAR), at)) {
    if (!isSend(step)) continue;
    if (step.conn === conn) for (const [other] of step.awaits) partners.add(other);
    else if (step.awaits.some(([other]) => other === conn)) partners.add(step.conn);
  }
  partners.delete(conn);
  return [...partners];
}

const TRIES = { least: 14, most: 48 };

const MAKES = /create|register|sign_?up|new_/i;

/**
 * Makes something that later messages are about. It is not left out: where others have made theirs, a server may take those for
 * it, and on another day there are none.
 */
export function isMaking(seed: Seed, step: Step): boolean {
  return isSend(step) && MAKES.test(step.message) && !seed.refused.has(step.n);
}

/** Whole connections first, then messages, halving. */
export async function fewer(
  steps: readonly Step[],
  { conn, isKept }: { readonly conn: number; readonly isKept: (step: Step) => boolean },
  isEnough: (prefix: readonly Step[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly Step[]> {
  let best = steps;
  let tries = 0;
  const most = Math.min(TRIES.most, Math.max(TRIES.least, best.filter(isSend).length >> 1));
  for (const other of new Set(steps.map((step) => step.conn))) {
    if (other === conn || tries >= most || isOver()) continue;
    const candidate = best.filter((step) => step.conn !== other);
    tries += 1;
    if (await isEnough(candidate)) best = candidate;
  }
  let size = best.filter(isSend).length >> 1;
  while (size >= 1 && tries < most && !isOver()) {
    let removed = false;
    for (let at = 0; at < best.filter(isSend).length && tries < most && !isOver(); ) {
      let seen = -1;
      const kept = best.filter((step) => {
        if (step.kind !== 'send' || isKept(step)) return true;
        seen += 1;
        return seen < at || seen >= at + size;
      });
      const candidate = tidy(kept, conn);
      tries += 1;
      if (await isEnough(candidate)) {
        best = candidate;
        removed = true;
      } else at += size;
    }
    if (!removed || size > 1) size >>= 1;
  }
  return best;
}

/** Connections that nothing is said on are not opened. */
function tidy(steps: readonly Step[], conn: number): readonly Step[] {
  const used = new Set([conn, ...steps.filter(isSend).map((step) => step.conn)]);
  return steps.filter((step) => used.has(step.conn));
}
