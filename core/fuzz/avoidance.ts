/** Cases that would only bring the server down once more in a way that is known. */
import type { Mutation } from './mutation.ts';

/** Crashes of one kind after which all cases like them are passed over. */
const ENOUGH = 2;

export class Avoidance {
  /** Finding by what brings it about. */
  readonly #known = new Map<string, string>();
  readonly #crashes = new Map<string, number>();

  /** The finding that this would only show again. */
  of({ message, field, name, family }: Mutation): string | undefined {
    if (this.#known.size === 0) return undefined;
    return (
      this.#known.get(`${message}|${field}|${name}`) ??
      this.#known.get(`${message}|${field}|*`) ??
      (family === 'havoc' ? undefined : this.#known.get(`*|*|${name}`))
    );
  }

  /** After some crashes of one kind, by one field or by one way of going wrong, all of that field or way are passed over. */
  add({ message, field, name }: Mutation, key: string, id: string): void {
    this.#known.set(`${message}|${field}|${name}`, id);
    if (this.#count(`${key}|${message}|${field}`) >= ENOUGH) this.#known.set(`${message}|${field}|*`, id);
    if (this.#count(`${key}|${name}`) >= ENOUGH && name !== 'havoc') this.#known.set(`*|*|${name}`, id);
  }

  #count(what: string): number {
    const count = (this.#crashes.get(what) ?? 0) + 1;
    this.#crashes.set(what, count);
    return count;
  }
}
