/**
 * Rows of one view by index. Batches are kept as they came and a row is read out of its batch only when it is drawn; pages
 * that nobody looked at for longest go first, so memory stays flat however long the session is.
 */
import type { RowBatch } from '../../../core/contract/row-batch.ts';
import type { Row } from '../../../core/contract/rows.ts';

export const PAGE = 256;

interface Page {
  batches: RowBatch[];
  /** Rows read out already, by position in the page. */
  readonly rows: (Row | undefined)[];
  isAsked: boolean;
  /** Shown while its newer state is on the way. */
  isStale: boolean;
}

export class RowCache {
  readonly #pages = new Map<number, Page>();
  readonly #limit: number;

  constructor(limit = 240) {
    this.#limit = limit;
  }

  get pageCount(): number {
    return this.#pages.size;
  }

  row(index: number): Row | undefined {
    const page = this.#pages.get(Math.floor(index / PAGE));
    if (page === undefined) return undefined;
    const at = index % PAGE;
    const known = page.rows[at];
    if (known !== undefined) return known;
    for (let i = page.batches.length - 1; i >= 0; i--) {
      const batch = page.batches[i];
      if (batch !== undefined && index >= batch.start && index < batch.start + batch.count) {
        const row = batch.row(index - batch.start);
        page.rows[at] = row;
        return row;
      }
    }
    return undefined;
  }

  put(batch: RowBatch): void {
    if (batch.count === 0) return;
    const last = batch.start + batch.count - 1;
    for (let p = Math.floor(batch.start / PAGE); p <= Math.floor(last / PAGE); p++) {
      const page = this.#touch(p);
      const from = p * PAGE;
      const isWhole = batch.start <= from && (last >= from + PAGE - 1 || last >= batch.total - 1);
      if (isWhole) page.batches = [batch];
      else page.batches.push(batch);
      for (let i = Math.max(batch.start, from); i <= Math.min(last, from + PAGE - 1); i++)
        page.rows[i - from] = undefined;
      page.isAsked = false;
      page.isStale = false;
    }
    this.#trim();
  }

  /** Pages that cover `[start, end)` and still lack rows, marked as asked for. */
  missing(start: number, end: number): number[] {
    const asked: number[] = [];
    if (end <= start) return asked;
    for (let p = Math.floor(start / PAGE); p <= Math.floor((end - 1) / PAGE); p++) {
      const page = this.#touch(p);
      if (page.isAsked) continue;
      if (!page.isStale && this.#isFull(p, start, end)) continue;
      page.isAsked = true;
      asked.push(p);
    }
    return asked;
  }

  /** A request failed: its page may be asked for again. */
  forgetAsk(page: number): void {
    const known = this.#pages.get(page);
    if (known !== undefined) known.isAsked = false;
  }

  /** Rows may have changed (a decision, a mark, a re-decode): keep showing them, ask again. */
  markStale(): void {
    for (const page of this.#pages.values()) {
      page.isStale = true;
      page.isAsked = false;
    }
  }

  clear(): void {
    this.#pages.clear();
  }

  #isFull(p: number, start: number, end: number): boolean {
    for (let i = Math.max(start, p * PAGE); i < Math.min(end, (p + 1) * PAGE); i++) {
      if (this.row(i) === undefined) return false;
    }
    return true;
  }

  #touch(p: number): Page {
    const known = this.#pages.get(p);
    if (known !== undefined) {
      this.#pages.delete(p);
      this.#pages.set(p, known);
      return known;
    }
    const page: Page = { batches: [], rows: new Array<Row | undefined>(PAGE), isAsked: false, isStale: false };
    this.#pages.set(p, page);
    return page;
  }

  #trim(): void {
    for (const p of this.#pages.keys()) {
      if (this.#pages.size <= this.#limit) return;
      this.#pages.delete(p);
    }
  }
}
