/** Which messages came late, measured from the client message before them. */
import type { LiveItem } from './live-item.ts';
import type { Expected } from './plan.ts';
import type { JudgeOptions } from './verdict.ts';

const DEFAULT_LATE_MS = 1000;

/** What comes behind a late message is as late, and no news. */
export class Lateness {
  readonly #options: JudgeOptions;
  /** Late messages so far, by segment. */
  readonly #told = new Map<number, { readonly at: number; readonly by: number }[]>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** How much longer it took than in the recording; where one can tell. */
  deltaOf({ segment, isHeartbeat, frame }: Expected, item: LiveItem): number | undefined {
    const { plan, result, lockstep } = this.#options;
    const sent = result.sent[segment - 1];
    if (isHeartbeat || sent === undefined || !lockstep) return undefined;
    return item.at - sent.at - (frame.at - (plan.sentAt[segment - 1] ?? 0));
  }

  isLate({ segment, message, frame }: Expected, item: LiveItem, by: number): boolean {
    const { plan, lateMs = DEFAULT_LATE_MS, loose } = this.#options;
    if (loose?.has(message.name ?? '') === true) return false;
    const told = this.#told.get(segment) ?? [];
    const known = Math.max(0, ...told.filter(({ at }) => at <= item.at).map((one) => one.by));
    const before = frame.at - (plan.sentAt[segment - 1] ?? 0);
    if (by - known <= Math.max(lateMs, before * 2)) return false;
    this.#told.set(segment, [...told, { at: item.at, by }]);
    return true;
  }
}
