/** What the reader asks the database for, and what single rows of the answers mean. */
import type { ExpertGroup, ExpertInfo } from '../schema/expert-info.ts';
import { SEVERITIES } from '../schema/expert-info.ts';

const GROUPS: readonly string[] = ['malformed', 'schema', 'sequence', 'invariant', 'transport'];

export const SQL = {
  frame: 'SELECT conn, direction, time, mono, origin, carrier, bytes, head, tail, gap, headers FROM frames WHERE n = ?',
  page: 'SELECT n, conn, direction, time, mono, origin, carrier, bytes, head, tail, gap, headers FROM frames WHERE n BETWEEN ? AND ?',
  time: 'SELECT time FROM frames WHERE n = ?',
  size: 'SELECT length(bytes) AS size FROM frames WHERE n = ?',
  bytes: 'SELECT bytes FROM frames WHERE n = ?',
  bytesPage: 'SELECT n, bytes FROM frames WHERE n BETWEEN ? AND ?',
  summaryPage: 'SELECT n, summary FROM meanings WHERE n BETWEEN ? AND ?',
  carrier: 'SELECT carrier FROM frames WHERE n = ?',
  carriers: 'SELECT id, carrier FROM carriers',
  meaning: 'SELECT message, summary, more FROM meanings WHERE n = ?',
  outcome: 'SELECT sent, waited_ms, touched_by FROM outcomes WHERE n = ?',
  answer: 'SELECT request, micros FROM pairs WHERE reply = ?',
  reply: 'SELECT reply, micros FROM pairs WHERE request = ? ORDER BY reply LIMIT 1',
  experts: 'SELECT * FROM experts WHERE n = ? ORDER BY id',
  expertCount: 'SELECT count(*) AS count FROM experts WHERE n = ?',
  mark: 'SELECT mark, comment FROM marks WHERE n = ?',
  fact: 'SELECT value FROM facts WHERE key = ? AND n < ? ORDER BY n DESC LIMIT 1',
} as const;

export interface FrameRow {
  readonly n: number;
  readonly conn: number;
  readonly direction: number;
  readonly time: number;
  readonly mono: number;
  readonly origin: number;
  readonly carrier: number | null;
  readonly bytes: Uint8Array;
  readonly head: Uint8Array | null;
  readonly tail: Uint8Array | null;
  readonly gap: number | null;
  readonly headers: Uint8Array | null;
}
export interface ExpertRow {
  readonly severity: number;
  readonly kind: string;
  readonly code: string | null;
  readonly text: string;
  readonly range_start: number | null;
  readonly range_end: number | null;
  readonly path: string | null;
}

export function expertOf(row: ExpertRow): ExpertInfo {
  return {
    severity: SEVERITIES[row.severity] ?? 'note',
    group: (GROUPS.includes(row.kind) ? row.kind : 'malformed') as ExpertGroup,
    text: row.text,
    ...(row.range_start === null || row.range_end === null ? {} : { range: [row.range_start, row.range_end] as const }),
    ...(row.path === null ? {} : { path: row.path }),
    ...(row.code === null ? {} : { code: row.code }),
  };
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function texts(json: string | null): readonly string[] {
  const value = json === null ? null : parsed(json);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
