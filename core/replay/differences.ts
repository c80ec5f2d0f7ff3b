/** In what a live message differs from the recorded one: by field, or by byte where nobody understands it. */
import { compareMessages, countDifferences, type FieldDifference } from './compare.ts';
import { toHex } from './leaves.ts';
import type { LiveItem } from './live-item.ts';
import type { Expected } from './plan.ts';
import type { JudgeOptions } from './verdict.ts';

/** More differences than this do not change an alignment. */
const ENOUGH = 6;

/** Counts the differences of a pair once, however often alignment asks. */
export class Differences {
  readonly #options: JudgeOptions;
  readonly #counts = new Map<Expected, Map<LiveItem, number>>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** For alignment: how many count, up to what makes a difference there. */
  count(expected: Expected, item: LiveItem): number {
    let counts = this.#counts.get(expected);
    if (counts === undefined) this.#counts.set(expected, (counts = new Map()));
    let count = counts.get(item);
    if (count === undefined) {
      const hasFields = expected.message.fields !== undefined || item.message.fields !== undefined;
      count = hasFields
        ? countDifferences(
            expected.message,
            item.message,
            this.#options.ignores,
            ENOUGH,
            this.#momentsOf(expected, item),
          )
        : compareBytes(expected.frame.bytes, item.bytes).length;
      counts.set(item, count);
    }
    return count;
  }

  of(expected: Expected, item: LiveItem): FieldDifference[] {
    if (expected.message.fields === undefined && item.message.fields === undefined) {
      return compareBytes(expected.frame.bytes, item.bytes);
    }
    return compareMessages(expected.message, item.message, this.#options.ignores, this.#momentsOf(expected, item));
  }

  #momentsOf({ frame }: Expected, { time }: LiveItem): { recorded: number; replayed: number } {
    return { recorded: this.#options.plan.recording.began + frame.at / 1000, replayed: time };
  }
}

export function compareBytes(recorded: Uint8Array, live: Uint8Array): FieldDifference[] {
  if (recorded.length === live.length && recorded.every((byte, i) => byte === live[i])) return [];
  let at = 0;
  while (at < recorded.length && recorded[at] === live[at]) at++;
  const show = (bytes: Uint8Array): string => `${toHex(bytes.subarray(at, at + 16))} (${bytes.length} bytes)`;
  return [{ path: `byte ${at}`, recorded: show(recorded), replayed: show(live) }];
}
