/**
 * Sessions made of sessions: a slice, a part, several merged into one, a redacted copy. Frames are written and decoded anew, so
 * that what the new file says about them fits what is in it. Frames that set up the state of a connection (its dialect, its login)
 * come along even when they lie before the slice: without them its later frames could not be understood.
 */
import type { Redactor } from '../../export/redaction/redactor.ts';
import type { ExpertInfo } from '../../schema/expert-info.ts';
import { FLAG, worstRank } from '../../session/frame-index.ts';
import { SOURCE } from '../../session/schema.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { StoredCommands } from '../../session/stored-commands.ts';
import { expertOf, type ExpertRow } from '../../session/session-rows.ts';
import type { Connection, Frame } from '../../traffic/frame.ts';
import type { Selected } from './selection.ts';
import type { SessionInWriting } from './write-session.ts';

export interface CopyInput {
  readonly reader: SessionReader;
  readonly selected: Selected;
  readonly redactor?: Redactor;
}

export interface CopyResult {
  readonly frames: number;
  /** Frames outside the selection that came along for the state they set. */
  readonly forState: number;
}

/** @param began wall clock that the new session's monotonic times count from, seconds */
export async function copyInto(
  written: SessionInWriting,
  inputs: readonly CopyInput[],
  began: number,
): Promise<CopyResult> {
  let firstConnection = 0;
  let firstJourney = 0;
  const copies = inputs.map((input) => {
    const copy = new InputCopy(input, firstConnection, firstJourney, began);
    const connections = input.reader.connections();
    // Numbers of the second session go on after those of the first.
    firstConnection += Math.max(0, ...connections.map((c) => c.id));
    firstJourney += Math.max(0, ...connections.map((c) => c.journey ?? 0));
    return copy;
  });
  let frames = 0;
  while (copies.length > 0) {
    let next: InputCopy | undefined;
    for (const copy of copies)
      if (copy.head !== undefined && (next === undefined || copy.head.time < next.head!.time)) next = copy;
    if (next === undefined) break;
    next.copyHead(written);
    if (++frames % 512 === 0) await written.breathe();
  }
  for (const copy of copies) await copy.finish(written);
  return { frames, forState: copies.reduce((sum, copy) => sum + copy.forState, 0) };
}

class InputCopy {
  head: Frame | undefined;
  forState = 0;
  readonly #input: CopyInput;
  readonly #firstConnection: number;
  readonly #firstJourney: number;
  readonly #shift: number;
  readonly #frames: Iterator<Frame>;
  readonly #opened = new Set<number>();
  /** Frames that were asked for; undefined: all. */
  readonly #asked: ReadonlySet<number> | undefined;
  /** Their numbers, new by old: what points at frames is copied after them. */
  readonly #numbers = new Map<number, number>();
  readonly #pointedAt: ReadonlySet<number>;
  /** What the carriers said between the frames, and the next of it. */
  readonly #commands: Iterator<StoredCommands>;
  #nextCommands: StoredCommands | undefined;
  #isFirst = true;

  constructor(input: CopyInput, firstConnection: number, firstJourney: number, began: number) {
    this.#input = input;
    this.#firstConnection = firstConnection;
    this.#firstJourney = firstJourney;
    this.#shift = Math.round((input.reader.began - began) * 1e6);
    this.#asked = input.selected === undefined ? undefined : new Set(input.selected);
    this.#pointedAt = decidedFrames(input.reader);
    this.#frames = framesOf(input.reader, withState(input.reader, input.selected));
    this.#commands = input.reader.commands();
    this.#nextCommands = this.#commands.next().value as StoredCommands | undefined;
    this.#step();
  }

  copyHead({ recorder }: SessionInWriting): void {
    const { reader, redactor } = this.#input;
    const frame = this.head!;
    if (this.#isFirst) this.#copyProxies(recorder);
    const { n } = frame;
    this.#copyCommands(n, recorder);
    this.#open(frame.conn, recorder);
    const flags = reader.index.flags(n);
    const dissect = (bytes: Uint8Array) => reader.dissect(n, bytes);
    const bytesOf = (bytes: Uint8Array): Uint8Array =>
      redactor === undefined ? bytes : redactor.redactBytes(bytes, dissect);
    const expert = carrierExperts(reader, n).map((info) =>
      redactor === undefined ? info : { ...info, text: redactor.redactText(info.text) },
    );
    const made = recorder.frame({
      ...frame,
      conn: frame.conn + this.#firstConnection,
      mono: Math.max(0, frame.mono + this.#shift),
      bytes: bytesOf(frame.bytes),
      expert,
      ...(frame.sent === undefined ? {} : { sent: bytesOf(frame.sent) }),
    });
    const { waitedMs } = flags & FLAG.outcome ? reader.outcome(n) : { waitedMs: 0 };
    if (waitedMs > 0) recorder.update(made, { heldMs: waitedMs });
    if (flags & (FLAG.marked | FLAG.commented)) {
      const { mark, comment } = reader.mark(n);
      recorder.markInOrder(made, mark, comment === undefined ? undefined : (redactor?.redactText(comment) ?? comment));
    }
    if (this.#pointedAt.has(n)) this.#numbers.set(n, made);
    if (this.#asked !== undefined && !this.#asked.has(n)) this.forState++;
    this.#step();
  }

  /** What belongs to the session rather than to a frame. */
  async finish({ recorder }: SessionInWriting): Promise<void> {
    const { reader, redactor, selected } = this.#input;
    if (selected === undefined) for (const { id } of reader.connections()) this.#open(id, recorder);
    this.#copyCommands(Number.POSITIVE_INFINITY, recorder);
    const text = (value: string): string => redactor?.redactText(value) ?? value;
    for (const [kind, table, by] of [
      ['rule', 'rule_hits', 'rule'],
      ['fault', 'fault_decisions', 'fault'],
    ] as const) {
      const rows = reader.db.prepare(`SELECT n, ${by} AS by, what FROM ${table} ORDER BY id`).all();
      for (const row of rows as unknown as { n: number; by: string; what: string }[]) {
        const n = this.#numbers.get(row.n);
        if (n !== undefined) recorder.decision(kind, n, row.by, text(row.what));
      }
    }
    const remarks = reader.db.prepare(`SELECT * FROM experts WHERE source = ${SOURCE.connection} ORDER BY id`).all();
    for (const row of remarks as unknown as (ExpertRow & { conn: number; time: number })[]) {
      if (!this.#opened.has(row.conn)) continue;
      recorder.remark(row.conn + this.#firstConnection, row.time, { ...expertOf(row), text: text(row.text) });
    }
    for (const table of ['replay_verdicts', 'fuzz_findings'] as const) {
      for (const row of reader.db.prepare(`SELECT * FROM ${table}`).all()) {
        const values = Object.entries(row as Record<string, string | number>)
          // Numbers of the table's own would collide where sessions are merged.
          .filter(([key]) => table === 'fuzz_findings' || key !== 'id')
          .map(([key, value]) => [key, typeof value === 'string' ? text(value) : value]);
        await recorder.keep(table, Object.fromEntries(values) as Record<string, string | number>);
      }
    }
  }

  #step(): void {
    const { value, done } = this.#frames.next();
    this.head = done === true ? undefined : value;
  }

  /** What the carriers said before frame `n`; of a selection, as far as its connections are open. */
  #copyCommands(n: number, recorder: SessionInWriting['recorder']): void {
    for (let next = this.#nextCommands; next !== undefined && next.after < n; ) {
      const { conn, direction, time, mono, headers } = next;
      if (this.#asked === undefined) this.#open(conn, recorder);
      if (this.#opened.has(conn)) {
        const moved = { conn: conn + this.#firstConnection, mono: Math.max(0, mono + this.#shift) };
        recorder.commands({ ...moved, direction, time, headers });
      }
      next = this.#commands.next().value as StoredCommands | undefined;
      this.#nextCommands = next;
    }
  }

  #copyProxies(recorder: SessionInWriting['recorder']): void {
    this.#isFirst = false;
    const { reader, redactor } = this.#input;
    for (const row of reader.db.prepare('SELECT name, since, spec FROM proxies ORDER BY since').all()) {
      const { name, since, spec } = row as { name: string; since: number; spec: string };
      recorder.proxy(name, since, parsed(redactor?.redactText(spec) ?? spec));
    }
  }

  #open(id: number, recorder: SessionInWriting['recorder']): void {
    if (this.#opened.has(id)) return;
    this.#opened.add(id);
    const { reader, redactor } = this.#input;
    const connection = reader.connection(id);
    if (connection === undefined) return;
    const clean = redactor?.redactConnection(connection) ?? connection;
    const moved: Connection = {
      ...clean,
      id: id + this.#firstConnection,
      ...(clean.journey === undefined ? {} : { journey: clean.journey + this.#firstJourney }),
    };
    recorder.opened(moved);
  }
}

/** The selection and the frames before it that its connections' state comes from. */
function withState(reader: SessionReader, selected: Selected): Selected {
  if (selected === undefined) return undefined;
  const { index } = reader;
  const last = new Map<number, number>();
  for (const n of selected) last.set(index.conn(n), n);
  const all = new Set<number>(selected);
  for (let n = 1; n <= index.count; n++)
    if (index.flags(n) & FLAG.turns && n < (last.get(index.conn(n)) ?? 0)) all.add(n);
  return Uint32Array.from(all).sort();
}

function* framesOf(reader: SessionReader, selected: Selected): Generator<Frame> {
  if (selected === undefined) {
    yield* reader.each();
    return;
  }
  for (const n of selected) {
    const frame = reader.frame(n);
    if (frame !== undefined) yield frame;
  }
}

function decidedFrames(reader: SessionReader): ReadonlySet<number> {
  const rows = reader.db.prepare('SELECT n FROM rule_hits UNION SELECT n FROM fault_decisions').all();
  return new Set((rows as { n: number }[]).map((row) => row.n));
}

/** Remarks of carrier and framer; those of the dissector are made anew. */
function carrierExperts(reader: SessionReader, n: number): ExpertInfo[] {
  if (worstRank(reader.index.flags(n)) === 0) return [];
  const rows = reader.db.prepare(`SELECT * FROM experts WHERE n = ? AND source = ${SOURCE.carrier} ORDER BY id`).all(n);
  return (rows as unknown as ExpertRow[]).map(expertOf);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
