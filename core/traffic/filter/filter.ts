/**
 * The filter language, whole: one text, compiled once, the same test for view, hold, rules, colours, statistics, fuzz targets
 * and checks in CI.
 *
 *     message == "dahai" && actor == 1        possible_actions[0].type == "pon"
 *     mana and toClient and beings.destination.x > 1400
 *     pai in {"5mr", "5pr"} or not none       expert.severity >= warning
 *
 * A frame with several messages fits when one of its messages does.
 */
import { compile, type Needs } from './compile.ts';
import { explain } from './explain.ts';
import { parseFilter } from './parser.ts';
import { type Required, requirements } from './requirements.ts';
import type { FilterSubject } from './subject.ts';
import { EMPTY_VOCABULARY, type Vocabulary } from './vocabulary.ts';

export { completeFilter, type FilterCompletion } from './complete.ts';
export type { FilterSubject } from './subject.ts';
export { createVocabulary, type Vocabulary, type VocabularyField, type VocabularyMessage } from './vocabulary.ts';

export interface CompiledFilter {
  readonly ok: true;
  readonly text: string;
  /** True when it passes everything, so that nobody need ask. */
  readonly isEmpty: boolean;
  test(subject: FilterSubject): boolean;
  /** In words, for the line below the filter bar. */
  explain(): string;
  readonly needs: Readonly<Needs>;
  /** Conditions every fitting frame meets; an index can skip the rest. */
  readonly required: Required;
}

export interface BrokenFilter {
  readonly ok: false;
  readonly message: string;
  /** Offsets `[at, end)` into the text. */
  readonly at: number;
  readonly end: number;
}

export function compileFilter(text: string, vocabulary: Vocabulary = EMPTY_VOCABULARY): CompiledFilter | BrokenFilter {
  const parsed = parseFilter(text);
  if (!parsed.ok) return parsed;
  const { filter } = parsed;
  const needs: Needs = { fields: false, bytes: false, expert: false };
  const test = compile(filter, vocabulary, needs);
  return {
    ok: true,
    text,
    isEmpty: filter.kind === 'constant' && filter.value,
    test: (subject) => {
      for (let i = 0; i < subject.names.length; i++) if (test(subject, i)) return true;
      return false;
    },
    explain: () => explain(filter, vocabulary),
    needs,
    required: requirements(filter, vocabulary),
  };
}
