/** Fills the cells of one row element. No React here: at 50 000 frames a second every visible row changes on every picture. */
import type { Row } from '../../../core/contract/rows.ts';
import { delta, grouped, milliseconds, seconds, wallTime } from '../format/number.ts';
import { languageOf, oneLine, summaryParts } from '../format/text.ts';
import { iconElement } from '../icons/sprite.ts';
import type { TimeMode } from '../state/settings.ts';
import { t } from '../strings/strings.ts';
import type { Column } from './columns.ts';
import { marksOf } from './marks.ts';
import { swatchClass } from './swatch.ts';

export interface CellContext {
  /** Wall clock the session began at, seconds. */
  readonly began: number;
  readonly timeMode: TimeMode;
  /** Wall clock of the reference frame. */
  readonly reference: number;
}

export interface RowCells {
  readonly cells: readonly HTMLElement[];
  readonly columns: readonly Column[];
}

export function createCells(columns: readonly Column[]): RowCells {
  const cells = columns.map((column) => {
    const cell = document.createElement('span');
    cell.setAttribute('role', 'gridcell');
    cell.className = CLASS[column.id] ?? 'fieldcol mono cut';
    if (column.id === 'conn') {
      const swatch = document.createElement('i');
      const name = document.createElement('span');
      const number = document.createElement('span');
      number.className = 'muted';
      cell.append(swatch, name, number);
    }
    return cell;
  });
  return { cells, columns };
}

const CLASS: Readonly<Record<string, string>> = {
  n: 'n',
  time: 't',
  delta: 'd',
  conn: 'conn',
  dir: 'dir',
  message: 'msg',
  summary: 'sum',
  answer: 'lat',
  size: 'size',
  marks: 'marks',
};

/** `before` is the time of the row above, NaN when it is not known. */
export function fillCells(target: RowCells, row: Row, before: number, context: CellContext): void {
  let field = 0;
  target.columns.forEach((column, i) => {
    const cell = target.cells[i];
    if (cell === undefined) return;
    if (column.field !== undefined) {
      setText(cell, oneLine(row.columns[field++] ?? ''));
      return;
    }
    switch (column.id) {
      case 'n':
        return setText(cell, grouped(row.n));
      case 'time':
        return setText(cell, timeText(row.time, context));
      case 'delta':
        return setText(cell, Number.isNaN(before) ? '' : delta(row.time - before));
      case 'conn':
        return fillConnection(cell, row);
      case 'dir':
        return fillDirection(cell, row);
      case 'message':
        return setText(cell, messageText(row));
      case 'summary':
        return fillSummary(cell, row);
      case 'answer':
        return setText(cell, milliseconds(row.answerMs));
      case 'size':
        return setText(cell, grouped(row.size));
      default:
        return fillMarks(cell, row);
    }
  });
}

/** Control frames of the carrier are no messages; their summary says what they are. */
export function messageText(row: Pick<Row, 'message' | 'isControl'>): string {
  if (row.message !== '') return oneLine(row.message);
  return row.isControl ? t.timeline.control : t.timeline.notUnderstood;
}

export function timeText(time: number, context: CellContext): string {
  if (context.timeMode === 'wall') return wallTime(time).slice(0, 12);
  return seconds(time - (context.timeMode === 'reference' ? context.reference : context.began));
}

function setText(cell: HTMLElement, text: string): void {
  if (cell.textContent !== text) cell.textContent = text;
}

function fillConnection(cell: HTMLElement, row: Row): void {
  const [swatch, name, number] = cell.children;
  if (swatch === undefined || name === undefined || number === undefined) return;
  swatch.className = swatchClass(row.protocol);
  setText(name as HTMLElement, row.protocol);
  setText(number as HTMLElement, `c${row.conn}`);
}

function fillDirection(cell: HTMLElement, row: Row): void {
  if (cell.dataset.direction === row.direction) return;
  cell.dataset.direction = row.direction;
  const isServer = row.direction === 'toServer';
  cell.className = isServer ? 'dir c-s' : 'dir c-c';
  const word = document.createElement('span');
  word.className = 'sr';
  word.textContent = t.timeline.direction[row.direction];
  cell.replaceChildren(iconElement(isServer ? 'right' : 'left', false), word);
}

function fillSummary(cell: HTMLElement, row: Row): void {
  const text = oneLine(row.summary);
  if (cell.dataset.text === text) return;
  cell.dataset.text = text;
  cell.lang = languageOf(text) ?? '';
  cell.title = '';
  const parts = summaryParts(text);
  if (parts.length === 1 && parts[0]?.isKey === false) {
    cell.textContent = text;
    return;
  }
  cell.replaceChildren(
    ...parts.map((part) => {
      if (!part.isKey) return document.createTextNode(part.text);
      const key = document.createElement('i');
      key.className = 'k';
      key.textContent = part.text;
      return key;
    }),
  );
}

function fillMarks(cell: HTMLElement, row: Row): void {
  const marks = marksOf(row);
  const key = marks.map((mark) => mark.text).join('|');
  if (cell.dataset.text === key) return;
  cell.dataset.text = key;
  cell.replaceChildren(
    ...marks.map((mark) => {
      const span = document.createElement('span');
      span.className = mark.tone === 'muted' ? 'mark muted' : `mark c-${mark.tone}`;
      span.append(iconElement(mark.icon), mark.text);
      return span;
    }),
  );
}
