/** A ring of row elements that is filled again and again while the timeline scrolls; each frame number keeps to its element. */
import type { Row } from '../../../core/contract/rows.ts';
import type { Column } from './columns.ts';
import { createCells, fillCells, type CellContext, type RowCells } from './row-cells.ts';

export interface PaintInput {
  /** First visible row, with a fraction. */
  readonly top: number;
  readonly rows: number;
  /** Visible rows, with a fraction. */
  readonly page: number;
  readonly rowHeight: number;
  readonly context: CellContext;
  /** Changes whenever the context's content does. */
  readonly contextKey: string;
  row(index: number): Row | undefined;
  isSelected(n: number): boolean;
  readonly focus: number;
  readonly partner: number;
  readonly hasFocus: boolean;
  readonly washes: readonly string[];
}

interface Slot {
  readonly element: HTMLElement;
  readonly target: RowCells;
  row: Row | undefined;
  before: number;
  contextKey: string;
  className: string;
  y: number;
  index: number;
}

const OVERSCAN = 2;

export class RowPool {
  readonly #host: HTMLElement;
  readonly #idPrefix: string;
  #slots: Slot[] = [];
  #columns: readonly Column[] = [];

  constructor(host: HTMLElement, idPrefix: string) {
    this.#host = host;
    this.#idPrefix = idPrefix;
  }

  /** Other columns: the elements are made anew. */
  configure(columns: readonly Column[]): void {
    this.#columns = columns;
    this.#slots = [];
    this.#host.replaceChildren();
  }

  /** Id of the element that shows a row, for `aria-activedescendant`; '' when out of sight. */
  idOf(index: number): string {
    return this.#slots.find((slot) => slot.index === index && slot.row !== undefined)?.element.id ?? '';
  }

  paint(input: PaintInput): void {
    const first = Math.max(0, Math.floor(input.top) - OVERSCAN);
    const last = Math.min(input.rows, Math.ceil(input.top + input.page) + OVERSCAN);
    const wanted = Math.ceil(input.page) + 2 * OVERSCAN + 1;
    while (this.#slots.length < wanted) this.#addSlot();
    const size = this.#slots.length;
    for (let i = first; i < first + size; i++) {
      const slot = this.#slots[i % size];
      if (slot === undefined) continue;
      if (i >= last) this.#hide(slot);
      else this.#show(slot, i, input);
    }
  }

  #show(slot: Slot, index: number, input: PaintInput): void {
    const y = Math.round((index - input.top) * input.rowHeight);
    if (slot.y !== y) {
      slot.element.style.transform = `translateY(${y}px)`;
      slot.y = y;
    }
    if (slot.index !== index) {
      slot.index = index;
      slot.element.dataset.index = String(index);
      slot.element.setAttribute('aria-rowindex', String(index + 2));
    }
    const row = input.row(index);
    const before = index === 0 ? Number.NaN : (input.row(index - 1)?.time ?? Number.NaN);
    if (row === undefined) {
      this.#setClass(slot, 'tr waiting');
      if (slot.row !== undefined) for (const cell of slot.target.cells) clearCell(cell);
      slot.row = undefined;
      return;
    }
    const isNew = slot.row !== row || slot.contextKey !== input.contextKey;
    if (isNew || !Object.is(slot.before, before)) {
      fillCells(slot.target, row, before, input.context);
      slot.row = row;
      slot.before = before;
      slot.contextKey = input.contextKey;
    }
    this.#setClass(slot, classOf(row, input));
  }

  #setClass(slot: Slot, className: string): void {
    if (slot.className === className) return;
    slot.className = className;
    slot.element.className = className;
    slot.element.setAttribute('aria-selected', className.includes(' sel') ? 'true' : 'false');
  }

  #hide(slot: Slot): void {
    this.#setClass(slot, 'tr gone');
    slot.index = -1;
    slot.row = undefined;
    for (const cell of slot.target.cells) clearCell(cell);
  }

  #addSlot(): void {
    const element = document.createElement('div');
    element.setAttribute('role', 'row');
    element.id = `${this.#idPrefix}${this.#slots.length}`;
    const target = createCells(this.#columns);
    element.append(...target.cells);
    this.#host.append(element);
    this.#slots.push({
      element,
      target,
      row: undefined,
      before: Number.NaN,
      contextKey: '',
      className: '',
      y: -1,
      index: -1,
    });
  }
}

function clearCell(cell: HTMLElement): void {
  if (cell.classList.contains('conn')) for (const part of cell.children) part.textContent = '';
  else cell.replaceChildren();
  delete cell.dataset.text;
  delete cell.dataset.direction;
}

function classOf(row: Row, input: PaintInput): string {
  let name = 'tr';
  if (row.fate === 'dropped') name += ' dropped';
  if (row.message === '') name += ' unread';
  if (row.isControl) name += ' control';
  const wash = row.color >= 0 ? input.washes[row.color] : undefined;
  if (wash !== undefined) name += ` wash-${wash}`;
  if (input.isSelected(row.n)) name += ' sel';
  if (row.n === input.focus && input.hasFocus) name += ' is-focus';
  if (row.n === input.partner) name += ' pair';
  return name;
}
