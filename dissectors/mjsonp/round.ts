/** One round as one seat sees it: tiles, hands, turns. Invariants 1 to 10 of the README. */
import type { Event } from './event.ts';
import type { Report } from './report.ts';
import { copiesOf, HIDDEN, isAlike, isRun, isSorted, kindOf, sameTiles, without } from './tiles.ts';

const SEATS = [0, 1, 2, 3];
const WALL = 70;

interface Seat {
  /** Calls and kans: each stands for three tiles of the thirteen. */
  melds: number;
  /** Open calls, which a reach forbids. */
  open: number;
  reach: 'none' | 'declared' | 'accepted';
  pons: (readonly string[])[];
}

export class Round {
  readonly self: number | undefined;
  /** Own concealed tiles, the drawn one last; undefined when not known. */
  hand: readonly string[] | undefined;
  drawn: string | undefined;
  /** Tiles that may not go after own chi, pon or reach, as the server said. */
  forbidden: readonly string[] = [];
  readonly seats: readonly Seat[] = SEATS.map(() => ({ melds: 0, open: 0, reach: 'none', pons: [] }));
  private readonly oya: number | undefined;
  private readonly seen = new Map<string, number>();
  private readonly overdrawn = new Set<string>();
  private readonly revealed = new Set<number>();
  /** Last event that moved the turn: tsumo, dahai, reach, a call or a kan. */
  private turn: Event | undefined;
  private last = 'start_kyoku';
  private draws = 0;
  private markers = 1;
  /** Dora markers that kans have earned and the server has not shown yet. */
  private owed = 0;
  private calls = 0;
  private ura: readonly string[] = [];

  constructor(event: Event, self: number | undefined, report: Report) {
    this.oya = event.oya;
    const { tehais } = event;
    const open = tehais?.filter((hand) => !hand.includes(HIDDEN)).length ?? 0;
    // Stored logs show every hand; a capture that begins in mid-game tells the seat by the one hand that is shown.
    this.self =
      open > 1 ? undefined : (self ?? (open === 1 ? tehais?.findIndex((h) => !h.includes(HIDDEN)) : undefined));
    if (tehais !== undefined) this.deal(tehais, open > 1, report);
    if (event.doraMarker !== undefined) this.show([event.doraMarker], 'dora_marker', report);
  }

  private deal(tehais: readonly (readonly string[])[], allOpen: boolean, report: Report): void {
    if (tehais.length !== 4 || tehais.some((hand) => hand.length !== 13)) {
      report.broken('deal', 'a round begins with four hands of thirteen tiles', 'tehais');
      return;
    }
    tehais.forEach((hand, seat) => {
      const path = `tehais[${seat}]`;
      const hidden = hand.filter((tile) => tile === HIDDEN).length;
      if (seat === this.self || allOpen) {
        if (hidden > 0) report.broken('mask', 'the own hand is dealt open', path);
        else {
          if (!isSorted(hand)) report.odd('unsorted', 'the own hand is not in order', path);
          if (seat === this.self) this.hand = hand;
          this.show(hand, path, report);
        }
      } else if (this.self !== undefined && hidden !== 13) {
        report.broken('mask', `seat ${this.self} is shown the hand of seat ${seat}`, path);
      }
    });
  }

  see(event: Event, report: Report): void {
    this.unaccepted(event, report);
    switch (event.type) {
      case 'tsumo':
        this.tsumo(event, report);
        break;
      case 'dahai':
        this.dahai(event, report);
        break;
      case 'reach':
        this.reach(event, report);
        break;
      case 'chi':
      case 'pon':
      case 'daiminkan':
        this.call(event, report);
        break;
      case 'ankan':
      case 'kakan':
        this.ownKan(event, report);
        break;
      case 'reach_accepted':
        this.reachAccepted(event, report);
        break;
      case 'dora':
        this.dora(event, report);
        break;
      case 'hora':
        this.hora(event, report);
        break;
      case 'ryukyoku':
        this.ryukyoku(event, report);
        break;
    }
    this.last = event.type;
  }

  private seat(actor: number | undefined): Seat | undefined {
    return actor === undefined ? undefined : this.seats[actor];
  }

  /** A reach is paid right after its discard, unless that discard was won on or ended the round. */
  private unaccepted(event: Event, report: Report): void {
    const { turn } = this;
    if (this.last !== 'dahai' || turn?.actor === undefined || this.seat(turn.actor)?.reach !== 'declared') return;
    if (event.type === 'reach_accepted' || event.type === 'hora' || event.type === 'ryukyoku') return;
    report.broken('reach-unpaid', `the reach of seat ${turn.actor} was neither won on nor accepted`);
    const seat = this.seat(turn.actor);
    if (seat !== undefined) seat.reach = 'accepted';
  }

  private tsumo(event: Event, report: Report): void {
    const { actor, pai } = event;
    this.draws += 1;
    if (this.draws === WALL + 1) report.broken('draw-count', `more than ${WALL} tiles drawn in one round`);
    const due = this.nextDraw();
    if (due !== undefined && actor !== undefined && actor !== due) {
      report.broken('turn', `seat ${actor} draws, but it is seat ${due}'s turn`, 'actor');
    }
    if (this.self !== undefined && pai !== undefined && (actor === this.self) === (pai === HIDDEN)) {
      const text =
        pai === HIDDEN ? 'the own tile is drawn hidden' : `seat ${this.self} is shown the tile seat ${actor} draws`;
      report.broken('mask', text, 'pai');
    }
    if (actor === this.self && pai !== undefined && pai !== HIDDEN) {
      this.drawn = pai;
      this.show([pai], 'pai', report);
      if (this.hand !== undefined) {
        this.hand = [...this.hand, pai];
        this.size(0, report);
      }
    }
    this.turn = event;
  }

  private nextDraw(): number | undefined {
    const { turn } = this;
    if (turn === undefined) return this.oya;
    if (turn.actor === undefined) return undefined;
    if (turn.type === 'dahai') return (turn.actor + 1) % 4;
    return turn.type.endsWith('kan') ? turn.actor : -1;
  }

  private dahai(event: Event, report: Report): void {
    const { actor, pai, tsumogiri } = event;
    const before = this.turn;
    const owner =
      before !== undefined && ['tsumo', 'reach', 'chi', 'pon'].includes(before.type) && before.actor === actor;
    if (before !== undefined && !owner) report.broken('turn', `seat ${actor} discards out of turn`, 'actor');
    if (this.owed > 0) {
      report.broken('dora-missing', 'a kan earned a new dora marker that was not shown before this discard');
      this.owed = 0;
    }
    const drew = before?.type === 'tsumo' || before?.type === 'reach';
    if (owner && !drew && tsumogiri === true) {
      report.broken('tsumogiri', 'after a call there is no drawn tile to discard', 'tsumogiri');
    }
    if (this.seat(actor)?.reach === 'accepted' && tsumogiri === false) {
      report.broken('tsumogiri', 'after an accepted reach only the drawn tile may go', 'tsumogiri');
    }
    if (pai !== undefined && actor === this.self) this.ownDahai(pai, tsumogiri, report);
    else if (pai !== undefined) this.show([pai], 'pai', report);
    this.turn = event;
  }

  private ownDahai(pai: string, tsumogiri: boolean | undefined, report: Report): void {
    if (tsumogiri === true && this.drawn !== undefined && this.drawn !== pai) {
      report.broken('tsumogiri', `${pai} is not the tile just drawn (${this.drawn})`, 'tsumogiri');
    }
    if (this.forbidden.includes(pai)) report.broken('forbidden', `${pai} may not be discarded now`, 'pai');
    this.forbidden = [];
    this.drawn = undefined;
    this.take([pai], 'pai', report);
    this.size(0, report);
  }

  private reach(event: Event, report: Report): void {
    const seat = this.seat(event.actor);
    if (this.turn !== undefined && (this.turn.type !== 'tsumo' || this.turn.actor !== event.actor)) {
      report.broken('turn', `seat ${event.actor} declares reach without having drawn`, 'actor');
    }
    if (seat !== undefined) {
      if (seat.reach !== 'none') report.broken('reach-twice', `seat ${event.actor} has declared reach before`, 'actor');
      if (seat.open > 0) report.broken('reach-open', `seat ${event.actor} declares reach with an open hand`, 'actor');
      seat.reach = 'declared';
    }
    if (event.actor === this.self) this.forbidden = event.cannotDahai ?? [];
    this.turn = event;
  }

  private reachAccepted(event: Event, report: Report): void {
    const seat = this.seat(event.actor);
    if (this.last !== 'dahai' || (this.turn !== undefined && this.turn.actor !== event.actor)) {
      report.broken('reach-order', 'a reach is accepted directly after the discard of its seat', 'actor');
    } else if (seat?.reach === 'none') {
      report.broken('reach-order', `seat ${event.actor} has not declared reach`, 'actor');
    }
    if (seat !== undefined) seat.reach = 'accepted';
  }

  private call(event: Event, report: Report): void {
    const { actor, target, pai, consumed, type } = event;
    const wanted = type === 'daiminkan' ? 3 : 2;
    if (consumed !== undefined && consumed.length !== wanted) {
      report.broken('consumed', `${type} takes ${wanted} tiles from the hand, not ${consumed.length}`, 'consumed');
    } else if (consumed !== undefined && pai !== undefined) {
      const tiles = [pai, ...consumed];
      if (!(type === 'chi' ? isRun(tiles) : isAlike(tiles))) {
        report.broken('meld', `${tiles.join(' ')} is no ${type}`, 'consumed');
      }
    }
    if (actor !== undefined && actor === target) report.broken('call-target', 'nobody calls the own discard', 'target');
    else if (type === 'chi' && actor !== undefined && target !== undefined && target !== (actor + 3) % 4) {
      report.broken('call-target', `seat ${actor} may chi from seat ${(actor + 3) % 4} only`, 'target');
    }
    const { turn } = this;
    if (turn !== undefined && (turn.type !== 'dahai' || turn.actor !== target || turn.pai !== pai)) {
      report.broken('call-target', `${type} of ${pai} from seat ${target} is not the last discard`, 'pai');
    }
    const seat = this.seat(actor);
    if (seat !== undefined) {
      if (seat.reach === 'accepted') report.broken('reach-call', `seat ${actor} calls after its reach`, 'actor');
      seat.melds += 1;
      seat.open += 1;
      if (type === 'pon' && pai !== undefined && consumed !== undefined) seat.pons.push([pai, ...consumed]);
    }
    this.calls += 1;
    if (type === 'daiminkan') this.owed += 1;
    if (consumed !== undefined) this.lay(actor, consumed, 'consumed', report);
    if (actor === this.self) {
      this.drawn = undefined;
      this.forbidden = event.cannotDahai ?? [];
      this.size(type === 'daiminkan' ? 0 : 1, report);
    }
    this.turn = event;
  }

  private ownKan(event: Event, report: Report): void {
    const { actor, pai, consumed, type } = event;
    const wanted = type === 'ankan' ? 4 : 3;
    if (this.turn !== undefined && (this.turn.type !== 'tsumo' || this.turn.actor !== actor)) {
      report.broken('turn', `seat ${actor} declares ${type} without having drawn`, 'actor');
    }
    if (consumed !== undefined && consumed.length !== wanted) {
      report.broken('consumed', `${type} names ${wanted} tiles, not ${consumed.length}`, 'consumed');
    } else if (consumed !== undefined && !isAlike(pai === undefined ? consumed : [...consumed, pai])) {
      report.broken('meld', `${consumed.join(' ')} is no ${type}`, 'consumed');
    }
    if (event.target !== undefined) report.odd('kan-target', `${type} has no target`, 'target');
    if (type === 'ankan' && pai !== undefined) report.odd('ankan-pai', 'ankan has no pai', 'pai');
    const seat = this.seat(actor);
    if (seat !== undefined && type === 'ankan') seat.melds += 1;
    if (seat !== undefined && type === 'kakan' && consumed !== undefined) {
      const at = seat.pons.findIndex((pon) => sameTiles(pon, consumed));
      if (at < 0) report.broken('kakan', `seat ${actor} has no pon of ${consumed.join(' ')}`, 'consumed');
      else seat.pons.splice(at, 1);
    }
    this.calls += 1;
    this.owed += 1;
    const laid = type === 'ankan' ? consumed : pai === undefined ? undefined : [pai];
    if (laid !== undefined) this.lay(actor, laid, type === 'ankan' ? 'consumed' : 'pai', report);
    if (actor === this.self) {
      this.drawn = undefined;
      this.size(0, report);
    }
    this.turn = event;
  }

  private dora(event: Event, report: Report): void {
    // A kakan on the draw of an earlier open kan lets that kan's dora follow the kakan itself.
    const after = ['ankan', 'tsumo', 'dora'].includes(this.last) || (this.last === 'kakan' && this.owed > 1);
    if (!after) report.broken('dora-order', `a dora marker does not follow ${this.last}`);
    else if (this.owed === 0) report.broken('dora-order', 'no kan has earned a new dora marker');
    this.owed = Math.max(0, this.owed - 1);
    this.markers += 1;
    if (this.markers === 6) report.broken('dora-count', 'more than five dora markers');
    if (event.doraMarker !== undefined) this.show([event.doraMarker], 'dora_marker', report);
  }

  private hora(event: Event, report: Report): void {
    const { actor, target, pai, shown, uradora } = event;
    const { turn } = this;
    const ownDraw = actor === target;
    if (turn !== undefined) {
      const right = ownDraw ? turn.type === 'tsumo' : turn.type === 'dahai' || turn.type === 'kakan';
      if (!right || turn.actor !== target) {
        report.broken(
          'turn',
          ownDraw ? `seat ${actor} wins without having drawn` : `seat ${target} has not just discarded`,
          'target',
        );
      } else if (pai !== undefined && turn.pai !== undefined && turn.pai !== HIDDEN && turn.pai !== pai) {
        report.broken('hora-pai', `the winning tile is ${turn.pai}, not ${pai}`, 'pai');
      }
    }
    const seat = this.seat(actor);
    if (uradora !== undefined && seat !== undefined && event.keys.has('uradora_markers')) {
      const due = seat.reach === 'accepted' ? this.markers : 0;
      if (uradora.length !== due)
        report.broken('uradora', `${uradora.length} ura markers, but ${due} are due`, 'uradora_markers');
    }
    // Of two winners some servers show both the same markers, others turn up new ones.
    if (uradora !== undefined && !sameTiles(uradora, this.ura)) {
      this.ura = uradora;
      this.show(uradora, 'uradora_markers', report);
    }
    if (shown === undefined || seat === undefined || actor === undefined) return;
    const concealed = 13 - 3 * seat.melds;
    if (shown.length !== concealed && !(ownDraw && shown.length === concealed + 1)) {
      report.broken('hand-size', `the winning hand shows ${shown.length} tiles, ${concealed} are due`, 'hora_tehais');
    } else if (actor === this.self) {
      const hand = ownDraw && shown.length === concealed ? this.hand?.slice(0, -1) : this.hand;
      if (hand !== undefined && !sameTiles(hand, shown)) {
        report.broken('hand', 'the winning hand is not the own hand', 'hora_tehais');
      }
    } else if (this.self !== undefined && !this.revealed.has(actor)) {
      this.revealed.add(actor);
      const hidden = ownDraw && shown.length === concealed && pai !== undefined ? [...shown, pai] : shown;
      this.show(hidden, 'hora_tehais', report);
    }
  }

  private ryukyoku(event: Event, report: Report): void {
    const { reason, tehais, tenpais, actor } = event;
    const exhausted = reason === 'fanpai' || reason === 'nagashimangan';
    if (exhausted && this.draws < WALL) {
      report.broken('draw-count', `${reason} after ${this.draws} draws: the wall holds ${WALL}`, 'reason');
    }
    if (reason === 'kyushukyuhai') {
      const { turn } = this;
      if (turn !== undefined && (turn.type !== 'tsumo' || turn.actor !== actor || this.calls > 0 || this.draws > 4)) {
        report.broken('kyushukyuhai', 'nine terminals may be declared on an undisturbed first draw only', 'reason');
      }
    } else if (this.turn !== undefined && this.turn.type !== 'dahai' && this.turn.type !== 'kakan') {
      report.broken('turn', 'the round is drawn after a discard only', 'reason');
    }
    if (tehais?.length !== 4) return;
    tehais.forEach((hand, id) => {
      const seat = this.seat(id);
      if (seat === undefined) return;
      const path = `tehais[${id}]`;
      const declarer = reason === 'kyushukyuhai' && id === actor;
      const due = 13 - 3 * seat.melds + (declarer ? 1 : 0);
      const open = declarer || tenpais?.[id] === true;
      if (hand.length !== due) report.broken('hand-size', `${hand.length} tiles in a hand of ${due}`, path);
      else if (tenpais !== undefined && hand.some((tile) => (tile === HIDDEN) === open)) {
        report.broken('mask', open ? 'a hand that is ready is shown' : 'a hand that is not ready stays hidden', path);
      } else if (open && id === this.self) {
        if (this.hand !== undefined && !sameTiles(this.hand, hand)) report.broken('hand', 'not the own hand', path);
      } else if (open && this.self !== undefined) this.show(hand, path, report);
    });
  }

  /** Tiles leave a hand and lie open: from the own one they are known already. */
  private lay(actor: number | undefined, tiles: readonly string[], path: string, report: Report): void {
    if (actor === this.self) this.take(tiles, path, report);
    else this.show(tiles, path, report);
  }

  private take(tiles: readonly string[], path: string, report: Report): void {
    if (this.hand === undefined) return;
    const left = without(this.hand, tiles);
    if (left === undefined) {
      report.broken('hand', `${tiles.join(' ')} is not in the own hand`, path);
      // Which tiles really left is unknown now, so nothing more can be said of this hand.
    }
    this.hand = left;
  }

  private size(extra: number, report: Report): void {
    if (this.hand === undefined || this.self === undefined) return;
    const melds = this.seats[this.self]?.melds ?? 0;
    const due = 13 - 3 * melds + extra + (this.drawn === undefined ? 0 : 1);
    if (this.hand.length === due) return;
    report.broken('hand-size', `the own hand holds ${this.hand.length} tiles, ${due} are due`);
    this.hand = undefined;
  }

  /** Tiles come into sight; a kind is reported once a round. */
  private show(tiles: readonly string[], path: string, report: Report): void {
    for (const tile of tiles) {
      if (tile === HIDDEN) continue;
      const kind = kindOf(tile);
      const exact = (this.seen.get(tile) ?? 0) + 1;
      this.seen.set(tile, exact);
      const all = (this.seen.get(kind) ?? 0) + (kind[0] === '5' ? (this.seen.get(`${kind}r`) ?? 0) : 0);
      if ((exact > copiesOf(tile) || all > 4) && !this.overdrawn.has(kind)) {
        this.overdrawn.add(kind);
        report.broken('tile-copies', `${exact > copiesOf(tile) ? exact : all} copies of ${tile} in sight`, path);
      }
    }
  }
}
