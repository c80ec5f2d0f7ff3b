/** The findings of a campaign, by what tells them apart; and what looked like one and did not come back. */
import type { Finding, Unconfirmed } from './finding.ts';
import type { Keeper } from './world.ts';

/** Suspicions of one kind that did not come back after which no more of it are looked into. */
const MOST_DISMISSED = 3;

const LOG_LINES = 20;

/** Findings of one oracle and one field, each of another message, after which more messages are no news. */
const ENOUGH_ALIKE = 2;

/** Key of all silences after one message: where it may be left unanswered, each field of it looks suspicious. */
export function silenceAfter(message: string): string {
  return `silence|${message}`;
}

/** The check that a reply fails, and where; undefined when the key is of something else. */
function checkOf(key: string): string | undefined {
  return /^schema\|[^/|]*\/(invariant\/.*)$/.exec(key)?.[1];
}

export class FindingList {
  readonly #keeper: Keeper;
  readonly #now: () => number;
  readonly #byKey = new Map<string, Finding>();
  readonly #dismissed = new Map<string, number>();
  readonly #unconfirmed = new Map<string, Unconfirmed>();
  #count = 0;

  /** @param now milliseconds since the campaign began */
  constructor(keeper: Keeper, now: () => number) {
    this.#keeper = keeper;
    this.#now = now;
  }

  get all(): readonly Finding[] {
    return [...this.#byKey.values()];
  }
  /** One of those that show the same of other messages, when it was found of several: no news any more. */
  alike(key: string): Finding | undefined {
    // A check goes by what several messages say: it fails at whichever comes first.
    const check = checkOf(key);
    if (check !== undefined) return this.all.find((one) => checkOf(one.key) === check);
    const [oracle, message, ...rest] = key.split('|');
    // Silence at nonsense comes from what reads all messages; whatever else is wrong with a whole message is its own.
    if (message === undefined || (oracle !== 'no-answer' && rest.every((part) => part === ''))) return undefined;
    const same = this.all.filter((one) => {
      const [otherOracle, , ...otherRest] = one.key.split('|');
      return otherOracle === oracle && otherRest.join('|') === rest.join('|');
    });
    return same.length >= ENOUGH_ALIKE ? same[0] : undefined;
  }
  get unconfirmed(): readonly Unconfirmed[] {
    return [...this.#unconfirmed.values()].filter(({ key }) => !this.#byKey.has(key));
  }
  get size(): number {
    return this.#byKey.size;
  }
  get(key: string): Finding | undefined {
    return this.#byKey.get(key);
  }

  /** Puts findings of an earlier part of the campaign back. */
  restore(findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.#byKey.set(finding.key, finding);
      this.#count = Math.max(this.#count, Number(finding.id.slice(1)) || 0);
    }
  }

  /** A case has shown it again. */
  hit(known: Finding, index: number): void {
    this.#byKey.set(known.key, { ...known, hits: known.hits + 1 });
    this.#keeper.append({ what: 'hit', id: known.id, case: index });
  }

  /** The first of each kind is kept. */
  unconfirm(one: Unconfirmed): void {
    if (this.#unconfirmed.has(one.key)) return;
    this.#unconfirmed.set(one.key, one);
    this.#keeper.append({ what: 'unconfirmed', key: one.key, title: one.title, cases: one.cases, log: one.log });
  }

  /** @param times that it did not come back; without end: it is not looked into any more */
  dismiss(key: string, times = 1): void {
    this.#dismissed.set(key, (this.#dismissed.get(key) ?? 0) + times);
  }
  isDismissed(key: string, most = MOST_DISMISSED): boolean {
    return (this.#dismissed.get(key) ?? 0) >= most;
  }

  /** Tells a finding anew: it was made smaller. */
  async improve(key: string, change: Partial<Finding>): Promise<void> {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    const finding = { ...known, ...change };
    this.#byKey.set(key, finding);
    await this.#keeper.save(finding);
  }

  /** It came back only where others had left something behind. */
  drop(key: string): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return;
    this.#byKey.delete(key);
    this.#keeper.drop(known.id);
    const { oracle, title, caseId, log } = known;
    this.unconfirm({
      key,
      oracle,
      title: `${title} (not on a server that was just started)`,
      cases: [caseId],
      log: log.slice(-LOG_LINES),
    });
  }

  async keep(found: Omit<Finding, 'id' | 'hits' | 'at'>): Promise<Finding> {
    const finding: Finding = { ...found, id: `F${++this.#count}`, hits: 1, at: this.#now() };
    this.#byKey.set(finding.key, finding);
    const index = Number(finding.caseId.split(':')[1]);
    this.#keeper.append({
      what: 'finding',
      id: finding.id,
      key: finding.key,
      case: Number.isInteger(index) ? index : -1,
    });
    await this.#keeper.save(finding);
    return finding;
  }
}
