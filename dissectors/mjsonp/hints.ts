/** Where `possible_actions` and `cannot_dahai` must be, and what they may hold. */
import type { Event } from './event.ts';
import type { Report } from './report.ts';
import type { Round } from './round.ts';
import { without } from './tiles.ts';

/** Which hint a server line carries, and whether the acting seat (`self`) or the others get it. */
const HINTS: Readonly<Record<string, readonly [hint: string, to: 'self' | 'others']>> = {
  tsumo: ['possible_actions', 'self'],
  dahai: ['possible_actions', 'others'],
  kakan: ['possible_actions', 'others'],
  chi: ['cannot_dahai', 'self'],
  pon: ['cannot_dahai', 'self'],
  reach: ['cannot_dahai', 'self'],
};

/** Called after the round has taken the event in, so `round.hand` is the hand the hint speaks of. */
export function checkHints(event: Event, self: number, round: Round | undefined, report: Report): void {
  const [hint, to] = HINTS[event.type] ?? [];
  const due = hint !== undefined && (event.actor === self) === (to === 'self');
  for (const key of ['possible_actions', 'cannot_dahai']) {
    const there = event.keys.has(key);
    if (there && !(due && key === hint)) report.odd('hint', `${key} does not belong in this ${event.type}`, key);
    else if (!there && due && key === hint) report.odd('hint', `${key} is missing from this ${event.type}`);
  }
  if (round?.hand === undefined) return;
  const hand = round.hand;
  event.cannotDahai?.forEach((tile, index, all) => {
    const path = `cannot_dahai[${index}]`;
    if (!hand.includes(tile)) report.broken('hint-tile', `${tile} is not in the own hand`, path);
    else if (all.indexOf(tile) !== index) report.odd('hint-tile', `${tile} is listed twice`, path);
  });
  event.actions?.forEach((offer, index) => {
    const path = `possible_actions[${index}]`;
    if (offer.actor !== undefined && offer.actor !== self) {
      report.broken('offer', `an action of seat ${offer.actor} is offered to seat ${self}`, `${path}.actor`);
    }
    // A kakan offer names the pon on the table as consumed; what leaves the hand is `pai`.
    const needed = offer.type === 'kakan' ? (offer.pai === undefined ? [] : [offer.pai]) : (offer.consumed ?? []);
    if (without(hand, needed) === undefined) {
      report.broken('offer', `${offer.type} of ${needed.join(' ')} is offered, but the hand lacks them`, path);
    }
  });
}
