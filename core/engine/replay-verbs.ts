/** Replay and diff on the API: one replay at a time, told of as it goes. */
import { existsSync } from 'node:fs';
import type { ReplayStatus, VerdictRow } from '../contract/replay-verbs.ts';
import { createSystemTimer } from '../io/system-timer.ts';
import { createTarget } from '../io/target.ts';
import { IGNORE_NOTHING } from '../replay/compare.ts';
import { parsePace } from '../replay/pace.ts';
import { findBindings } from '../replay/rebinding.ts';
import { plainText } from '../replay/spelling.ts';
import { narrowRecording, type Recording } from '../replay/recording.ts';
import { Replay } from '../replay/replay.ts';
import { selectFrames } from '../replay/resend.ts';
import type { ForkedConnection, Progress } from '../replay/run-types.ts';
import { diffFrames, diffRecordings } from '../replay/session-diff.ts';
import { OUTCOMES, type Outcome, type Report, type Row } from '../replay/verdict.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import { readRecording } from './session-recording.ts';

/** Rows told to clients: all that are not the same, and of the others as many as fit. */
const MAX_ROWS = 5000;
/** Rows shown while it runs: the last ones. */
const LIVE_ROWS = 200;
const NOTHING = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

interface Running {
  /** Connections left open by a replay that was to stop in the middle, and what closes them. */
  open: ReadonlyMap<number, ForkedConnection> | undefined;
  close: () => Promise<void>;
  replay: Replay | undefined;
  status: ReplayStatus;
  isStopped: boolean;
}

export function replayVerbs(engine: Engine): VerbHandlers {
  let running: Running | undefined;
  /** Bindings switched off by hand, by what they are: they stay off in the next run, whatever its numbering. */
  const disabled = new Set<string>();
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

  const play = async (current: Running, replay: Replay, where: string): Promise<void> => {
    try {
      const { report, result } = await replay.run();
      const status = statusOf(report, current.isStopped ? 'stopped' : 'done');
      current.open = result.open;
      const open = [...(result.open?.values() ?? [])].map(({ conn, recordId }) => ({ conn, recordedAs: recordId }));
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
      await running?.close();
      const pace = parsePace(args.pace);
      const recording = await recordingFor(engine, args);
      const target = createTarget();
      const began = engine.clock.now();
      const rows: VerdictRow[] = [];
      const status = beginning(recording, disabled);
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
      const replay = new Replay(
        {
          recording,
          to: args.to,
          pace,
          ignore: args.ignore ?? [],
          disabled: status.bindings.filter((binding) => !binding.enabled).map((binding) => binding.id),
          onProgress,
          ...(args.timeoutMs === undefined ? {} : { timeoutMs: args.timeoutMs }),
          ...(args.until === undefined ? {} : { until: args.until }),
          ...(engine.session.isReadOnly ? {} : { sink: engine.session.sink }),
        },
        { target, clock: engine.clock, timer: createSystemTimer() },
      );
      current.replay = replay;
      running = current;
      const where = typeof args.to === 'string' ? args.to : Object.values(args.to).join(' ');
      void play(current, replay, where).finally(() => (current.open === undefined ? close() : undefined));
      return current.status;
    },
    'replay.send': ({ conn, hex: text }) => {
      const connection = need().open?.get(conn);
      if (connection?.isOpen !== true) {
        throw new EngineError('unknown-connection', `No replay left a connection ${conn} open.`);
      }
      connection.send(new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex')));
      return { conn };
    },
    'replay.stop': async () => {
      const current = need();
      if (current.status.state === 'running') {
        current.isStopped = true;
        current.replay?.stop();
        return current.status;
      }
      current.open = undefined;
      const { open: _closed, ...status } = current.status;
      current.status = status;
      await current.close();
      tell();
      return current.status;
    },
    'replay.status': () => running?.status ?? null,
    'replay.setBinding': ({ id, enabled }) => {
      const current = need();
      const binding = current.status.bindings.find((one) => one.id === id);
      if (binding === undefined) throw new EngineError('not-found', `There is no binding ${id}.`);
      if (enabled) disabled.delete(nameOf(binding));
      else disabled.add(nameOf(binding));
      current.replay?.bindings.setEnabled(id, enabled);
      const bindings = current.status.bindings.map((one) => (one.id === id ? { ...one, enabled } : one));
      current.status = { ...current.status, bindings };
      tell();
      return current.status;
    },
    'diff.sessions': async ({ a, b }) => {
      const [first, second] = [await readSession(engine, a), await readSession(engine, b)];
      return { rows: capped(diffRecordings(first, second, IGNORE_NOTHING).rows) };
    },
    'diff.frames': async ({ a, b }) => {
      await engine.session.settle();
      const { recording } = await readRecording(engine.session.path, engine.protocols.protocols, {
        upTo: Math.max(a, b),
      });
      const [one, other] = [a, b].map((n) => {
        const frame = recording.frames.find((candidate) => candidate.n === n);
        if (frame === undefined) throw new EngineError('unknown-frame', `There is no frame ${n} to compare.`);
        return frame;
      });
      const { fields, bytes } = diffFrames(one!, other!, IGNORE_NOTHING);
      return {
        changes: [
          ...fields.map(({ path, recorded, replayed }) => ({ path, a: recorded, b: replayed })),
          ...bytes.map((range) => ({
            path: `bytes ${range.a[0]}–${range.a[1]}`,
            a: hex(one!.bytes, range.a),
            b: hex(other!.bytes, range.b),
          })),
        ],
      };
    },
  };
}

async function recordingFor(
  engine: Engine,
  args: { readonly session?: string; readonly filter?: string; readonly frames?: readonly number[] },
): Promise<Recording> {
  if (args.session === undefined) await engine.session.settle();
  const path = args.session ?? engine.session.path;
  const how = args.filter === undefined ? {} : { filter: args.filter };
  const { recording, fitting } = await readRecording(path, engine.protocols.protocols, how);
  const narrowed = fitting === undefined ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n));
  return args.frames === undefined || args.frames.length === 0 ? narrowed : selectFrames(narrowed, args.frames);
}

async function readSession(engine: Engine, path: string): Promise<Recording> {
  if (!existsSync(path)) throw new EngineError('not-found', `There is no file ${path}.`);
  return (await readRecording(path, engine.protocols.protocols)).recording;
}

/** The bindings are known before anything is sent, so that they can be switched off in time. */
function beginning(recording: Recording, disabled: ReadonlySet<string>): ReplayStatus {
  return {
    state: 'running',
    sent: 0,
    toSend: recording.frames.filter((frame) => frame.direction === 'toServer').length,
    counts: NOTHING,
    rows: [],
    bindings: findBindings(recording).map(({ id, what, evidence, recorded: plain }) => {
      const recorded = plainText(plain);
      const enabled = !disabled.has(nameOf({ what, recorded }));
      return { id, what, evidence, recorded, replayed: '', uses: 0, enabled };
    }),
    ignored: [],
    elapsedMs: 0,
  };
}

function nameOf({ what, recorded }: { readonly what: string; readonly recorded: string }): string {
  return `${what}\0${recorded}`;
}

function statusOf(report: Report, state: 'done' | 'stopped'): ReplayStatus {
  const { verdict, sent, toSend, counts, rows, bindings, ignored, elapsedMs, diverged } = report;
  const status: ReplayStatus = {
    state,
    verdict,
    sent,
    toSend,
    counts,
    rows: capped(rows),
    bindings,
    ignored,
    elapsedMs,
  };
  return diverged === undefined ? status : { ...status, error: diverged.text };
}

function capped(rows: readonly Row[]): VerdictRow[] {
  if (rows.length <= MAX_ROWS) return [...rows];
  const odd = rows.filter((row) => row.outcome !== 'same').length;
  let room = Math.max(0, MAX_ROWS - odd);
  return rows.filter((row) => row.outcome !== 'same' || room-- > 0).slice(0, MAX_ROWS);
}

/** While it runs, a message that came is shown as it is; the verdict on it comes at the end. */
function liveRow({ frame, item }: Progress): VerdictRow | undefined {
  if (item !== undefined) {
    const { n, conn, message, summary } = item;
    return { outcome: 'same', replayed: { n, conn, message: message.name ?? '', summary }, fields: [] };
  }
  if (frame === undefined) return undefined;
  const { n, conn, messages, summary } = frame;
  return { outcome: 'same', recorded: { n, conn, message: messages[0]?.name ?? '', summary }, fields: [] };
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

function hex(bytes: Uint8Array, [from, to]: readonly [number, number]): string {
  const shown = Buffer.from(bytes.subarray(from, Math.min(to, from + 64))).toString('hex');
  return to - from > 64 ? `${shown}…` : shown;
}
