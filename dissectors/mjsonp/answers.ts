/**
 * Whether one seat's answer to one server line is legal, as far as that seat can know: the right kind, offered, tiles in hand.
 * The server ends the game for all four at the first illegal answer.
 */
import type { Event } from './event.ts';
import type { Report } from './report.ts';
import type { Round } from './round.ts';
import { sameTiles, without } from './tiles.ts';

const OWN_DRAW = ['dahai', 'reach', 'ankan', 'kakan', 'hora', 'ryukyoku'];
const ON_DISCARD = ['none', 'chi', 'pon', 'daiminkan', 'hora'];

/** Answers the server accepts to a line, by kind; undefined where nothing is known. */
function allowed(line: Event, self: number | undefined): readonly string[] | undefined {
  switch (line.type) {
    case 'hello':
      return ['join'];
    case 'tsumo':
      return self === undefined ? undefined : line.actor === self ? OWN_DRAW : ['none'];
    case 'dahai':
      return self === undefined ? undefined : line.actor === self ? ['none'] : ON_DISCARD;
    case 'chi':
    case 'pon':
    case 'reach':
      return self === undefined ? undefined : line.actor === self ? ['dahai'] : ['none'];
    case 'kakan':
      return self === undefined ? undefined : line.actor === self ? ['none'] : ['none', 'hora'];
    default:
      return ['none'];
  }
}

const sameAction = (a: Event, b: Event): boolean =>
  a.type === b.type &&
  a.actor === b.actor &&
  a.target === b.target &&
  a.pai === b.pai &&
  sameTiles(a.consumed ?? [], b.consumed ?? []);

export function checkAnswer(
  line: Event,
  answer: Event,
  self: number | undefined,
  round: Round | undefined,
  report: Report,
): void {
  if (answer.type === 'error') {
    report.note('gave-up', 'the client gives up: the server ends the game for all four');
    return;
  }
  const kinds = allowed(line, self);
  if (kinds !== undefined && !kinds.includes(answer.type)) {
    const own = line.actor !== undefined && line.actor === self ? 'the own ' : '';
    report.broken(
      'answer-kind',
      `${answer.type} does not answer ${own}${line.type}: ${kinds.join(', ')} would`,
      'type',
    );
    return;
  }
  if (answer.type === 'none' || answer.type === 'join') return;
  if (self !== undefined && answer.actor !== self) {
    report.broken('answer-actor', `the answer of seat ${self} names seat ${answer.actor ?? '?'} as actor`, 'actor');
    return;
  }
  if (answer.type === 'dahai') checkDiscard(line, answer, round, report);
  else if (line.actions !== undefined && !line.actions.some((offer) => sameAction(offer, answer))) {
    report.broken('not-offered', `${answer.type} was not among the possible actions`, 'type');
  }
}

function checkDiscard(line: Event, answer: Event, round: Round | undefined, report: Report): void {
  const { pai, tsumogiri } = answer;
  if (round === undefined || pai === undefined) return;
  const self = round.self === undefined ? undefined : round.seats[round.self];
  if (round.hand !== undefined && !round.hand.includes(pai)) {
    report.broken('answer-tile', `${pai} is not in the own hand`, 'pai');
  } else if (round.forbidden.includes(pai)) {
    report.broken('answer-tile', `${pai} is in cannot_dahai`, 'pai');
  } else if (tsumogiri === true && (line.type === 'chi' || line.type === 'pon')) {
    report.broken('answer-tsumogiri', 'after a call there is no drawn tile to discard', 'tsumogiri');
  } else if (tsumogiri === true && round.drawn !== undefined && round.drawn !== pai) {
    report.broken('answer-tsumogiri', `tsumogiri is true, but ${round.drawn} was drawn, not ${pai}`, 'tsumogiri');
  } else if (tsumogiri === false && self?.reach === 'accepted') {
    report.broken('answer-tsumogiri', 'after an accepted reach only the drawn tile may go', 'tsumogiri');
  } else if (tsumogiri === false && round.drawn !== undefined && round.hand !== undefined) {
    const kept = without(round.hand, [round.drawn]);
    if (kept?.includes(pai) === false) {
      report.broken('answer-tsumogiri', `tsumogiri is false, but ${pai} is only the tile just drawn`, 'tsumogiri');
    }
  }
}
