/** Points over a whole game: scores, sticks on the table, honba, and who deals next. Invariants 11 to 18 of the README. */
import type { Event } from './event.ts';
import { payments, sum } from './points.ts';
import type { Report } from './report.ts';

const START = 25000;
const SEATS = [0, 1, 2, 3];
const WINDS = ['E', 'S', 'W', 'N'];
const DORA_YAKUS = new Set(['dora', 'uradora', 'akadora']);
const ABORTIVE = new Set(['kyushukyuhai', 'sufonrenta', 'suchareach', 'sanchaho', 'sukaikan']);

interface Place {
  readonly bakaze: string;
  readonly oya: number;
  readonly honba: number;
}

const show = (numbers: readonly number[]): string => numbers.join(' ');

export class Ledger {
  /**
   * What the scores may be: normally one line; after a contradiction both what was said and what was due, since only the next
   * message tells which one the server goes on with. Empty until known.
   */
  private beliefs: readonly (readonly number[])[] = [];
  /** Reach sticks on the table; undefined until known. */
  sticks: number | undefined;
  private total = 4 * START;
  private place: Place | undefined;
  private expected: Place | undefined;
  private winners: Event[] = [];
  private ended: 'hora' | 'ryukyoku' | undefined;
  private dealerStays: boolean | undefined;

  startGame(): void {
    this.beliefs = [SEATS.map(() => START)];
    this.sticks = 0;
    this.expected = { bakaze: 'E', oya: 0, honba: 0 };
    this.place = undefined;
  }

  startRound(event: Event, report: Report): void {
    this.winners = [];
    this.ended = undefined;
    if (event.scores !== undefined) {
      if (this.sticks === 0 && this.place === undefined) this.total = sum(event.scores);
      else this.compareScores(event.scores, report);
      this.beliefs = [event.scores];
    }
    const { bakaze, oya, honba, kyotaku, kyoku } = event;
    if (kyotaku !== undefined) {
      if (this.sticks !== undefined && this.sticks !== kyotaku) {
        report.broken('sticks', `${kyotaku} sticks announced, but ${this.sticks} lie on the table`, 'kyotaku');
      }
      this.sticks = kyotaku;
    }
    if (bakaze === undefined || oya === undefined || honba === undefined) {
      this.place = undefined;
      return;
    }
    if (kyoku !== undefined && kyoku !== oya + 1) {
      report.broken('kyoku', `round ${kyoku} with dealer ${oya}: seat ${kyoku - 1} should deal`, 'kyoku');
    }
    const want = this.expected;
    if (want !== undefined && (want.oya !== oya || want.bakaze !== bakaze)) {
      const path = want.oya === oya ? 'bakaze' : 'oya';
      report.broken('dealer', `${bakaze}${oya + 1} follows, but ${want.bakaze}${want.oya + 1} is due`, path);
    } else if (want !== undefined && want.honba !== honba) {
      report.broken('honba', `honba ${honba}, but ${want.honba} is due`, 'honba');
    }
    this.place = { bakaze, oya, honba };
    this.expected = undefined;
  }

  reachAccepted(event: Event, report: Report): void {
    if (this.sticks !== undefined) this.sticks += 1;
    const deltas = SEATS.map((seat) => (seat === event.actor ? -1000 : 0));
    if (event.deltas !== undefined && show(event.deltas) !== show(deltas)) {
      report.broken(
        'reach-deltas',
        `reach costs seat ${event.actor} 1000 and nobody else: ${show(event.deltas)}`,
        'deltas',
      );
    }
    this.settle(event, event.deltas ?? deltas, report);
  }

  win(event: Event, report: Report): void {
    const first = this.winners.length === 0;
    const previous = this.winners.at(-1);
    this.winners.push(event);
    this.ended = 'hora';
    if (previous?.actor !== undefined && event.actor !== undefined && event.target !== undefined) {
      const distance = (actor: number): number => (4 + actor - (event.target ?? 0)) % 4;
      if (distance(event.actor) <= distance(previous.actor)) {
        report.broken('double-ron', 'of two winners the nearest after the discarder comes first', 'actor');
      }
    }
    const honba = first ? this.place?.honba : 0;
    const sticks = first ? this.sticks : 0;
    this.value(event, report);
    if (event.deltas !== undefined && sticks !== undefined) {
      if (sum(event.deltas) !== 1000 * sticks) {
        report.broken(
          'deltas-sum',
          `deltas sum to ${sum(event.deltas)}, but ${sticks} sticks lie on the table`,
          'deltas',
        );
      } else if (honba !== undefined) {
        this.shares(event, event.deltas, honba, sticks, report);
      }
    }
    if (first && this.sticks !== undefined) this.sticks = 0;
    this.settle(event, event.deltas, report);
  }

  /** Fan, yaku and points of a hand by themselves. */
  private value(event: Event, report: Report): void {
    const { yakus, fan, fu, points, actor, target } = event;
    if (yakus !== undefined && fan !== undefined) {
      const total = sum(yakus.map(([, each]) => each));
      if (total !== fan) report.broken('fan-sum', `fan ${fan}, but the yaku add up to ${total}`, 'fan');
    }
    if (yakus?.every(([name]) => DORA_YAKUS.has(name))) {
      report.broken('no-yaku', 'a hand of dora alone does not win', 'yakus');
    }
    if (points === undefined || fan === undefined || fu === undefined || this.place === undefined) return;
    const due = payments(fu, fan, actor === this.place.oya, actor === target).total;
    if (due !== points) {
      const how = `${fu} fu ${fan} fan${actor === this.place.oya ? ' as dealer' : ''}${actor === target ? ' by own draw' : ''}`;
      report.broken('hora-points', `${how} is ${due} points, not ${points}`, 'hora_points');
    }
  }

  private shares(event: Event, deltas: readonly number[], honba: number, sticks: number, report: Report): void {
    const { actor, target, points, fu, fan, pao } = event;
    if (actor === undefined || target === undefined || points === undefined || this.place === undefined) return;
    const gain = points + 300 * honba + 1000 * sticks;
    if (deltas[actor] !== gain) {
      report.broken('gain', `seat ${actor} gains ${deltas[actor]}, but ${gain} is due`, `deltas[${actor}]`);
      return;
    }
    if (pao !== undefined) return;
    const oya = this.place.oya;
    const due = SEATS.map((seat) => {
      if (seat === actor) return gain;
      if (actor !== target) return seat === target ? -(points + 300 * honba) : 0;
      if (fu === undefined || fan === undefined) return deltas[seat] ?? 0;
      const table = payments(fu, fan, actor === oya, true);
      return -((seat === oya ? table.dealer : table.others) + 100 * honba);
    });
    if (show(due) !== show(deltas)) {
      report.broken('payment', `the others pay ${show(deltas)}, but ${show(due)} is due`, 'deltas');
    }
  }

  draw(event: Event, report: Report): void {
    this.ended = 'ryukyoku';
    const { reason, deltas, tenpais } = event;
    this.dealerStays =
      reason === 'fanpai' && this.place !== undefined
        ? tenpais?.[this.place.oya]
        : reason !== undefined && ABORTIVE.has(reason)
          ? true
          : undefined;
    if (deltas !== undefined) {
      if (sum(deltas) !== 0) report.broken('deltas-sum', `deltas of a draw sum to ${sum(deltas)}, not 0`, 'deltas');
      else if (reason !== undefined && ABORTIVE.has(reason) && deltas.some((delta) => delta !== 0)) {
        report.broken('draw-deltas', `nobody pays at ${reason}`, 'deltas');
      } else if (reason === 'fanpai' && tenpais !== undefined) {
        const ready = tenpais.filter(Boolean).length;
        const due = tenpais.map((is) => (ready % 4 === 0 ? 0 : is ? 3000 / ready : -3000 / (4 - ready)));
        if (show(due) !== show(deltas)) {
          report.broken(
            'draw-deltas',
            `${ready} of four are ready: ${show(due)} is due, not ${show(deltas)}`,
            'deltas',
          );
        }
      }
    }
    this.settle(event, deltas, report);
  }

  endRound(report: Report): void {
    if (this.ended === undefined) {
      report.broken('round-order', 'the round ends without a win or a draw');
      this.expected = undefined;
      return;
    }
    const { place } = this;
    if (place === undefined) return;
    const stays = this.ended === 'hora' ? this.winners.some(({ actor }) => actor === place.oya) : this.dealerStays;
    if (stays === undefined) {
      this.expected = undefined;
      return;
    }
    const oya = stays ? place.oya : (place.oya + 1) % 4;
    const turned = !stays && oya === 0;
    const wind = WINDS.indexOf(place.bakaze);
    const honba = stays || this.ended === 'ryukyoku' ? place.honba + 1 : 0;
    this.expected = { bakaze: (turned ? WINDS[(wind + 1) % 4] : place.bakaze) ?? place.bakaze, oya, honba };
  }

  endGame(event: Event, report: Report): void {
    const { scores } = event;
    if (scores === undefined) return;
    if (sum(scores) !== this.total) {
      report.broken('scores-sum', `final scores sum to ${sum(scores)}, not ${this.total}`, 'scores');
    } else if (this.beliefs.length > 0 && this.sticks !== undefined) {
      const sticks = this.sticks;
      const due = this.beliefs.map((scores) => {
        const leader = scores.indexOf(Math.max(...scores));
        return scores.map((score, seat) => (seat === leader ? score + 1000 * sticks : score));
      });
      if (!due.some((line) => show(line) === show(scores))) {
        const text = `final scores should be ${show(due[0] ?? [])}: sticks left over go to the leader`;
        report.broken('final-scores', text, 'scores');
      }
    }
    this.beliefs = [scores];
    this.sticks = 0;
  }

  /** New scores from old ones and deltas. */
  private settle(event: Event, deltas: readonly number[] | undefined, report: Report): void {
    this.beliefs =
      deltas === undefined ? [] : this.beliefs.map((line) => line.map((score, seat) => score + (deltas[seat] ?? 0)));
    const { scores } = event;
    if (scores === undefined) return;
    const contradicted = this.compareScores(scores, report);
    if (!contradicted && this.sticks !== undefined) {
      const all = sum(scores) + 1000 * this.sticks;
      if (all !== this.total) {
        report.broken('scores-sum', `scores and sticks add up to ${all}, not ${this.total}`, 'scores');
        this.sticks = undefined;
      }
    }
    this.beliefs = contradicted ? [scores, ...this.beliefs.slice(0, 1)] : [scores];
  }

  /** True when a difference was reported. */
  private compareScores(scores: readonly number[], report: Report): boolean {
    const due = this.beliefs[0];
    if (due === undefined || this.beliefs.some((line) => show(line) === show(scores))) return false;
    report.broken('scores', `scores ${show(scores)}, but ${show(due)} is due`, 'scores');
    return true;
  }
}
