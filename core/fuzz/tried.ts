/** How much of what was planned is done: by message and by way of going wrong. */
import type { Family, Mutation } from './mutation.ts';

export interface TriedOf<Name extends string = string> {
  readonly name: Name;
  readonly tried: number;
  /** Ways of going wrong that are listed. Havoc makes up its own without end and plans none: 0. */
  readonly planned: number;
}

export class Tried {
  readonly #messages = new Map<string, { tried: number; planned: number }>();
  readonly #families = new Map<Family, { tried: number; planned: number }>();
  readonly #planned: ReadonlySet<string>;

  constructor(planned: readonly Mutation[]) {
    this.#planned = new Set(planned.map(({ id }) => id));
    for (const { message, family } of planned) {
      countOf(this.#messages, message).planned += 1;
      countOf(this.#families, family).planned += 1;
    }
  }

  add({ id, message, family }: Mutation): void {
    countOf(this.#families, family).tried += 1;
    if (this.#planned.has(id)) countOf(this.#messages, message).tried += 1;
  }

  /** In the order of the recording. */
  get messages(): readonly TriedOf[] {
    return listOf(this.#messages);
  }
  get families(): readonly TriedOf<Family>[] {
    return listOf(this.#families);
  }
}

function countOf<Name>(counts: Map<Name, { tried: number; planned: number }>, name: Name) {
  let count = counts.get(name);
  if (count === undefined) counts.set(name, (count = { tried: 0, planned: 0 }));
  return count;
}

function listOf<Name extends string>(
  counts: ReadonlyMap<Name, { tried: number; planned: number }>,
): readonly TriedOf<Name>[] {
  return [...counts].map(([name, count]) => ({ name, ...count }));
}
