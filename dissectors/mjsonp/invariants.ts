/**
 * Checks over one seat's connection: the lock step, then the rules of the game (ledger.ts, round.ts, hints.ts, answers.ts).
 * The numbering of the invariants is in the README.
 */
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import type { OptionValues, SeenFrame, Watcher } from '../../core/protocol/protocol.ts';
import { checkAnswer } from './answers.ts';
import { dialectSign } from './dialect.ts';
import { type Event, readEvent } from './event.ts';
import { checkHints } from './hints.ts';
import { Ledger } from './ledger.ts';
import { Report } from './report.ts';
import { Round } from './round.ts';

/** The seed prints this name for `daiminkan`. */
const ALIASES: Readonly<Record<string, string>> = { daiminkai: 'daiminkan' };

class MjsonpWatcher implements Watcher {
  private gentle: boolean;
  private readonly judgeDialect: boolean;
  private readonly ledger = new Ledger();
  private round: Round | undefined;
  private self: number | undefined;
  private began = false;
  private over = false;
  private threePlayers = false;
  /** Server lines without an answer yet; the lock step allows one. */
  private readonly open: Event[] = [];
  /** Answers that came before the line they will be taken for. */
  private readonly early: Event[] = [];

  constructor(options: OptionValues) {
    const dialect = options['dialect'] ?? 'auto';
    this.judgeDialect = dialect === 'auto';
    this.gentle = dialect === 'other';
  }

  see(frame: SeenFrame): readonly ExpertInfo[] {
    const message = frame.dissected.messages[0];
    const read = message === undefined || message.name === null ? undefined : readEvent(message.fields);
    // A line that means nothing is still a line: it takes its part in the lock step.
    const raw = read ?? { type: '', keys: new Set<string>() };
    const event = ALIASES[raw.type] === undefined ? raw : { ...raw, type: ALIASES[raw.type] ?? raw.type };
    if (this.judgeDialect && dialectSign(event, frame.direction) === 'other') this.gentle = true;
    const report = new Report(this.gentle);
    if (frame.direction === 'toServer') this.fromClient(event, report);
    else this.fromServer(event, report);
    return report.infos;
  }

  private fromClient(event: Event, report: Report): void {
    const line = this.open.shift();
    if (line === undefined) {
      if (this.over) return;
      if (!this.began && event.type !== 'join') {
        // The capture begins between a line and its answer.
        this.began = true;
        return;
      }
      if (this.began) report.odd('early-answer', 'nothing is open to answer: the server takes this for its next line');
      else report.note('early-answer', 'joins before the hello of the server');
      this.early.push(event);
      this.began = true;
      return;
    }
    if (line.type !== '' && event.type !== '') checkAnswer(line, event, this.self, this.round, report);
  }

  private fromServer(event: Event, report: Report): void {
    const unanswered = this.open.at(-1);
    if (unanswered !== undefined && !this.over && event.type !== 'error') {
      report.odd('unanswered', `the ${unanswered.type || 'line'} before this has no answer yet`);
    }
    if (this.over && event.type !== 'error') report.odd('after-end', `${event.type} after the end of the game`);
    this.apply(event, report);
    this.began = true;
    // Who answered this before it was said has been told so; whether the answer fits is no fault of this line.
    if (this.early.shift() === undefined) this.open.push(event);
  }

  private apply(event: Event, report: Report): void {
    switch (event.type) {
      case '':
        return;
      case 'hello':
        if (this.began && !(this.early.length === 1 && this.early[0]?.type === 'join')) {
          report.broken('opening', 'hello comes first and once');
        }
        return;
      case 'start_game':
        this.self = event.id;
        this.threePlayers = event.names?.length === 3;
        if (this.threePlayers) report.note('three-players', 'three players: the rules are not checked');
        this.round = undefined;
        this.ledger.startGame();
        return;
      case 'error':
        this.over = true;
        return;
      case 'end_game':
        if (!this.threePlayers) this.ledger.endGame(event, report);
        this.over = true;
        return;
    }
    if (this.threePlayers || event.tehais?.length === 3) {
      this.threePlayers = true;
      return;
    }
    if (event.type === 'start_kyoku') {
      this.round = new Round(event, this.self, report);
      this.self ??= this.round.self;
      this.ledger.startRound(event, report);
    } else {
      this.round?.see(event, report);
      this.points(event, report);
    }
    if (this.self !== undefined) checkHints(event, this.self, this.round, report);
  }

  private points(event: Event, report: Report): void {
    if (event.type === 'reach_accepted') this.ledger.reachAccepted(event, report);
    else if (event.type === 'hora') this.ledger.win(event, report);
    else if (event.type === 'ryukyoku') this.ledger.draw(event, report);
    else if (event.type === 'end_kyoku') {
      if (this.round !== undefined) this.ledger.endRound(report);
      this.round = undefined;
    }
  }
}

/** Watches one connection from its first frame, or from wherever a capture begins. */
export function watchMjsonp(options: OptionValues): Watcher {
  return new MjsonpWatcher(options);
}
