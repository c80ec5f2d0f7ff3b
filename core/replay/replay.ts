/** A recording against a server, from beginning to verdict. */

import type { DissectedMessage } from '../protocol/protocol.ts';
import type { Clock } from '../traffic/clock.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import { BindingTable, type Replacement } from './binding-table.ts';
import { type Ignores, ignoresFrom } from './compare.ts';
import { type EndpointMap, resolveEndpoints } from './endpoints.ts';
import { handoffFields } from './handoff.ts';
import { type Learned, NOTHING_LEARNED } from './learned.ts';
import type { Pace, Timer } from './pace.ts';
import { makePlan, type Plan } from './plan.ts';
import { type FoundBinding, findBindings } from './rebinding.ts';
import type { RecordedFrame, Recording } from './recording.ts';
import type { Progress, RunResult } from './run-types.ts';
import { Runner } from './runner.ts';
import type { Plain } from './spelling.ts';
import type { Target } from './target.ts';
import { judge, type Report } from './verdict.ts';

/** Where a run happens: sockets, time. */
export interface Stage {
  readonly target: Target;
  readonly clock: Clock;
  readonly timer: Timer;
}

export interface ReplayOptions {
  readonly recording: Recording;
  readonly to: EndpointMap;
  readonly pace: Pace;
  readonly timeoutMs?: number;
  /** `message.field`, `field` or `message`: may differ. */
  readonly ignore?: readonly string[];
  readonly learned?: Learned;
  /** Bindings switched off, and plain values given by hand, by binding id. */
  readonly disabled?: readonly string[];
  readonly given?: ReadonlyMap<string, Plain>;
  /** Values of one copy among many. */
  readonly copyEdits?: {
    edit(frame: RecordedFrame, message: DissectedMessage): readonly Replacement[];
    isRenamed(recorded: unknown, live: unknown): boolean;
  };
  readonly payloads?: ReadonlyMap<number, Uint8Array>;
  readonly sink?: TrafficSink;
  readonly onProgress?: (progress: Progress) => void;
  readonly until?: number;
  readonly settleMs?: number;
  readonly lateMs?: number;
  /** Found before: saves finding them again for every copy. */
  readonly plan?: Plan;
  readonly bindings?: readonly FoundBinding[];
}

export interface Replayed {
  readonly plan: Plan;
  readonly result: RunResult;
  readonly bindings: BindingTable;
  readonly report: Report;
}

/** A replay under way. */
export class Replay {
  readonly plan: Plan;
  readonly bindings: BindingTable;
  readonly #options: ReplayOptions;
  readonly #runner: Runner;
  readonly #handoffFields: ReadonlySet<string>;

  /** @throws EngineError when there is nothing to replay or the endpoints do not fit. */
  constructor(options: ReplayOptions, stage: Stage) {
    const { recording, learned = NOTHING_LEARNED } = options;
    this.#options = options;
    this.plan = options.plan ?? makePlan(recording);
    this.#handoffFields = handoffFields(recording);
    const found = options.bindings ?? findBindings(recording);
    this.bindings = new BindingTable(found, {
      ...(options.disabled === undefined ? {} : { disabled: options.disabled }),
      ...(options.given === undefined ? {} : { values: options.given }),
    });
    const endpoints = resolveEndpoints(this.plan, options.to);
    const { timeoutMs, copyEdits, payloads, sink, onProgress, until, settleMs } = options;
    this.#runner = new Runner({
      ...stage,
      plan: this.plan,
      bindings: this.bindings,
      ignores: this.#ignores(learned),
      loose: learned.messages,
      pace: options.pace,
      endpoint: (recorded) => endpoints.of(recorded),
      fallbackHost: endpoints.fallbackHost,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(copyEdits === undefined ? {} : { edit: (frame, message) => copyEdits.edit(frame, message) }),
      ...(payloads === undefined ? {} : { payloads }),
      ...(sink === undefined ? {} : { sink }),
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(until === undefined ? {} : { until }),
      ...(settleMs === undefined ? {} : { settleMs }),
    });
  }

  stop(): void {
    this.#runner.stop();
  }

  /** Without a verdict: `judge` gives it, when it is wanted. @throws EngineError when the first connection cannot be made. */
  play(): Promise<RunResult> {
    return this.#runner.run();
  }

  /** @throws EngineError when the first connection cannot be made. */
  async run(): Promise<Replayed> {
    const result = await this.play();
    return { plan: this.plan, result, bindings: this.bindings, report: this.judge(result) };
  }

  judge(result: RunResult): Report {
    const { learned = NOTHING_LEARNED, pace, lateMs } = this.#options;
    return judge({
      plan: this.plan,
      result,
      bindings: this.bindings,
      ignores: this.#ignores(learned),
      lockstep: pace.kind === 'lockstep',
      loose: learned.messages,
      ...(lateMs === undefined ? {} : { lateMs }),
    });
  }

  #ignores(learned: Learned): Ignores {
    const { ignore = [], copyEdits } = this.#options;
    const { isRenamed, reasonFor } = ignoresFrom(
      ignore,
      learned.fields,
      (recorded, live, meta, name) =>
        this.bindings.isRenamed(recorded, live, meta, name) || (copyEdits?.isRenamed(recorded, live) ?? false),
    );
    return {
      isRenamed,
      reasonFor: (message, pattern) =>
        this.#handoffFields.has(`${message}\0${pattern}`)
          ? 'where the client is handed over to'
          : reasonFor(message, pattern),
    };
  }
}
