/** What happened in a run so far: its frames in the run's own record, and everything the verdict is made of. */
import type { Direction, Origin } from '../traffic/frame.ts';
import type { LiveItem } from './live-item.ts';
import type { SendStep } from './plan.ts';
import type { RunConnection } from './run-connection.ts';
import type { Handover, Lost, Progress, RunOptions, Sent } from './run-types.ts';
import type { TargetFrame } from './target.ts';

export class RunRecord {
  readonly items: LiveItem[] = [];
  readonly sent: Sent[] = [];
  readonly lost = new Map<number, Lost>();
  readonly leftOpen: number[] = [];
  readonly notes = new Set<string>();
  readonly handovers: Handover[] = [];
  readonly #options: RunOptions;
  #began: number;
  readonly #sends: readonly SendStep[];

  constructor(options: RunOptions) {
    this.#options = options;
    this.#began = options.clock.now();
    this.#sends = options.plan.steps.filter((step): step is SendStep => step.kind === 'send');
  }

  begin(): void {
    this.#began = this.#options.clock.now();
  }

  /** Milliseconds since the run began. */
  now(): number {
    return this.#options.clock.now() - this.#began;
  }

  get isEmpty(): boolean {
    return this.sent.length === 0 && this.items.length === 0;
  }

  /** Returns the frame's number in the run's own record, 0 when there is none. */
  frame(connection: RunConnection, direction: Direction, frame: TargetFrame, origin: Origin): number {
    const { sink, clock } = this.#options;
    const fixed = {
      conn: connection.recordId,
      direction,
      time: clock.wall(),
      mono: Math.round(this.now() * 1000),
      origin,
      fate: 'forwarded' as const,
    };
    return sink?.frame({ ...frame, ...fixed }) ?? 0;
  }

  loss(conn: number, how: Lost['how'], text: string): void {
    const sentHere = this.sent.filter((one) => one.frame.conn === conn);
    this.lost.set(conn, {
      conn,
      how,
      text,
      after: sentHere.at(-1)?.frame.n ?? 0,
      unsent: this.#sends.filter((step) => step.conn === conn).length - sentHere.length,
      at: this.now(),
    });
  }

  progress(what: Omit<Progress, 'sent' | 'toSend'>): void {
    this.#options.onProgress?.({ sent: this.sent.length, toSend: this.#sends.length, ...what });
  }
}
