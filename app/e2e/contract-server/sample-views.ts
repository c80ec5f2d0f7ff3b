/** Views over the sample: every row, or those a filter, a window and hidden names leave, found in slices so that nothing blocks. */
import type { Row, Strip, StripBucket, ViewSpec, ViewStatus } from '../../../core/contract/rows.ts';
import type { FindWhat } from '../../../core/contract/verbs.ts';
import { compileFilter, createVocabulary, type FilterSubject } from '../../../core/traffic/filter/filter.ts';
import type { SampleSession } from './sample-rows.ts';

export const VOCABULARY = createVocabulary(
  ['mana', 'muddery', 'fco', 'mjsonp', 'socketchat'],
  [
    {
      protocol: 'mana',
      name: 'GPMSG_BEINGS_MOVE',
      fields: [
        { path: 'beings', type: 'list' },
        { path: 'beings.destination.x', type: 'u16', unit: 'px' },
        { path: 'beings.destination.y', type: 'u16', unit: 'px' },
        { path: 'beings.speed', type: 'u8' },
      ],
    },
    {
      protocol: 'mana',
      name: 'PGMSG_WALK',
      fields: [
        { path: 'x', type: 'u16' },
        { path: 'y', type: 'u16' },
      ],
    },
    { protocol: 'muddery', name: 'say', fields: [{ path: 'text', type: 'text' }] },
    {
      protocol: 'mjsonp',
      name: 'dahai',
      fields: [
        { path: 'actor', type: 'number' },
        { path: 'pai', type: 'text' },
      ],
    },
  ],
);

export function subjectOf(row: Row, began: number): FilterSubject {
  const endpoint = { address: '127.0.0.1', port: 50_000 + row.conn };
  return {
    n: row.n,
    conn: row.conn,
    direction: row.direction,
    at: row.time - began,
    size: row.size,
    origin: row.origin,
    fate: row.fate,
    protocol: row.protocol,
    names: [row.message],
    ids: [undefined],
    summary: row.summary,
    expert: row.worst === undefined ? [] : [{ severity: row.worst, group: 'schema', text: 'odd' }],
    carrier: {},
    transport: 'tcp',
    proxy: row.protocol,
    role: '',
    journey: row.conn,
    client: endpoint,
    server: endpoint,
    answerMs: row.answerMs,
    waitedMs: row.waitedMs,
    mark: row.marked ? 'mark' : undefined,
    comment: undefined,
    touchedBy: row.touchedBy,
    bytes: new Uint8Array(),
    fields: [{ actor: row.n % 4, x: row.n % 900, text: row.summary }],
  };
}

export class SampleView {
  spec: ViewSpec;
  readonly id: number;
  readonly #session: SampleSession;
  readonly #length: () => number;
  /** Undefined: every row. */
  #rows: Uint32Array | undefined;
  #count = 0;
  #scanned = 0;
  #began = 0;

  constructor(id: number, spec: ViewSpec, session: SampleSession, length: () => number) {
    this.id = id;
    this.spec = spec;
    this.#session = session;
    this.#length = length;
    this.change(spec);
  }

  change(spec: ViewSpec): void {
    this.spec = spec;
    this.#scanned = 0;
    this.#count = 0;
    this.#began = performance.now();
    const isPlain = spec.filter === '' && spec.window === undefined && (spec.hidden ?? []).length === 0;
    this.#rows = isPlain ? undefined : new Uint32Array(Math.max(1024, this.#length()));
    this.scan(20_000);
  }

  /** Looks at up to `most` further rows. */
  scan(most: number): void {
    const rows = this.#rows;
    if (rows === undefined) return;
    const { spec } = this;
    const filter = compileFilter(spec.filter, VOCABULARY);
    const hidden = new Set(spec.hidden);
    const end = Math.min(this.#length(), this.#scanned + most);
    let kept = rows;
    for (let i = this.#scanned; i < end; i++) {
      const row = this.#session.row(i);
      const at = row.time - this.#session.began;
      if (spec.window !== undefined && (at < spec.window[0] || at > spec.window[1])) continue;
      if (hidden.has(`${row.protocol}/${row.message}`)) continue;
      if (spec.filter !== '' && filter.ok && !filter.test(subjectOf(row, this.#session.began))) continue;
      if (this.#count === kept.length) {
        const grown = new Uint32Array(kept.length * 2);
        grown.set(kept);
        kept = grown;
      }
      kept[this.#count++] = i;
    }
    this.#rows = kept;
    this.#scanned = end;
  }

  get isDone(): boolean {
    return this.#rows === undefined || this.#scanned >= this.#length();
  }

  status(): ViewStatus {
    const total = this.#length();
    const isPlain = this.#rows === undefined;
    return {
      view: this.id,
      shown: isPlain ? total : this.#count,
      hidden: isPlain ? 0 : this.#scanned - this.#count,
      scanned: isPlain ? total : this.#scanned,
      total,
      done: this.isDone,
      elapsedMs: performance.now() - this.#began,
    };
  }

  rowAt(index: number): Row {
    const at = this.#rows === undefined ? index : (this.#rows[index] ?? 0);
    const row = this.#session.row(at);
    const columns = (this.spec.columns ?? []).map((path) =>
      path === 'actor' ? String(row.n % 4) : path === 'x' ? String(row.n % 900) : '',
    );
    const color = (this.spec.colors ?? []).findIndex((rule) => {
      const filter = compileFilter(rule.filter, VOCABULARY);
      return filter.ok && filter.test(subjectOf(row, this.#session.began));
    });
    return { ...row, columns, color };
  }

  rows(start: number, count: number): Row[] {
    const end = Math.min(start + count, this.status().shown);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => this.rowAt(start + i));
  }

  indexOf(n: number): { readonly index: number; readonly exact: boolean } {
    if (this.#rows === undefined) return { index: n - 1, exact: true };
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] ?? 0) < n - 1) low = middle + 1;
      else high = middle;
    }
    const exact = this.#rows[low] === n - 1 && low < this.#count;
    return { index: exact ? low : Math.max(0, low - 1), exact };
  }

  find(from: number, what: FindWhat, back: boolean): { readonly index: number } | null {
    const { shown } = this.status();
    const filter = what.kind === 'filter' ? compileFilter(what.filter, VOCABULARY) : undefined;
    const fits = (row: Row): boolean => {
      if (what.kind === 'problem') return row.worst !== undefined;
      if (what.kind === 'mark') return row.marked;
      if (what.kind === 'connection') return row.conn === what.conn;
      if (what.kind === 'message') return row.message === what.message;
      if (what.kind === 'time') return row.time - this.#session.began >= what.at;
      return filter?.ok === true && filter.test(subjectOf(row, this.#session.began));
    };
    const step = back ? -1 : 1;
    for (let i = from + step; i >= 0 && i < shown; i += step) if (fits(this.rowAt(i))) return { index: i };
    return null;
  }
}

export function sampleStrip(session: SampleSession, length: number, from: number, to: number, count: number): Strip {
  const buckets: { -readonly [K in keyof StripBucket]: number }[] = Array.from({ length: count }, () => ({
    toServer: 0,
    toClient: 0,
    warnings: 0,
    errors: 0,
    marks: 0,
  }));
  const step = Math.max(1, Math.floor(length / 60_000));
  for (let i = 0; i < length; i += step) {
    const row = session.row(i);
    const at = (row.time - session.began - from) / (to - from);
    const bucket = buckets[Math.floor(at * count)];
    if (bucket === undefined) continue;
    const wave = 1 + Math.sin(at * 30) * 0.4;
    bucket[row.direction] += step * wave;
    if (i % 7919 === 0) bucket.warnings++;
    if (i % 30_011 === 0) bucket.errors++;
    if (row.marked) bucket.marks++;
  }
  return { from, to, buckets };
}
