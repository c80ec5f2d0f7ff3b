/** Replay on the API: one at a time, told of as it goes. */
import type { Binding, ReplayArgs, ReplayStatus, VerdictRow, VerdictSide } from '../contract/replay-verbs.ts';
import { createSystemTimer } from '../io/system-timer.ts';
import { createTarget } from '../io/target.ts';
import { parsePace } from '../replay/pace.ts';
import { ignoresFrom } from '../replay/compare.ts';
import { type EndpointMap, endpointsFor } from '../replay/endpoints.ts';
import { type Learned, learnFromRecordings } from '../replay/learned.ts';
import { type FoundBinding, findBindings } from '../replay/rebinding.ts';
import { type Plain, plainText } from '../replay/spelling.ts';
import { narrowRecording, type RecordedFrame, type Recording, withoutReplays } from '../replay/recording.ts';
import { Replay, type Replayed, type ReplayOptions } from '../replay/replay.ts';
import { diffRuns } from '../replay/session-diff.ts';
import { selectFrames } from '../replay/resend.ts';
import type { ForkedConnection, Progress, Sent } from '../replay/run-types.ts';
import { OUTCOMES, type Outcome, type Report, type Row } from '../replay/verdict.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import type { FileWork } from './files/file-thread.ts';
import { recordingAt } from './recording-source.ts';

/** Rows told to clients: all that are not the same, and of the others as many as fit. */
const MAX_ROWS = 5000;
/** Rows shown while it runs: the last ones. */
const LIVE_ROWS = 200;
const NOTHING = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

interface SecondBuild {
  readonly replay: Replay;
  readonly against: string;
  readonly ignore: readonly string[];
}

interface Running {
  /** Connections left open by a replay that was to stop in the middle, and what closes them. */
  open: ReadonlyMap<number, ForkedConnection> | undefined;
  close: () => Promise<void>;
  replay: Replay | undefined;
  status: ReplayStatus;
  isStopped: boolean;
}

export function replayVerbs(engine: Engine, work: FileWork): VerbHandlers {
  let running: Running | undefined;
  /** Bindings switched off by hand, by what they are: they stay off in the next run, whatever its numbering. */
  const disabled = new Set<string>();
  /** Values given by hand for the next run, likewise. */
  const given = new Map<string, string>();
  const tell = (): void => {
    if (running !== undefined) engine.events.soon('replay', () => running!.status);
  };
  const need = (): Running => {
    if (running === undefined) throw new EngineError('not-found', 'No replay was started yet.');
    return running;
  };
  engine.onClose(async () => {
    running?.replay?.stop();
    await running?.close();
  });

  const play = async (current: Running, replay: Replay, where: string, second?: SecondBuild): Promise<void> => {
    try {
      const first = await replay.run();
      const { report, result } = first;
      let status: ReplayStatus = {
        ...statusOf(report, result.sent, current.isStopped ? 'stopped' : 'done'),
        bindings: withGiven(report.bindings, given),
      };
      if (second !== undefined && !current.isStopped) {
        current.replay = second.replay;
        status = { ...status, ...betweenBuilds(first, await second.replay.run(), second) };
        if (current.isStopped) status = { ...status, state: 'stopped' };
      }
      current.open = result.open;
      const open = [...(result.open?.values() ?? [])].map(({ conn, recordId }) => ({ conn, recordedAs: recordId }));
      // The composer sends on them like on any other.
      for (const fork of result.open?.values() ?? []) engine.guests.set(fork.recordId, (...what) => fork.send(...what));
      current.status = open.length === 0 ? status : { ...status, open };
      await keep(engine, where, report);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      current.status = { ...current.status, state: 'failed', verdict: 'failed', error: text };
    }
    tell();
  };

  return {
    'replay.start': async (args) => {
      if (running?.status.state === 'running') {
        throw new EngineError('not-allowed', 'A replay is running; stop it before another one is started.');
      }
      engine.guests.clear();
      await running?.close();
      const pace = parsePace(args.pace);
      const { recording, to } = await recordingFor(engine, work, args);
      const target = createTarget();
      const began = engine.clock.now();
      const rows: VerdictRow[] = [];
      const learned =
        args.learnFrom === undefined ? undefined : await learnFrom(engine, work, recording, args.learnFrom);
      const found = findBindings(recording);
      const status = beginning(recording, found, disabled, given);
      const close = (): Promise<void> => target.close();
      const current: Running = { open: undefined, close, replay: undefined, status, isStopped: false };
      const onProgress = (progress: Progress): void => {
        const row = liveRow(progress);
        if (row !== undefined) rows.push(row);
        if (rows.length > LIVE_ROWS) rows.shift();
        const elapsedMs = Math.round(engine.clock.now() - began);
        current.status = {
          ...current.status,
          sent: progress.sent,
          toSend: progress.toSend,
          rows: [...rows],
          elapsedMs,
        };
        tell();
      };
      const options: ReplayOptions = {
        recording,
        to,
        pace,
        ignore: args.ignore ?? [],
        disabled: status.bindings.filter((binding) => !binding.enabled).map((binding) => binding.id),
        given: plainsOf(found, given),
        bindings: found,
        ...(learned === undefined ? {} : { learned }),
        onProgress,
        ...(args.timeoutMs === undefined ? {} : { timeoutMs: args.timeoutMs }),
        ...(args.until === undefined ? {} : { until: args.until }),
        ...(args.payloads === undefined
          ? {}
          : { payloads: new Map(args.payloads.map(({ n, hex }) => [n, bytesOf(hex)])) }),
        ...(engine.session.isReadOnly ? {} : { sink: engine.session.sink }),
      };
      const stage = { target, clock: engine.clock, timer: createSystemTimer() };
      const replay = new Replay(options, stage);
      const { against } = args;
      const second =
        against === undefined
          ? undefined
          : { replay: new Replay({ ...options, to: against }, stage), against, ignore: args.ignore ?? [] };
      current.replay = replay;
      running = current;
      const where = typeof args.to === 'string' ? args.to : Object.values(args.to).join(' ');
      void play(current, replay, where, second).finally(() => (current.open === undefined ? close() : undefined));
      return current.status;
    },
    'replay.send': ({ conn, hex: text }) => {
      const connection = need().open?.get(conn);
      if (connection?.isOpen !== true) {
        throw new EngineError('unknown-connection', `No replay left a connection ${conn} open.`);
      }
      connection.send(bytesOf(text));
      return { conn };
    },
    'replay.stop': async () => {
      const current = need();
      if (current.status.state === 'running') {
        current.isStopped = true;
        current.replay?.stop();
        return current.status;
      }
      engine.guests.clear();
      current.open = undefined;
      const { open: _closed, ...status } = current.status;
      current.status = status;
      await current.close();
      tell();
      return current.status;
    },
    'replay.status': () => running?.status ?? null,
    'replay.setBinding': ({ id, enabled, value }) => {
      const current = need();
      const binding = current.status.bindings.find((one) => one.id === id);
      if (binding === undefined) throw new EngineError('not-found', `There is no binding ${id}.`);
      if (enabled) disabled.delete(nameOf(binding));
      else disabled.add(nameOf(binding));
      if (value === '') given.delete(nameOf(binding));
      else if (value !== undefined) given.set(nameOf(binding), value);
      current.replay?.bindings.setEnabled(id, enabled);
      const bindings = current.status.bindings.map((one) => (one.id === id ? { ...one, enabled } : one));
      current.status = { ...current.status, bindings: withGiven(bindings, given) };
      tell();
      return current.status;
    },
  };
}

async function recordingFor(
  engine: Engine,
  work: FileWork,
  args: Pick<ReplayArgs, 'session' | 'filter' | 'frames' | 'to'>,
): Promise<{ recording: Recording; to: EndpointMap }> {
  const how = args.filter === undefined ? {} : { filter: args.filter };
  const { recording, fitting } = await recordingAt(engine, work, args.session, how);
  const narrowed = fitting === undefined ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n));
  const hasFrames = args.frames !== undefined && args.frames.length > 0;
  const played = hasFrames ? selectFrames(narrowed, args.frames) : withoutReplays(narrowed);
  return { recording: played, to: endpointsFor(played, recording, args.to) };
}

/** The bindings are known before anything is sent, so that they can be switched off in time. */
function beginning(
  recording: Recording,
  found: readonly FoundBinding[],
  disabled: ReadonlySet<string>,
  given: ReadonlyMap<string, string>,
): ReplayStatus {
  return {
    state: 'running',
    sent: 0,
    toSend: recording.frames.filter((frame) => frame.direction === 'toServer').length,
    counts: NOTHING,
    rows: [],
    bindings: withGiven(
      found.map(({ id, what, evidence, recorded: plain }) => {
        const recorded = plainText(plain);
        const enabled = !disabled.has(nameOf({ what, recorded }));
        return { id, what, evidence, recorded, replayed: '', uses: 0, enabled };
      }),
      given,
    ),
    ignored: [],
    elapsedMs: 0,
  };
}

function withGiven(bindings: readonly Binding[], given: ReadonlyMap<string, string>): Binding[] {
  return bindings.map(({ value: _before, ...binding }) => {
    const value = given.get(nameOf(binding));
    return value === undefined ? binding : { ...binding, value };
  });
}

/** What was given by hand, of the kind the recorded value has. */
function plainsOf(found: readonly FoundBinding[], given: ReadonlyMap<string, string>): Map<string, Plain> {
  return new Map(
    found.flatMap(({ id, what, recorded }) => {
      const value = given.get(nameOf({ what, recorded: plainText(recorded) }));
      return value === undefined ? [] : [[id, `${recorded[0]}:${value}`] as const];
    }),
  );
}

async function learnFrom(engine: Engine, work: FileWork, recording: Recording, path: string): Promise<Learned> {
  return learnFromRecordings(recording, (await recordingAt(engine, work, path)).recording);
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

function nameOf({ what, recorded }: { readonly what: string; readonly recorded: string }): string {
  return `${what}\0${recorded}`;
}

function statusOf(report: Report, allSent: readonly Sent[], state: 'done' | 'stopped'): ReplayStatus {
  const { verdict, sent, toSend, counts, rows, bindings, ignored, notes, elapsedMs, diverged } = report;
  const status: ReplayStatus = {
    state,
    verdict,
    sent,
    toSend,
    counts,
    rows: capped(withSent(rows, allSent)),
    bindings,
    ignored,
    notes,
    elapsedMs,
  };
  return diverged === undefined ? status : { ...status, error: diverged.text };
}

/** Only what tells the two builds apart: what either issued anew is set aside. */
function betweenBuilds(first: Replayed, other: Replayed, { against, ignore }: SecondBuild): Partial<ReplayStatus> {
  const isRenamed = (a: unknown, b: unknown): boolean => first.bindings.areCounterparts(a, b, other.bindings);
  const { verdict, counts, rows, ignored, notes } = diffRuns(first, other, ignoresFrom(ignore, [], isRenamed));
  return { verdict, counts, rows: capped(rows), ignored, notes, against };
}

function sentSide({ conn, messages, summary }: RecordedFrame, n: number): VerdictSide {
  return { n, conn, message: messages[0]?.name ?? '', summary, direction: 'toServer' };
}

/** What was sent stands before what came because of it. */
function withSent(rows: readonly Row[], sent: readonly Sent[]): Row[] {
  const left = sent.toSorted((a, b) => a.frame.n - b.frame.n);
  const all: Row[] = [];
  const sendBefore = (n: number): void => {
    for (; left[0] !== undefined && left[0].frame.n < n; left.shift()) {
      const { frame, n: now } = left[0];
      all.push({ outcome: 'same', recorded: sentSide(frame, frame.n), replayed: sentSide(frame, now), fields: [] });
    }
  };
  for (const row of rows) {
    if (row.recorded !== undefined && row.recorded.n > 0) sendBefore(row.recorded.n);
    all.push(row);
  }
  sendBefore(Infinity);
  return all;
}

export function capped(rows: readonly Row[]): VerdictRow[] {
  if (rows.length <= MAX_ROWS) return [...rows];
  const odd = rows.filter((row) => row.outcome !== 'same').length;
  let room = Math.max(0, MAX_ROWS - odd);
  return rows.filter((row) => row.outcome !== 'same' || room-- > 0).slice(0, MAX_ROWS);
}

/** While it runs, a message that came is shown as it is; the verdict on it comes at the end. */
function liveRow({ frame, item }: Progress): VerdictRow | undefined {
  if (item !== undefined) {
    const { n, conn, message, summary } = item;
    const replayed = { n, conn, message: message.name ?? '', summary, direction: 'toClient' as const };
    return { outcome: 'same', replayed, fields: [] };
  }
  if (frame === undefined) return undefined;
  return { outcome: 'same', recorded: sentSide(frame, frame.n), fields: [] };
}

/** In the session that was recorded into, so that a verdict travels with its traffic. */
async function keep(engine: Engine, target: string, report: Report): Promise<void> {
  if (engine.session.isReadOnly) return;
  const row = { time: engine.clock.wall(), target, verdict: report.verdict, report: JSON.stringify(report) };
  try {
    await engine.session.keep('replay_verdicts', row);
  } catch (error) {
    engine.notice(
      'warning',
      `The verdict could not be kept in the session: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
