/** Cases that would only bring the server down once more in a way that is known. */
import type { Mutation } from './mutation.ts';

/** Crashes of one kind after which all cases like them are passed over. */
const ENOUGH = 2;
/** Of chance damage to a message that the server went down with more than once, one in so many is played all the same. */
const HAVOC_EVERY = 8;

export class Avoidance {
  /** Finding by what brings it about. */
  readonly #known = new Map<string, string>();
  readonly #crashes = new Map<string, number>();
  /** What the server went down with, by what the crash is known by. */
  readonly #culprits = new Map<string, Set<string>>();

  /** The finding that this would only show again. */
  of(mutation: Mutation): string | undefined {
    if (this.#known.size === 0) return undefined;
    const { id, message, field, name, family } = mutation;
    const place = placeOf(mutation);
    if (family === 'havoc' && Number(id.slice(id.lastIndexOf('~') + 1)) % HAVOC_EVERY === 0) return undefined;
    return (
      (family === 'havoc' ? undefined : this.#known.get(`${message}|${field}|${name}`)) ??
      (place === undefined ? undefined : this.#known.get(`${message}|${place}|*`)) ??
      (field === '' ? undefined : this.#known.get(`*|${field}|*`)) ??
      (family === 'havoc' ? undefined : this.#known.get(`*|*|${name}`))
    );
  }

  /** Whether it is like something the server went down with before: others come first. */
  isRisky(mutation: Mutation): boolean {
    for (const key of this.#culprits.keys()) if (this.isLike(mutation, key)) return true;
    return false;
  }

  /** Whether the server went down in this manner with one like it: the same field of it, or the same way of going wrong. */
  isLike({ message, field, name, family }: Mutation, key: string): boolean {
    const culprits = this.#culprits.get(key);
    if (culprits === undefined) return false;
    return (
      (field !== '' && (culprits.has(`${message}|${field}`) || culprits.has(`*|${field}`))) ||
      (family !== 'havoc' && (culprits.has(name) || culprits.has(`${groupOf(name)}-*`)))
    );
  }

  /**
   * After some crashes of one kind, by one field or by one way of going wrong, all of that field or way are passed over; so is
   * a field that all messages have, after it was one in some of them.
   * @param isDear each costs so much that what is named alike comes late from the first one on
   */
  add(mutation: Mutation, key: string, id: string, isDear = false): void {
    const { message, field, name } = mutation;
    const culprits = this.#culprits.get(key) ?? new Set();
    this.#culprits.set(key, culprits.add(`${message}|${field}`).add(name));
    if (this.#count(`${key}|${groupOf(name)}-*`) >= ENOUGH || isDear) culprits.add(`${groupOf(name)}-*`);
    this.#known.set(`${message}|${field}|${name}`, id);
    const place = placeOf(mutation);
    if (place !== undefined && this.#count(`${key}|${message}|${place}`) >= ENOUGH)
      this.#known.set(`${message}|${place}|*`, id);
    if (this.#count(`${key}|${name}`) >= ENOUGH && name !== 'havoc') this.#known.set(`*|*|${name}`, id);
    if (field === '') return;
    const messages = [...culprits].filter((one) => one.endsWith(`|${field}`) && !one.startsWith('*'));
    if (messages.length < ENOUGH) return;
    culprits.add(`*|${field}`);
    if (messages.length > ENOUGH) this.#known.set(`*|${field}|*`, id);
  }

  #count(what: string): number {
    const count = (this.#crashes.get(what) ?? 0) + 1;
    this.#crashes.set(what, count);
    return count;
  }
}

/** What is wrong in all cases of a place is the same: a field, or bytes. Orders of messages have little in common. */
function placeOf({ field, family }: Mutation): string | undefined {
  if (field !== '') return field;
  return family === 'payload' || family === 'havoc' ? `@${family}` : undefined;
}

/** `root` of `root-null`: ways of going wrong that are named alike. */
function groupOf(name: string): string {
  return name.split('-')[0] ?? name;
}
