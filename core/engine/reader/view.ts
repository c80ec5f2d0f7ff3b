/** One view of the session: its frames in order, found step by step and kept up to date while the session grows. */
import type { ViewSpec, ViewStatus } from '../../contract/rows.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type CompiledFilter, compileFilter, type Vocabulary } from '../../traffic/filter/filter.ts';
import { FrameList } from './frame-list.ts';
import { BLOCK, Selector } from './selector.ts';

export interface CompiledColor {
  readonly filter: CompiledFilter;
  readonly color: string;
}

/** @throws EngineError `bad-filter` */
export function compileOrRefuse(text: string, vocabulary: Vocabulary): CompiledFilter {
  const filter = compileFilter(text, vocabulary);
  if (filter.ok) return filter;
  throw new EngineError('bad-filter', `The filter ${text}: ${filter.message} (character ${filter.at + 1}).`);
}

export class View {
  readonly id: number;
  /** Who opened it; it is closed with them. */
  readonly client: number;
  readonly isFollowed: boolean;
  spec: ViewSpec;
  colors: readonly CompiledColor[] = [];
  /** Rows already sent as live tail. */
  told = 0;
  readonly #reader: SessionReader;
  #selector: Selector;
  /** Undefined: every frame is a row, and row `i` is frame `i + 1`. */
  #rows: FrameList | undefined;
  readonly #hidden = new FrameList();
  #scanned = 0;
  #elapsed = 0;
  #isCancelled = false;
  #revision = 0;

  constructor(
    id: number,
    client: number,
    isFollowed: boolean,
    reader: SessionReader,
    spec: ViewSpec,
    vocabulary: Vocabulary,
  ) {
    this.id = id;
    this.client = client;
    this.isFollowed = isFollowed;
    this.#reader = reader;
    this.spec = spec;
    this.#selector = this.#select(spec, vocabulary);
  }

  /** @throws EngineError `bad-filter`; the view then stays as it was. */
  change(spec: ViewSpec, vocabulary: Vocabulary): void {
    this.#selector = this.#select(spec, vocabulary);
    this.spec = spec;
    this.restart();
  }

  /** Looks at everything again: protocols or connections are not what they were. */
  restart(): void {
    this.#hidden.clear();
    this.#scanned = 0;
    this.#elapsed = 0;
    this.#isCancelled = false;
    this.told = 0;
    this.#revision++;
    this.#rows = this.#selector.isEverything ? undefined : new FrameList();
    this.#selector.refresh();
  }

  get length(): number {
    return this.#rows?.length ?? this.#reader.index.count;
  }
  get isDone(): boolean {
    return this.#rows === undefined || this.#isCancelled || this.#scanned >= this.#reader.index.count;
  }
  cancel(): void {
    if (!this.isDone) this.#isCancelled = true;
  }
  frameAt(row: number): number {
    return this.#rows === undefined ? row + 1 : this.#rows.at(row);
  }
  frames(start: number, count: number): number[] {
    const end = Math.min(this.length, start + count);
    if (this.#rows !== undefined) return this.#rows.slice(start, end);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i + 1);
  }
  /** Row of frame n, or of the nearest row before it (-1 when there is none). */
  indexOf(n: number): { index: number; exact: boolean } {
    if (this.#rows === undefined) {
      const { count } = this.#reader.index;
      return { index: Math.min(n, count) - 1, exact: n >= 1 && n <= count };
    }
    const at = this.#rows.firstNotBelow(n);
    const exact = at < this.#rows.length && this.#rows.at(at) === n;
    return { index: exact ? at : at - 1, exact };
  }
  /** First row whose frame is n or later. */
  firstRowFrom(n: number): number {
    return this.#rows === undefined ? Math.max(0, Math.min(n - 1, this.length)) : this.#rows.firstNotBelow(n);
  }

  status(): ViewStatus {
    const total = this.#reader.index.count;
    return {
      view: this.id,
      shown: this.length,
      hidden: this.#hidden.length,
      scanned: this.#rows === undefined ? total : this.#scanned,
      total,
      done: this.isDone && !this.#isCancelled,
      elapsedMs: Math.round(this.#elapsed),
      revision: this.#revision,
    };
  }

  /** Looks at more frames for about so long. True when none is left. */
  advance(milliseconds: number, now: () => number): boolean {
    if (this.isDone) return true;
    const rows = this.#rows!;
    const began = now();
    const { count } = this.#reader.index;
    while (this.#scanned < count) {
      const from = this.#scanned + 1;
      const to = Math.min(count, this.#scanned + BLOCK);
      this.#selector.scan(
        from,
        to,
        (n) => rows.push(n),
        (n) => this.#hidden.push(n),
      );
      this.#scanned = to;
      if (now() - began >= milliseconds) break;
    }
    this.#elapsed += now() - began;
    return this.#scanned >= count;
  }

  /** Frames whose row changed; returns the rows that are in the view, ascending. */
  revise(frames: readonly number[]): number[] {
    this.#selector.refresh();
    if (this.#rows === undefined) return frames.map((n) => n - 1);
    const known = frames.filter((n) => n <= this.#scanned);
    const shown: number[] = [];
    const hidden: number[] = [];
    for (const n of known) {
      const fate = this.#selector.look(n);
      if (fate === 'shown') shown.push(n);
      else if (fate === 'hidden') hidden.push(n);
    }
    const changed = new Set(known);
    if (this.#rows.merge(changed, shown)) {
      this.#revision++;
      this.told = Math.min(this.told, this.#rows.length);
    }
    this.#hidden.merge(changed, hidden);
    return shown.map((n) => this.#rows!.firstNotBelow(n));
  }

  /** New connections, or connections whose protocol became known. */
  refresh(): void {
    this.#selector.refresh();
  }

  #select(spec: ViewSpec, vocabulary: Vocabulary): Selector {
    const filter = compileOrRefuse(spec.filter, vocabulary);
    this.colors = (spec.colors ?? []).map(({ filter: text, color }) => ({
      filter: compileOrRefuse(text, vocabulary),
      color,
    }));
    const selector = new Selector(this.#reader, {
      filter,
      ...(spec.hidden === undefined ? {} : { hidden: spec.hidden }),
      ...(spec.window === undefined ? {} : { window: spec.window }),
    });
    this.#rows = selector.isEverything ? undefined : new FrameList();
    return selector;
  }
}
