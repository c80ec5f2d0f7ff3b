/** Numbers over the session or a filter of it; each a job that reads the index first and the file only where it must. */
import type { Conversation, LatencyTotal, MessageTotal, StatisticsVerbs } from '../../contract/statistics-verbs.ts';
import { SEVERITIES } from '../../schema/expert-info.ts';
import { directionOf, FLAG } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { CompiledFilter } from '../../traffic/filter/filter.ts';
import { percentile } from './frame-view.ts';
import type { Job } from './job.ts';
import { BLOCK, Selector } from './selector.ts';

type Result<V extends keyof StatisticsVerbs> = StatisticsVerbs[V]['result'];

/** Calls `visit` for every frame that fits, in order. */
export function* eachFrame(reader: SessionReader, filter: CompiledFilter, visit: (n: number) => void): Job<undefined> {
  const selector = new Selector(reader, { filter });
  const { count } = reader.index;
  for (let from = 1; from <= count; from += BLOCK) {
    selector.scan(from, Math.min(count, from + BLOCK - 1), visit, visit);
    yield undefined;
  }
  return undefined;
}

export function* messageTotals(reader: SessionReader, filter: CompiledFilter): Job<Result<'stats.messages'>> {
  const totals = new Map<
    string,
    Pick<MessageTotal, 'protocol' | 'message' | 'direction' | 'isControl'> & {
      frames: number;
      bytes: number;
      min: number;
      max: number;
    }
  >();
  const { index } = reader;
  let all = 0;
  let first = 0;
  let last = 0;
  yield* eachFrame(reader, filter, (n) => {
    const flags = index.flags(n);
    const size = index.size(n);
    const protocol = reader.connection(index.conn(n))?.protocol ?? '';
    const message = reader.messageNames(n)[0] ?? '';
    const direction = directionOf(flags);
    const isControl = (flags & FLAG.control) !== 0;
    const key = `${protocol}\0${message}\0${direction}\0${isControl}`;
    let total = totals.get(key);
    if (total === undefined) {
      total = { protocol, message, direction, frames: 0, bytes: 0, min: size, max: size };
      totals.set(key, isControl ? (total = { ...total, isControl }) : total);
    }
    total.frames++;
    total.bytes += size;
    total.min = Math.min(total.min, size);
    total.max = Math.max(total.max, size);
    if (all++ === 0) first = index.time(n);
    last = index.time(n);
  });
  const seconds = Math.max(0.001, last - first);
  return [...totals.values()]
    .map(
      ({ min, max, ...total }): MessageTotal => ({
        ...total,
        share: total.frames / all,
        perSecond: total.frames / seconds,
        minSize: min,
        maxSize: max,
      }),
    )
    .sort((a, b) => b.frames - a.frames);
}

export function* conversations(reader: SessionReader, filter: CompiledFilter): Job<Result<'stats.conversations'>> {
  interface Total {
    toServer: number;
    toClient: number;
    bytesToServer: number;
    bytesToClient: number;
    first: number;
    last: number;
  }
  const totals = new Map<number, Total>();
  const { index } = reader;
  yield* eachFrame(reader, filter, (n) => {
    const conn = index.conn(n);
    const time = index.time(n);
    let t = totals.get(conn);
    if (t === undefined)
      totals.set(conn, (t = { toServer: 0, toClient: 0, bytesToServer: 0, bytesToClient: 0, first: time, last: time }));
    if (index.flags(n) & FLAG.toClient) {
      t.toClient++;
      t.bytesToClient += index.size(n);
    } else {
      t.toServer++;
      t.bytesToServer += index.size(n);
    }
    t.last = time;
  });
  return [...totals].map(([conn, t]): Conversation => {
    const c = reader.connection(conn);
    return {
      conn,
      client: c === undefined ? '' : `${c.client.address}:${c.client.port}`,
      server: c === undefined ? '' : `${c.server.address}:${c.server.port}`,
      protocol: c?.protocol ?? '',
      framesToServer: t.toServer,
      framesToClient: t.toClient,
      bytesToServer: t.bytesToServer,
      bytesToClient: t.bytesToClient,
      seconds: t.last - t.first,
    };
  });
}

/** Latency per kind of request and reply, and how many requests nobody answered. */
export function* latency(reader: SessionReader, filter: CompiledFilter): Job<Result<'stats.latency'>> {
  const fits = new Set<number>();
  if (!filter.isEmpty) yield* eachFrame(reader, filter, (n) => fits.add(n));
  const { index } = reader;
  interface Group {
    protocol: string;
    request: string;
    reply: string;
    asked: string;
    ms: number[];
  }
  const groups = new Map<string, Group>();
  const answeredBy = new Map<string, number>();
  const select = reader.db.prepare(
    'SELECT reply, request, micros FROM pairs WHERE reply > ? ORDER BY reply LIMIT 4096',
  );
  for (let after = 0; ; ) {
    const rows = select.all(after) as { reply: number; request: number; micros: number }[];
    for (const { reply, request, micros } of rows) {
      after = reply;
      if (!reader.has(reply) || !reader.has(request)) continue;
      if (!filter.isEmpty && !fits.has(request) && !fits.has(reply)) continue;
      const protocol = reader.connection(index.conn(request))?.protocol ?? '';
      const names = [reader.messageNames(request)[0] ?? '', reader.messageNames(reply)[0] ?? ''] as const;
      const asked = `${protocol}\0${names[0]}\0${index.flags(request) & FLAG.toClient}`;
      const key = `${asked}\0${names[1]}`;
      let group = groups.get(key);
      if (group === undefined)
        groups.set(key, (group = { protocol, request: names[0], reply: names[1], asked, ms: [] }));
      group.ms.push(micros / 1000);
      answeredBy.set(asked, (answeredBy.get(asked) ?? 0) + 1);
    }
    yield undefined;
    if (rows.length < 4096) break;
  }
  // Counted over all connections of the protocol: a request is unanswered when no reply was tied to it.
  const asked = new Map<string, number>();
  const wanted = new Set(answeredBy.keys());
  yield* eachFrame(reader, filter, (n) => {
    const protocol = reader.connection(index.conn(n))?.protocol ?? '';
    const key = `${protocol}\0${reader.messageNames(n)[0] ?? ''}\0${index.flags(n) & FLAG.toClient}`;
    if (wanted.has(key)) asked.set(key, (asked.get(key) ?? 0) + 1);
  });
  return [...groups.values()]
    .map(({ ms, asked: key, ...group }): LatencyTotal => {
      ms.sort((a, b) => a - b);
      return {
        ...group,
        count: ms.length,
        p50Ms: percentile(ms, 0.5),
        p95Ms: percentile(ms, 0.95),
        p99Ms: percentile(ms, 0.99),
        maxMs: ms.at(-1) ?? 0,
        unanswered: Math.max(0, (asked.get(key) ?? 0) - (answeredBy.get(key) ?? 0)),
      };
    })
    .sort((a, b) => b.count - a.count);
}

export function* rate(reader: SessionReader, filter: CompiledFilter, buckets: number): Job<Result<'stats.rate'>> {
  const { index, meta } = reader;
  const from = index.count === 0 ? 0 : index.time(1) - reader.began;
  const to = Math.max(from, meta.ended - reader.began);
  const step = Math.max(0.001, (to - from) / buckets);
  const toServer = new Array<number>(buckets).fill(0);
  const toClient = new Array<number>(buckets).fill(0);
  const bytes = new Array<number>(buckets).fill(0);
  yield* eachFrame(reader, filter, (n) => {
    const at = Math.min(buckets - 1, Math.max(0, Math.floor((index.time(n) - reader.began - from) / step)));
    if (index.flags(n) & FLAG.toClient) toClient[at]!++;
    else toServer[at]!++;
    bytes[at]! += index.size(n);
  });
  return { from, step, toServer, toClient, bytes };
}

export function* expertTotals(reader: SessionReader, filter: CompiledFilter): Job<Result<'stats.expert'>> {
  const fits = new Set<number>();
  if (!filter.isEmpty) yield* eachFrame(reader, filter, (n) => fits.add(n));
  interface Total {
    severity: string;
    group: string;
    code: string;
    text: string;
    count: number;
    first: number;
    frames: number[];
  }
  const totals = new Map<string, Total>();
  const select = reader.db.prepare(
    'SELECT id, n, severity, kind, code, text FROM experts WHERE id > ? ORDER BY id LIMIT 4096',
  );
  type ExpertRow = { id: number; n: number; severity: number; kind: string; code: string | null; text: string };
  for (let after = 0; ; ) {
    const rows = select.all(after) as ExpertRow[];
    for (const row of rows) {
      after = row.id;
      if (!filter.isEmpty && !fits.has(row.n)) continue;
      const severity = SEVERITIES[row.severity] ?? 'note';
      const key = `${severity}\0${row.kind}\0${row.code ?? row.text}`;
      let total = totals.get(key);
      if (total === undefined) {
        total = { severity, group: row.kind, code: row.code ?? '', text: row.text, count: 0, first: row.n, frames: [] };
        totals.set(key, total);
      }
      total.count++;
      if (row.n > 0 && (total.first === 0 || row.n < total.first)) total.first = row.n;
      if (total.frames.length < 100 && row.n > 0) total.frames.push(row.n);
    }
    yield undefined;
    if (rows.length < 4096) break;
  }
  const rank = (severity: string): number => SEVERITIES.indexOf(severity as (typeof SEVERITIES)[number]);
  return [...totals.values()].sort((a, b) => rank(b.severity) - rank(a.severity) || b.count - a.count);
}
