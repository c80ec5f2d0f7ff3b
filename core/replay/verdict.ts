/** What a replay showed: each recorded message with its counterpart, what differs, and the verdict over all. */
import { align, type Aligned } from './align.ts';
import { type BindingRow, bindingRows } from './binding-rows.ts';
import { type BindingTable } from './binding-table.ts';
import { areOfDifferentThings, type FieldDifference, type Ignores } from './compare.ts';
import { Differences } from './differences.ts';
import { isCalledHeartbeat } from './heartbeat.ts';
import { IgnoredList } from './ignored-list.ts';
import { Lateness } from './lateness.ts';
import { bare } from './leaves.ts';
import type { LiveItem } from './live-item.ts';
import type { Expected, Plan } from './plan.ts';
import { renumberedAmong } from './renumbered.ts';
import type { Lost, RunResult, Sent } from './run-types.ts';
import type { Direction } from '../traffic/frame.ts';

export const OUTCOMES = ['same', 'different', 'missing', 'extra', 'late', 'connection-lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface RowSide {
  /** Frame number; in the run's own record for the replayed side, 0 when there is none. */
  readonly n: number;
  readonly conn: number;
  readonly message: string;
  readonly summary: string;
  readonly direction: Direction;
}

export interface Row {
  readonly outcome: Outcome;
  readonly recorded?: RowSide;
  readonly replayed?: RowSide;
  readonly fields: readonly FieldDifference[];
  /** How much longer than in the recording it took, milliseconds. */
  readonly lateMs?: number;
  /** How much longer than in the recording it took after the client message before it, late or not. */
  readonly deltaMs?: number;
  /** Time since the client message before it, milliseconds. */
  readonly ms?: number;
  /** More about it: why a connection was lost. */
  readonly note?: string;
}

export interface Report {
  readonly verdict: 'same' | 'different' | 'failed';
  readonly sent: number;
  readonly toSend: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rows: readonly Row[];
  readonly bindings: readonly BindingRow[];
  readonly ignored: readonly { readonly path: string; readonly why: string; readonly count: number }[];
  readonly notes: readonly string[];
  /** Where the run left the recording for good. */
  readonly diverged?: { readonly n: number; readonly text: string };
  readonly error?: string;
  readonly elapsedMs: number;
}

export interface JudgeOptions {
  readonly plan: Plan;
  readonly result: RunResult;
  readonly bindings: BindingTable;
  readonly ignores: Ignores;
  /** The run was in lock-step: both runs count segments alike. */
  readonly lockstep: boolean;
  /** A message is late when it took so much longer than recorded, milliseconds. Default 1000. */
  readonly lateMs?: number;
  /** Messages whose coming is up to chance, as `message`; learned. */
  readonly loose?: ReadonlyMap<string, string>;
}

export function judge(options: JudgeOptions): Report {
  const { plan, result, bindings, lockstep } = options;
  const ignored = new IgnoredList();
  const wanted = wantedItems(plan, result);
  let differences = new Differences(options);
  const lateness = new Lateness(options);
  const sentBy = new Map(result.sent.map((one) => [one.frame.n, one]));
  const rows: Row[] = [];
  const lost = new Map(result.lost.map((one) => [one.conn, one]));
  const told = new Set<number>();
  const tellLoss = (conn: number, expected?: Expected): void => {
    const loss = lost.get(conn);
    if (loss === undefined || told.has(conn)) return;
    told.add(conn);
    rows.push(lossRow(loss, expected));
  };
  // What a server says to a client that has just left is about its leaving.
  const live = result.items.filter(
    ({ conn, at }) => plan.recording.connections.has(conn) && at <= (lost.get(conn)?.at ?? Infinity),
  );
  const alignAll = (): Aligned<Expected, LiveItem>[] =>
    align(wanted.played, live, {
      segmentsCount: lockstep,
      difference: (one, item) => differences.count(one, item),
      mayCross: (one, other) =>
        one.answers === undefined && other.answers === undefined && areOfDifferentThings(one.message, other.message),
    });
  let aligned = alignAll();
  const renumbered = renumberedAmong(aligned, bindings);
  if (renumbered.length > 0) {
    bindings.noteRenumbered(renumbered);
    differences = new Differences(options);
    aligned = alignAll();
  }
  for (const { recorded, live: item } of aligned) {
    if (recorded !== undefined && item !== undefined)
      rows.push(compareRow(recorded, item, options, differences, lateness, ignored, sentBy));
    else if (recorded !== undefined) {
      const expected = recorded;
      const why = mayLack(expected, options);
      if (why !== undefined) ignored.add(titleOf(expected.message.name), why);
      else if (lost.has(expected.conn) && isBehindLoss(expected, lost.get(expected.conn)!))
        tellLoss(expected.conn, expected);
      else rows.push({ outcome: 'missing', recorded: sideOf(expected), fields: [] });
    } else if (item !== undefined) {
      const why = mayBeExtra(item, options);
      if (why !== undefined) ignored.add(titleOf(item.message.name), why);
      else rows.push({ outcome: 'extra', replayed: liveSide(item), fields: [] });
    }
  }
  for (const conn of lost.keys()) tellLoss(conn);
  for (const conn of result.leftOpen) {
    rows.push({
      outcome: 'missing',
      recorded: {
        n: 0,
        conn,
        message: '(end of connection)',
        summary: 'the server closed here',
        direction: 'toClient',
      },
      fields: [],
    });
  }
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const row of rows) counts[row.outcome]++;
  const notes = [...result.notes, ...wanted.notes, ...saltNotes(plan)];
  const first = result.lost.toSorted((a, b) => a.at - b.at)[0];
  const isSame = counts.same === rows.length && !result.stopped;
  return {
    verdict: isSame ? 'same' : 'different',
    sent: result.sent.length,
    toSend: plan.sentAt.length,
    counts,
    rows,
    bindings: bindingRows(bindings, renumbered, result.handovers),
    ignored: ignored.list,
    notes: result.stopped ? [...notes, 'The replay was stopped before its end.'] : notes,
    ...(first === undefined ? {} : { diverged: { n: first.after, text: first.text } }),
    elapsedMs: Math.round(result.elapsedMs),
  };
}

/** What a client computes from a salt cannot be written anew without the secret it is computed of. */
function saltNotes({ recording }: Plan): string[] {
  const said = new Set(recording.frames.flatMap((frame) => frame.messages.map((message) => message.name)));
  const protocols = new Set([...recording.connections.values()].flatMap(({ protocol }) => protocol ?? []));
  return [...protocols].flatMap(({ correlations }) =>
    correlations
      .filter(({ kind, issued }) => kind === 'salt' && said.has(issued.message))
      .flatMap(({ issued, echoed }) => {
        const used = echoed.filter(({ message }) => said.has(message)).map(({ message, path }) => `${message}.${path}`);
        const text = `${issued.message}.${issued.path} goes into ${used.join(', ')}, which only the client's secret can make anew; it was sent as recorded.`;
        return used.length === 0 ? [] : [text];
      }),
  );
}

/** Messages of the recording that could come: behind the point of a fork, nothing could. */
function wantedItems(plan: Plan, result: RunResult): { played: readonly Expected[]; notes: string[] } {
  if (result.open === undefined) return { played: plan.expected, notes: [] };
  const played = plan.expected.filter((expected) => expected.segment <= result.sent.length);
  const left = plan.expected.length - played.length;
  return {
    played,
    notes: left > 0 ? [`${left} messages of the recording lie behind the point where the replay ended.`] : [],
  };
}

/** The rest of a lost connection is one row, not a hundred. */
function isBehindLoss(expected: Expected, loss: Lost): boolean {
  return loss.how === 'not-connected' || expected.frame.n > loss.after;
}

/** @param expected the first message that did not come */
function lossRow({ conn, text, unsent, how }: Lost, expected: Expected | undefined): Row {
  const rest = unsent === 0 ? '' : `; ${unsent} client ${unsent === 1 ? 'message was' : 'messages were'} not sent`;
  const what = how === 'diverged' ? `no longer follows the recording: ${text}` : text;
  return {
    outcome: 'connection-lost',
    ...(expected === undefined ? {} : { recorded: sideOf(expected) }),
    fields: [],
    note: `connection ${conn}: ${what}${rest}`,
  };
}

function compareRow(
  expected: Expected,
  item: LiveItem,
  options: JudgeOptions,
  differences: Differences,
  lateness: Lateness,
  ignored: IgnoredList,
  sentBy: ReadonlyMap<number, Sent>,
): Row {
  const fields = differences.of(expected, item);
  for (const field of fields) {
    if (field.ignored !== undefined)
      ignored.add(`${titleOf(expected.message.name)}.${bare(field.path)}`, field.ignored);
  }
  const deltaMs = lateness.deltaOf(expected, item);
  const isLate = deltaMs !== undefined && lateness.isLate(expected, item, deltaMs);
  const ms = timeOf(expected, item, options.result, sentBy);
  const isDifferent = fields.some((field) => field.ignored === undefined);
  const outcome: Outcome = isDifferent ? 'different' : isLate ? 'late' : 'same';
  const sides = { recorded: sideOf(expected), replayed: liveSide(item) };
  return {
    outcome,
    ...sides,
    fields,
    ...(deltaMs === undefined ? {} : { deltaMs: Math.round(deltaMs * 10) / 10 }),
    ...(isLate ? { lateMs: Math.round(deltaMs) } : {}),
    ...(ms === undefined ? {} : { ms }),
  };
}

/** For a reply since its request, for a push since the last client message before it in the recording. */
export function timeOf(
  expected: Expected,
  item: LiveItem,
  result: RunResult,
  sentBy: ReadonlyMap<number, Sent>,
): number | undefined {
  const { answers, segment } = expected;
  const request = answers === undefined ? undefined : sentBy.get(answers);
  const cause = request ?? result.sent[segment - 1];
  return cause === undefined ? undefined : Math.max(0, item.at - cause.at);
}

function mayLack(expected: Expected, options: JudgeOptions): string | undefined {
  if (expected.isHeartbeat) return 'comes by the clock';
  return options.loose?.get(expected.message.name ?? '') ?? messageReason(expected.message.name, options);
}
function mayBeExtra(item: LiveItem, options: JudgeOptions): string | undefined {
  const name = item.message.name ?? '';
  const beats = options.plan.expected.some((one) => one.isHeartbeat && one.message.name === item.message.name);
  if (beats || isCalledHeartbeat(item.message, options.plan.recording.connections.get(item.conn)?.protocol))
    return 'comes by the clock';
  return options.loose?.get(name) ?? messageReason(item.message.name, options);
}
function messageReason(name: string | null, options: JudgeOptions): string | undefined {
  return name === null ? undefined : options.ignores.reasonFor(name, '');
}

function sideOf({ frame, message, index }: Expected): RowSide {
  const summary = index === 0 ? frame.summary : '';
  return { n: frame.n, conn: frame.conn, message: titleOf(message.name), summary, direction: frame.direction };
}
function liveSide({ n, conn, message, summary, index }: LiveItem): RowSide {
  return { n, conn, message: titleOf(message.name), summary: index === 0 ? summary : '', direction: 'toClient' };
}
export function titleOf(name: string | null): string {
  return name ?? '(not understood)';
}
