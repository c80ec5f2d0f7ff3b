/** What differs by itself: two runs against the same build teach which fields and which messages are up to chance. */

import type { DissectedMessage } from '../protocol/protocol.ts';
import { align } from './align.ts';
import { compareMessages, type FieldDifference, IGNORE_NOTHING } from './compare.ts';
import { handoffFields } from './handoff.ts';
import type { Replayed } from './replay.ts';

export interface Learned {
  readonly fields: readonly { readonly message: string; readonly path: string; readonly why: string }[];
  /** Messages that come in one run and not in another. */
  readonly messages: ReadonlyMap<string, string>;
}

export const NOTHING_LEARNED: Learned = { fields: [], messages: new Map() };
const WHY_FIELD = 'learned: differs between two runs of one build';
const WHY_MESSAGE = 'learned: comes in some runs of one build';

/** @param one,other runs of one recording against the same build */
export function learn(one: Replayed, other: Replayed): Learned {
  const sentOn = handoffFields(one.plan.recording);
  const fields = new Map<string, { message: string; path: string; why: string }>();
  const messages = new Map<string, string>();
  const rows = align(one.result.items, other.result.items, {
    segmentsCount: true,
    difference: (recorded, live) => counted(recorded.message, live.message).length,
  });
  for (const { recorded, live } of rows) {
    if (recorded === undefined || live === undefined) {
      const name = (recorded ?? live)?.message.name;
      if (name != null) messages.set(name, WHY_MESSAGE);
      continue;
    }
    const message = recorded.message.name ?? '';
    for (const { path } of counted(recorded.message, live.message)) {
      const pattern = path.replaceAll(/\[\d+\]/g, '[]');
      if (sentOn.has(`${message}\0${pattern}`)) continue;
      fields.set(`${message}\0${pattern}`, { message, path: pattern, why: WHY_FIELD });
    }
  }
  return { fields: [...fields.values()], messages };
}

function counted(one: DissectedMessage, other: DissectedMessage): readonly FieldDifference[] {
  return compareMessages(one, other, IGNORE_NOTHING).filter((difference) => difference.ignored === undefined);
}
