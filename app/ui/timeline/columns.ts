/** Columns of the timeline: order, measures, what may be hidden. Decoded fields follow the fixed ones, before the marks. */
import type { Settings } from '../state/settings.ts';
import { t } from '../strings/strings.ts';

export interface Column {
  readonly id: string;
  readonly title: string;
  /** Pixels; 0 takes what is left. */
  readonly width: number;
  readonly isRight: boolean;
  /** A decoded field's path. */
  readonly field?: string;
}

/** Widths in a wide, a narrow and a small place: what columns give up, the summary gets. */
const FIXED: readonly {
  readonly id: string;
  readonly widths: readonly [wide: number, narrow: number, small: number];
  readonly isRight?: boolean;
}[] = [
  { id: 'n', widths: [60, 54, 54], isRight: true },
  { id: 'time', widths: [88, 84, 84], isRight: true },
  { id: 'delta', widths: [68, 62, 56], isRight: true },
  { id: 'conn', widths: [112, 104, 92] },
  { id: 'dir', widths: [22, 20, 20] },
  { id: 'message', widths: [220, 206, 150] },
  { id: 'summary', widths: [0, 0, 0] },
  { id: 'answer', widths: [66, 62, 54], isRight: true },
  { id: 'size', widths: [50, 44, 40], isRight: true },
  { id: 'marks', widths: [148, 132, 84] },
];
const NARROW = 1360;
const SMALL = 1100;

export const MIN_COLUMN = 20;
const MIN_SUMMARY = 140;

/** Columns that can be hidden; the others make a row a row. */
export const OPTIONAL_COLUMNS: readonly string[] = ['delta', 'conn', 'answer', 'size', 'marks'];

/** @param place pixels there are */
export function columnsOf(
  settings: Pick<Settings, 'columnWidths' | 'hiddenColumns' | 'fieldColumns'>,
  place: number,
): readonly Column[] {
  const tier = place < SMALL ? 2 : place < NARROW ? 1 : 0;
  const columns: Column[] = [];
  for (const each of FIXED) {
    if (each.id === 'marks') {
      for (const field of settings.fieldColumns) {
        const id = `field:${field}`;
        columns.push({ id, title: field, width: settings.columnWidths[id] ?? 110, isRight: false, field });
      }
    }
    if (settings.hiddenColumns.includes(each.id)) continue;
    const width = each.widths[0] === 0 ? 0 : (settings.columnWidths[each.id] ?? each.widths[tier]);
    columns.push({ id: each.id, title: titleOf(each.id), width, isRight: each.isRight === true });
  }
  return columns;
}

/** Value of `grid-template-columns`. */
export function columnTemplate(columns: readonly Column[]): string {
  return columns.map(({ width }) => (width === 0 ? `minmax(${MIN_SUMMARY}px, 1fr)` : `${width}px`)).join(' ');
}

/** Below this the timeline scrolls sideways. */
export function columnsWidth(columns: readonly Column[]): number {
  const gaps = Math.max(0, columns.length - 1) * 8 + 24;
  return columns.reduce((sum, { width }) => sum + (width === 0 ? MIN_SUMMARY : width), gaps);
}

function titleOf(id: string): string {
  return (t.timeline.columns as Readonly<Record<string, string>>)[id] ?? id;
}
