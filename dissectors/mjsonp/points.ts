/** What a winning hand is worth, and who pays it: the usual table, without rounding 4 fan 30 fu up. */

const roundUp = (points: number): number => Math.ceil(points / 100) * 100;

/** Limit hands count 100 fan each on this wire; 13 fan and more without one count as a single limit. */
function basePoints(fu: number, fan: number): number {
  if (fan >= 100) return 8000 * Math.floor(fan / 100);
  if (fan >= 13) return 8000;
  if (fan >= 11) return 6000;
  if (fan >= 8) return 4000;
  if (fan >= 6) return 3000;
  return fan >= 5 ? 2000 : Math.min(2000, fu * 2 ** (fan + 2));
}

export interface Payments {
  readonly total: number;
  /** What the dealer pays on a winner's own draw; 0 when the winner is the dealer. */
  readonly dealer: number;
  /** What each of the others pays on a winner's own draw. */
  readonly others: number;
}

export function payments(fu: number, fan: number, dealer: boolean, ownDraw: boolean): Payments {
  const base = basePoints(fu, fan);
  if (!ownDraw) return { total: roundUp(base * (dealer ? 6 : 4)), dealer: 0, others: 0 };
  if (dealer) return { total: 3 * roundUp(base * 2), dealer: 0, others: roundUp(base * 2) };
  return {
    total: roundUp(base * 2) + 2 * roundUp(base),
    dealer: roundUp(base * 2),
    others: roundUp(base),
  };
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
