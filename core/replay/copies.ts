/** One recording played many times at once, each copy with values of its own: load from a single visit. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { formatPath, getPath, parsePath } from '../schema/path.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { type Replacement } from './binding-table.ts';
import { leavesOf } from './leaves.ts';
import { makePlan } from './plan.ts';
import { findBindings } from './rebinding.ts';
import type { RecordedFrame } from './recording.ts';
import { Replay, type ReplayOptions, type Stage } from './replay.ts';
import { OUTCOMES, type Outcome, type Report, timeOf } from './verdict.ts';

/**
 * Values of one copy, by column: `message.field` sets that field of the client's messages of that name; `value:TEXT` puts the
 * value wherever the client (and, in what is expected, the server) said TEXT.
 */
export type CopyValues = Readonly<Record<string, string>>;

/**
 * A table of values: first line the columns, one line per copy after it; used again from the start when there are more copies.
 * In a cell `{copy}` is the copy's number from 1, `{copy:4}` the same with leading zeros.
 * @throws EngineError `bad-request` with the line
 */
export function readCopyValues(csv: string): readonly CopyValues[] {
  const [head, ...lines] = readCsv(csv);
  if (head === undefined || lines.length === 0) {
    throw new EngineError(
      'bad-request',
      'The values need a line of columns (message.field or value:TEXT) and one line at least per copy.',
    );
  }
  for (const column of head) {
    if (!column.startsWith('value:') && !column.includes('.')) {
      throw new EngineError(
        'bad-request',
        `The column ${JSON.stringify(column)} is neither message.field nor value:TEXT.`,
      );
    }
  }
  return lines.map((cells, i) => {
    if (cells.length !== head.length) {
      throw new EngineError(
        'bad-request',
        `Line ${i + 2} of the values has ${cells.length} cells for ${head.length} columns.`,
      );
    }
    return Object.fromEntries(head.map((column, at) => [column, cells[at]!]));
  });
}

/** RFC 4180: quotes around cells with commas, line breaks or quotes. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let at = 0;
  const bare = text.replace(/^\uFEFF/, '');
  while (at < bare.length) {
    let cell = '';
    if (bare[at] === '"') {
      for (at++; at < bare.length; at++) {
        if (bare[at] !== '"') cell += bare[at];
        else if (bare[at + 1] === '"') cell += bare[at++];
        else break;
      }
      at++;
    } else {
      while (at < bare.length && !',\r\n'.includes(bare[at]!)) cell += bare[at++];
      cell = cell.trim();
    }
    cells.push(cell);
    if (bare[at] === ',') {
      at++;
      continue;
    }
    while (at < bare.length && (bare[at] === '\r' || bare[at] === '\n')) at++;
    if (cells.length > 1 || cells[0] !== '') rows.push(cells);
    cells = [];
  }
  return rows;
}

export interface CopyEdits {
  edit(frame: RecordedFrame, message: DissectedMessage): readonly Replacement[];
  isRenamed(recorded: unknown, live: unknown): boolean;
}

/** @param copy number of the copy, from 1 */
export function editsFor(values: CopyValues, copy: number): CopyEdits {
  const fields = new Map<string, { path: ReturnType<typeof parsePath>; text: string }[]>();
  const texts = new Map<string, string>();
  const renamed = new Map<string, Set<string>>();
  const rename = (was: unknown, is: unknown): void => {
    const key = String(was);
    const known = renamed.get(key);
    if (known === undefined) renamed.set(key, new Set([String(is)]));
    else known.add(String(is));
  };
  for (const [column, cell] of Object.entries(values)) {
    const text = cell.replaceAll(/\{copy(?::(\d))?\}/g, (_all, width: string | undefined) =>
      String(copy).padStart(Number(width ?? 0), '0'),
    );
    if (column.startsWith('value:')) {
      texts.set(column.slice(6), text);
      rename(column.slice(6), text);
      continue;
    }
    const at = column.indexOf('.');
    const list = fields.get(column.slice(0, at)) ?? [];
    fields.set(column.slice(0, at), [...list, { path: parsePath(column.slice(at + 1)), text }]);
  }
  return {
    edit(_frame, message) {
      const found: Replacement[] = [];
      for (const { path, text } of fields.get(message.name ?? '') ?? []) {
        const was = getPath(message.fields, path);
        const value = typed(was, text);
        rename(was, value);
        found.push({ path, value, binding: 'copy' });
      }
      if (texts.size > 0) {
        for (const { path, value } of leavesOf(message.fields)) {
          const text = texts.get(String(value));
          const isSet = found.some((one) => formatPath(one.path) === formatPath(path));
          if (text !== undefined && !isSet) found.push({ path, value: typed(value, text), binding: 'copy' });
        }
      }
      return found;
    },
    isRenamed: (recorded, live) => renamed.get(String(recorded))?.has(String(live)) ?? false,
  };
}

/** As the recorded value was: a number stays a number. */
function typed(was: unknown, text: string): unknown {
  if (typeof was === 'number' && text !== '' && Number.isFinite(Number(text))) return Number(text);
  if (typeof was === 'bigint' && /^-?\d+$/.test(text)) return BigInt(text);
  if (typeof was === 'boolean') return text === 'true';
  return text;
}

export interface CopiesOptions extends Omit<ReplayOptions, 'copyEdits' | 'plan' | 'bindings' | 'onProgress' | 'until'> {
  readonly copies: number;
  readonly values?: readonly CopyValues[];
  readonly onCopy?: (done: number) => void;
}

export interface Latency {
  readonly message: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface CopiesReport {
  /**
   * `same`: every copy was played to its end. Copies meet each other (they are in each other's lists, they hear each other), so
   * other values and further messages are counted and no reason to fail; a missing message or a lost connection is.
   */
  readonly verdict: 'same' | 'different' | 'failed';
  readonly copies: number;
  /** Copies that reached the end, did not, and could not begin. */
  readonly verdicts: Readonly<Record<'same' | 'different' | 'failed', number>>;
  /** By message: `same` is what came in the place of a recorded one, its values aside. */
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly sent: number;
  readonly received: number;
  readonly elapsedMs: number;
  /** Time from a client message to what answered it, by the server's message. */
  readonly latencies: readonly Latency[];
  /** The first copies that did not reach the end, in full. */
  readonly failures: readonly { readonly copy: number; readonly report: Report }[];
  readonly errors: readonly { readonly text: string; readonly count: number }[];
}

const KEPT_FAILURES = 5;

/** All at once. A copy that cannot connect fails by itself. */
export async function runCopies(options: CopiesOptions, stage: Stage): Promise<CopiesReport> {
  const plan = makePlan(options.recording);
  const bindings = findBindings(options.recording);
  const began = stage.clock.now();
  const times = new Map<string, number[]>();
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const verdicts = { same: 0, different: 0, failed: 0 };
  const failures: { copy: number; report: Report }[] = [];
  const errors = new Map<string, number>();
  let sent = 0;
  let received = 0;
  let done = 0;
  const one = async (copy: number): Promise<void> => {
    const values = options.values?.[(copy - 1) % options.values.length] ?? {};
    try {
      const replay = new Replay({ ...options, plan, bindings, copyEdits: editsFor(values, copy) }, stage);
      const result = await replay.play();
      const { matches, items, lost } = result;
      const owed = plan.expected.filter((expected) => !expected.isHeartbeat && !matches.has(expected.id)).length;
      const reached = owed === 0 && lost.length === 0;
      verdicts[reached ? 'same' : 'different']++;
      counts.same += matches.size;
      counts.missing += owed;
      counts.extra += items.length - matches.size;
      counts['connection-lost'] += lost.length;
      sent += result.sent.length;
      received += items.length;
      const sentBy = new Map(result.sent.map((step) => [step.frame.n, step]));
      for (const [id, item] of matches) {
        const expected = plan.expected[id]!;
        const ms = expected.isHeartbeat ? undefined : timeOf(expected, item, result, sentBy);
        if (ms !== undefined) noteTime(times, item.message.name ?? '', ms);
      }
      if (!reached && failures.length < KEPT_FAILURES) failures.push({ copy, report: replay.judge(result) });
    } catch (error) {
      verdicts.failed++;
      const text = error instanceof Error ? error.message : String(error);
      errors.set(text, (errors.get(text) ?? 0) + 1);
    }
    options.onCopy?.(++done);
  };
  await Promise.all(Array.from({ length: options.copies }, (_, i) => one(i + 1)));
  return {
    verdict: verdicts.failed > 0 ? 'failed' : verdicts.different > 0 ? 'different' : 'same',
    copies: options.copies,
    verdicts,
    counts,
    sent,
    received,
    elapsedMs: Math.round(stage.clock.now() - began),
    latencies: [...times].map(([message, list]) => latencyOf(message, list)).sort((a, b) => b.count - a.count),
    failures,
    errors: [...errors].map(([text, count]) => ({ text, count })),
  };
}

function noteTime(times: Map<string, number[]>, name: string, ms: number): void {
  const list = times.get(name);
  if (list === undefined) times.set(name, [ms]);
  else list.push(ms);
}

function latencyOf(message: string, times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!);
  return { message, count: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
