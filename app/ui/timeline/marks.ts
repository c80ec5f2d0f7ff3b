/** What the last column says about a row: origin, fate and remarks, each with an icon and a word. */
import type { Row } from '../../../core/contract/rows.ts';
import { milliseconds } from '../format/number.ts';
import type { IconName } from '../icons/icon-set.ts';
import { t } from '../strings/strings.ts';

export interface Mark {
  readonly icon: IconName;
  readonly text: string;
  readonly tone: 'edited' | 'injected' | 'dropped' | 'warning' | 'problem' | 'muted' | 'accent';
}

const words = t.timeline.marks;

export function marksOf(row: Row): readonly Mark[] {
  const marks: Mark[] = [];
  const add = (icon: IconName, text: string, tone: Mark['tone']): void => void marks.push({ icon, text, tone });
  if (row.origin === 'injected') add('inject', words.injected, 'injected');
  else if (row.origin === 'replayed') add('replay', words.replayed, 'injected');
  else if (row.origin === 'fuzzed') add('bolt', words.fuzzed, 'injected');
  const waited = milliseconds(row.waitedMs);
  if (row.fate === 'edited') add('edit', words.edited, 'edited');
  else if (row.fate === 'dropped') add('drop', words.dropped, 'dropped');
  else if (row.fate === 'held') add('hold', waited === '' ? words.held : words.heldFor(waited), 'warning');
  else if (row.fate === 'delayed') add('clock', words.delayed(waited), 'warning');
  else if (row.fate === 'duplicated') add('copy', words.duplicated, 'muted');
  if (row.fate !== 'held' && row.fate !== 'delayed' && waited !== '') add('hold', words.heldFor(waited), 'muted');
  for (const name of row.touchedBy) add('gear', name, 'muted');
  if (row.worst === 'error') add('error', words.errors(row.expertCount), 'problem');
  else if (row.worst === 'warning') add('warn', words.warnings(row.expertCount), 'warning');
  else if (row.worst === 'note') add('note', words.notes(row.expertCount), 'muted');
  if (row.handoff) add('link', words.handoff, 'muted');
  if (row.batch > 1) add('list', words.batch(row.batch), 'muted');
  if (row.marked) add('flag', words.mark, 'accent');
  if (row.commented) add('edit', words.note, 'accent');
  return marks;
}
