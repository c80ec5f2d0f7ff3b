/** The fault plan beside its decisions in the session, so that the same faults can be had again from the file alone. */
import { faultPlanShape } from './traffic-shapes.ts';
import { object } from './arguments.ts';
import { openSession } from '../session/session-reader.ts';
import type { Recorder } from '../session/recorder.ts';
import type { ControlDecision, FaultPlan } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';

/** What a plan is filed under among the faults it is made of. */
const PLAN = 'plan';

/** Files each decision, and before the first one of a plan the plan. */
export class FaultRecord {
  #filed: { readonly plan: FaultPlan; readonly recorder: Recorder } | undefined;

  decided(recorder: Recorder, { n, by, what }: ControlDecision, plan: FaultPlan): void {
    if (this.#filed?.plan !== plan || this.#filed.recorder !== recorder) {
      this.#filed = { plan, recorder };
      recorder.decision('fault', n, PLAN, JSON.stringify(plan));
    }
    recorder.decision('fault', n, by, what);
  }
}

/** The last plan that decided anything in a session. @throws EngineError when there is none, or the file cannot be read. */
export function faultsOf(path: string): FaultPlan {
  const session = openSession(path, []);
  try {
    const row = session.db
      .prepare('SELECT what FROM fault_decisions WHERE fault = ? ORDER BY id DESC LIMIT 1')
      .get(PLAN) as { what: string } | undefined;
    if (row === undefined) throw new EngineError('not-found', `No faults acted in ${path}.`);
    const plan: unknown = JSON.parse(row.what);
    const problem = object(faultPlanShape)(plan, '');
    if (problem !== undefined) throw new EngineError('bad-request', `${path}: ${problem}`);
    return plan as FaultPlan;
  } finally {
    session.close();
  }
}
