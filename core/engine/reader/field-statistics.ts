/** Numbers about one field or the fields of one message: its course over time, the bytes it takes. */
import type { Plot, StatisticsVerbs } from '../../contract/statistics-verbs.ts';
import { fieldsOf } from '../../schema/describe.ts';
import type { Node } from '../../schema/nodes.ts';
import { walkFields } from '../../schema/path.ts';
import { FLAG, MESSAGE_IN_FILE } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { CompiledFilter } from '../../traffic/filter/filter.ts';
import type { Job } from './job.ts';
import { eachFrame } from './statistics.ts';
import { valuesAt } from './values-at.ts';
import { hexOf } from './value-text.ts';

const DEFAULT_POINTS = 2_000;
const MAX_SERIES = 12;

/** A numeric field over time, a line per connection; thinned by keeping the extremes of each span. */
export function* plot(
  reader: SessionReader,
  filter: CompiledFilter,
  args: { readonly path: string; readonly message?: string; readonly points?: number },
): Job<Plot> {
  interface Series {
    time: number[];
    value: number[];
    n: number[];
  }
  const byConnection = new Map<number, Series>();
  const subject = reader.subject();
  const { index } = reader;
  const numbers = args.message === undefined ? undefined : numbersOf(reader, args.message);
  yield* eachFrame(reader, filter, (n) => {
    if (numbers !== undefined && !numbers.has(index.message(n)) && (index.flags(n) & FLAG.batch) === 0) return;
    if (index.message(n) === 0 && !args.path.includes('.')) return;
    subject.moveTo(n);
    for (const value of valuesAt(subject, args.path)) {
      const number = typeof value === 'bigint' ? Number(value) : typeof value === 'boolean' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) continue;
      const conn = index.conn(n);
      let series = byConnection.get(conn);
      if (series === undefined) byConnection.set(conn, (series = { time: [], value: [], n: [] }));
      series.time.push(index.time(n) - reader.began);
      series.value.push(number);
      series.n.push(n);
    }
  });
  const points = args.points ?? DEFAULT_POINTS;
  const unit = unitOf(reader, args.path, args.message);
  return {
    ...(unit === undefined ? {} : { unit }),
    series: [...byConnection]
      .sort((a, b) => b[1].n.length - a[1].n.length)
      .slice(0, MAX_SERIES)
      .map(([conn, series]) => ({ name: `c${conn}`, ...thinned(series, points) })),
  };
}

function numbersOf(reader: SessionReader, message: string): Set<number> {
  const numbers = new Set<number>([MESSAGE_IN_FILE]);
  reader.names().forEach((name, id) => {
    if (name?.name === message) numbers.add(id);
  });
  return numbers;
}

function thinned(
  series: { time: number[]; value: number[]; n: number[] },
  points: number,
): { time: number[]; value: number[]; n: number[] } {
  const { length } = series.n;
  if (length <= points) return series;
  const kept: number[] = [];
  const spans = Math.max(1, Math.floor(points / 2));
  for (let span = 0; span < spans; span++) {
    const from = Math.floor((span * length) / spans);
    const to = Math.floor(((span + 1) * length) / spans);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (series.value[i]! < series.value[low]!) low = i;
      if (series.value[i]! > series.value[high]!) high = i;
    }
    kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  return {
    time: kept.map((i) => series.time[i]!),
    value: kept.map((i) => series.value[i]!),
    n: kept.map((i) => series.n[i]!),
  };
}

function unitOf(reader: SessionReader, path: string, message: string | undefined): string | undefined {
  const plain = path.replaceAll(/\[\d*\]/g, '');
  for (const protocol of reader.protocols) {
    for (const spec of protocol.messages) {
      if (message !== undefined && spec.name !== message) continue;
      const known = units(spec);
      const unit = known.get(plain) ?? known.get(plain.replace(`${spec.name}.`, ''));
      if (unit !== undefined) return unit;
    }
  }
  return undefined;
}

const unitTables = new WeakMap<object, Map<string, string>>();
function units(spec: { readonly node: Node }): Map<string, string> {
  let table = unitTables.get(spec);
  if (table === undefined) {
    table = new Map();
    for (const field of fieldsOf(spec.node)) {
      if (field.meta.unit !== undefined) table.set(field.path.replaceAll(/\[[^\]]*\]/g, ''), field.meta.unit);
    }
    unitTables.set(spec, table);
  }
  return table;
}

const FIELD_SAMPLE = 20_000;

/** Bytes per field of one message, and how often the field kept the bytes it had in the message before. */
export function* fieldBytes(
  reader: SessionReader,
  filter: CompiledFilter,
  args: { readonly message: string; readonly protocol: string },
): Job<StatisticsVerbs['stats.fieldBytes']['result']> {
  interface Total {
    bytes: number;
    seen: number;
    unchanged: number;
  }
  const totals = new Map<string, Total>();
  const last = new Map<string, string>();
  const { index } = reader;
  let looked = 0;
  const numbers = numbersOf(reader, args.message);
  yield* eachFrame(reader, filter, (n) => {
    if (looked >= FIELD_SAMPLE || !numbers.has(index.message(n))) return;
    const conn = index.conn(n);
    if (reader.connection(conn)?.protocol !== args.protocol) return;
    const bytes = reader.bytes(n);
    const dissected = reader.dissect(n, bytes)?.dissected;
    if (bytes === undefined || dissected?.messages[0]?.name !== args.message) return;
    looked++;
    walkFields(dissected.tree(), (node, path) => {
      if (node.children.length > 0 || path === '' || node.end <= node.start) return;
      const plain = path.replaceAll(/\[\d+\]/g, '[]');
      let total = totals.get(plain);
      if (total === undefined) totals.set(plain, (total = { bytes: 0, seen: 0, unchanged: 0 }));
      total.bytes += node.end - node.start;
      total.seen++;
      const now = hexOf(bytes.subarray(node.start, node.end));
      const key = `${conn}\0${path}`;
      if (last.get(key) === now) total.unchanged++;
      if (last.size < 200_000 || last.has(key)) last.set(key, now);
    });
  });
  return [...totals]
    .map(([path, t]) => ({ path, bytes: t.bytes, unchanged: t.seen === 0 ? 0 : t.unchanged / t.seen }))
    .sort((a, b) => b.bytes - a.bytes);
}
