import type { ExpertInfo, Severity } from '../../core/schema/expert-info.ts';

/** Collects what a watcher remarks on one frame. */
export class Report {
  readonly infos: ExpertInfo[] = [];
  private readonly gentle: boolean;

  /** `gentle`: the peers speak a dialect of neither known server, so nothing is worse than a note. */
  constructor(gentle: boolean) {
    this.gentle = gentle;
  }

  /** A rule of the game is broken: no sound server or client does this. */
  broken(code: string, text: string, path?: string): void {
    this.add('error', code, text, path);
  }

  /** Against the habit of the known servers, but a game may go on like this. */
  odd(code: string, text: string, path?: string): void {
    this.add('warning', code, text, path);
  }

  note(code: string, text: string, path?: string): void {
    this.add('note', code, text, path);
  }

  private add(severity: Severity, code: string, text: string, path: string | undefined): void {
    const group = SEQUENCE.has(code) ? 'sequence' : 'invariant';
    const info: ExpertInfo = { severity: this.gentle ? 'note' : severity, group, code, text };
    this.infos.push(path === undefined ? info : { ...info, path });
  }
}

const SEQUENCE = new Set(['unanswered', 'early-answer', 'opening', 'turn', 'round-order', 'after-end']);
