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

/** `[wide, narrow]` widths, narrow below 1360 px. */
const FIXED: readonly {
  readonly id: string;
  readonly widths: readonly [number, number];
  readonly isRight?: boolean;
}[] = [
  { id: 'n', widths: [60, 54], isRight: true },
  { id: 'time', widths: [88, 84], isRight: true },
  { id: 'delta', widths: [68, 62], isRight: true },
  { id: 'conn', widths: [112, 104] },
  { id: 'dir', widths: [22, 20] },
  { id: 'message', widths: [220, 206] },
  { id: 'summary', widths: [0, 0] },
  { id: 'answer', widths: [66, 62], isRight: true },
  { id: 'size', widths: [50, 44], isRight: true },
  { id: 'marks', widths: [148, 132] },
];

export const MIN_COLUMN = 20;
const MIN_SUMMARY = 140;

/** Columns that can be hidden; the others make a row a row. */
export const OPTIONAL_COLUMNS: readonly string[] = ['delta', 'conn', 'answer', 'size', 'marks'];

export function columnsOf(
  settings: Pick<Settings, 'columnWidths' | 'hiddenColumns' | 'fieldColumns'>,
  isNarrow: boolean,
): readonly Column[] {
  const columns: Column[] = [];
  for (const each of FIXED) {
    if (each.id === 'marks') {
      for (const field of settings.fieldColumns) {
        const id = `field:${field}`;
        columns.push({ id, title: field, width: settings.columnWidths[id] ?? 110, isRight: false, field });
      }
    }
    if (settings.hiddenColumns.includes(each.id)) continue;
    const width = each.widths[0] === 0 ? 0 : (settings.columnWidths[each.id] ?? each.widths[isNarrow ? 1 : 0]);
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
