/** What differs by itself: two runs against the same build teach which fields and which messages are up to chance. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { type Alignable, align } from './align.ts';
import { compareMessages, IGNORE_NOTHING, type Ignores } from './compare.ts';
import { handoffFields } from './handoff.ts';
import { bare } from './leaves.ts';
import type { Recording } from './recording.ts';
import type { Replayed } from './replay.ts';
import { pairedItems } from './session-diff.ts';

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
  // What either run was issued anew is no matter of chance.
  const isRenamed = (a: unknown, b: unknown): boolean => one.bindings.areCounterparts(a, b, other.bindings);
  return learnItems(one.result.items, other.result.items, handoffFields(one.plan.recording), {
    ...IGNORE_NOTHING,
    isRenamed,
  });
}

/** @param one,other recordings of the same visit to the same build */
export function learnFromRecordings(one: Recording, other: Recording): Learned {
  const [first, second] = pairedItems(one, other);
  const fromServer = (item: { readonly direction: string }): boolean => item.direction === 'toClient';
  return learnItems(first.filter(fromServer), second.filter(fromServer), handoffFields(one), IGNORE_NOTHING);
}

/** Both at once: what either says is set aside. */
export function learnedTogether(all: readonly Learned[]): Learned {
  return {
    fields: all.flatMap((one) => one.fields),
    messages: new Map(all.flatMap((one) => [...one.messages])),
  };
}

function learnItems<T extends Alignable & { readonly message: DissectedMessage }>(
  one: readonly T[],
  other: readonly T[],
  sentOn: ReadonlySet<string>,
  ignores: Ignores,
): Learned {
  const fields = new Map<string, { message: string; path: string; why: string }>();
  const messages = new Map<string, string>();
  const counted = (a: DissectedMessage, b: DissectedMessage): string[] =>
    compareMessages(a, b, ignores).flatMap(({ path, ignored }) => (ignored === undefined ? [path] : []));
  const rows = align(one, other, {
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
    for (const path of counted(recorded.message, live.message).map(bare)) {
      if (!sentOn.has(`${message}\0${path}`)) fields.set(`${message}\0${path}`, { message, path, why: WHY_FIELD });
    }
  }
  return { fields: [...fields.values()], messages };
}
