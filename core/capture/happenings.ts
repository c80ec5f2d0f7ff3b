/** What several connections of one file do, put in the order it happened. */
export interface Happening {
  readonly time: number;
  apply(): void;
}

/** A connection's own happenings keep their order, whatever times a file gives them. */
export function applyInOrder(connections: readonly (readonly Happening[])[]): void {
  const all: { readonly time: number; readonly happening: Happening }[] = [];
  for (const happenings of connections) {
    let time = Number.NEGATIVE_INFINITY;
    for (const happening of happenings) {
      time = Math.max(time, happening.time);
      all.push({ time, happening });
    }
  }
  for (const { happening } of all.sort((a, b) => a.time - b.time)) happening.apply();
}
