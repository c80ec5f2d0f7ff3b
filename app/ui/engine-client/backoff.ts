/** Waiting time before the nth reconnect, milliseconds: quick at first, never more than five seconds, spread by `chance` (0..1). */
export function backoff(attempt: number, chance: number): number {
  const base = Math.min(5000, 150 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.75 + 0.5 * chance));
}
