/** What was set aside, with how often. */
export class IgnoredList {
  readonly #counts = new Map<string, { path: string; why: string; count: number }>();

  add(path: string, why: string): void {
    const key = `${path}\0${why}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { path, why, count: 1 });
    else known.count++;
  }
  get list(): { path: string; why: string; count: number }[] {
    return [...this.#counts.values()];
  }
}
