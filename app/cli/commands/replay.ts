import { readFileSync, writeFileSync } from 'node:fs';
import { ignoresFrom } from '../../../core/replay/compare.ts';
import { readCopyValues, runCopies } from '../../../core/replay/copies.ts';
import { endpointsFor, readEndpointMap } from '../../../core/replay/endpoints.ts';
import { learn, learnedTogether, learnFromRecordings, type Learned } from '../../../core/replay/learned.ts';
import { parsePace } from '../../../core/replay/pace.ts';
import { type FoundBinding, findBindings } from '../../../core/replay/rebinding.ts';
import { narrowRecording, type Recording, withoutReplays } from '../../../core/replay/recording.ts';
import { Replay, type Replayed, type ReplayOptions, type Stage } from '../../../core/replay/replay.ts';
import { selectFrames } from '../../../core/replay/resend.ts';
import { diffRuns } from '../../../core/replay/session-diff.ts';
import { createSystemClock } from '../../../core/io/system-clock.ts';
import { createSystemTimer } from '../../../core/io/system-timer.ts';
import { createTarget } from '../../../core/io/target.ts';
import { EngineError } from '../../../core/traffic/engine-error.ts';
import type { TrafficSink } from '../../../core/traffic/sink.ts';
import { startEngine } from '../../engine/start-engine.ts';
import { type Invocation, UsageError } from '../command.ts';
import { readFilter } from '../decoded-file.ts';
import { loadRecording } from '../load-recording.ts';
import { print, printError, progress } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { copiesText, diffText, reportText, writeJunit } from '../replay-text.ts';
import { VERSION } from '../version.ts';

/** The client side of a recording against a server. 0: as recorded, 1: not, 2: it could not be tried. */
export async function replay(invocation: Invocation): Promise<number> {
  const options = await readOptions(invocation);
  const target = createTarget({ verify: !invocation.flag('insecure') });
  const stage: Stage = { target, clock: createSystemClock(), timer: createSystemTimer() };
  const recorded = await startRecording(invocation);
  const given: ReplayOptions = recorded === undefined ? options : { ...options, sink: recorded.sink };
  try {
    if (invocation.number('copies') !== undefined) return await playCopies(given, stage, invocation);
    return await playOnce(given, stage, invocation);
  } finally {
    progress('');
    await target.close();
    await recorded?.close();
  }
}

async function readOptions(invocation: Invocation): Promise<ReplayOptions> {
  const choice = readProtocolChoice(invocation);
  const filter = readFilter(invocation, choice);
  const [path] = invocation.operands;
  const seconds = invocation.number('timeout');
  if (seconds !== undefined && seconds <= 0) throw new UsageError('--timeout takes seconds above 0');
  const pace = parsePace(invocation.text('pace') ?? 'lockstep');
  const to = readEndpointMap(invocation.texts('to'));
  const { recording, fitting, problems } = await loadRecording(path!, choice, filter);
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  const narrowed = filter.isEmpty ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n));
  const frames = invocation.texts('frames').flatMap(readRanges);
  const learned: Learned[] = [];
  for (const other of invocation.texts('learn-from')) {
    learned.push(learnFromRecordings(recording, (await loadRecording(other, choice)).recording));
  }
  const until = invocation.number('until');
  const played = frames.length === 0 ? withoutReplays(narrowed) : selectFrames(narrowed, frames);
  return {
    recording: played,
    to: endpointsFor(played, recording, to),
    pace,
    ignore: invocation.texts('ignore'),
    ...(learned.length === 0 ? {} : { learned: learnedTogether(learned) }),
    ...(until === undefined ? {} : { until }),
    ...readBindings(invocation, narrowed),
    ...readPayloads(invocation),
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
  };
}

/** `12`, `15-20` or `12,15-20`. */
function readRanges(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const match = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || to < from || to - from > 100_000)
      throw new UsageError(`--frames takes frame numbers such as 12,15-20, not "${text}"`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

/** `--payload 12=HEX` sends other bytes as frame 12. */
function readPayloads(invocation: Invocation): Pick<ReplayOptions, 'payloads'> {
  const payloads = new Map<number, Uint8Array>();
  for (const text of invocation.texts('payload')) {
    const match = /^(\d{1,9})=((?:[0-9a-f]{2})*)$/i.exec(text);
    if (match === null) throw new UsageError(`--payload takes N=HEX, such as 12=7b7d, not "${text}"`);
    payloads.set(Number(match[1]), new Uint8Array(Buffer.from(match[2]!, 'hex')));
  }
  return payloads.size === 0 ? {} : { payloads };
}

/** `--unbind b2` leaves a value as recorded, `--bind b1=VALUE` writes another one. */
function readBindings(invocation: Invocation, recording: Recording): Pick<ReplayOptions, 'disabled' | 'given'> {
  const disabled = invocation.texts('unbind');
  const bound = invocation.texts('bind').map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--bind takes ID=VALUE, such as b1=0815, not "${text}"`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  if (disabled.length + bound.length === 0) return {};
  const found = new Map(findBindings(recording).map((one) => [one.id, one]));
  const need = (id: string): FoundBinding => {
    const one = found.get(id);
    if (one === undefined)
      throw new UsageError(`there is no binding ${id}; there are: ${[...found.keys()].join(', ')}`);
    return one;
  };
  const given = new Map(bound.map(([id, value]) => [id, `${need(id).recorded[0]}:${value}`]));
  return { disabled: disabled.map((id) => need(id).id), given };
}

async function playOnce(options: ReplayOptions, stage: Stage, invocation: Invocation): Promise<number> {
  // A wrong URL or an empty recording is wrong use; what happens on the wire is a verdict.
  let replayed: Replayed;
  try {
    const learned = invocation.flag('learn') ? [await learnFrom(options, stage)] : [];
    if (options.learned !== undefined) learned.push(options.learned);
    replayed = await play({ ...options, learned: learnedTogether(learned) }, stage);
    const against = invocation.text('against');
    if (against !== undefined) return await compareBuilds(replayed, { ...options, to: against }, stage, invocation);
  } catch (error) {
    return failed(error, invocation);
  }
  const { report } = replayed;
  writeReport(invocation, report);
  writeJunit(invocation, 'replay', report.rows, report.elapsedMs);
  print(invocation.flag('json') ? JSON.stringify(report, null, 2) : reportText(report));
  return report.verdict === 'same' ? 0 : 1;
}

/** The server could not be reached: a verdict, too. Everything else is wrong use. */
function failed(error: unknown, invocation: Invocation): number {
  const isVerdict = error instanceof EngineError && ['connect-failed', 'tls-failed', 'timeout'].includes(error.code);
  if (!isVerdict) throw error;
  const report = { verdict: 'failed', error: error.message };
  writeReport(invocation, report);
  if (invocation.flag('json')) print(JSON.stringify(report, null, 2));
  else print(`failed: ${error.message}`);
  const junit = invocation.text('junit');
  if (junit !== undefined)
    writeJunit(invocation, 'replay', [{ outcome: 'connection-lost', fields: [], note: error.message }], 0);
  return 1;
}

function play(options: ReplayOptions, stage: Stage): Promise<Replayed> {
  const replay = new Replay(
    {
      ...options,
      onProgress: ({ sent, toSend, frame }) => {
        const what = frame === undefined ? '' : ` ${frame.messages[0]?.name ?? ''}`;
        progress(`${sent} of ${toSend} sent${what}`);
      },
    },
    stage,
  );
  const stop = (): void => replay.stop();
  process.once('SIGINT', stop);
  return replay.run().finally(() => process.removeListener('SIGINT', stop));
}

async function learnFrom(options: ReplayOptions, stage: Stage): Promise<Learned> {
  const one = await play(options, stage);
  const other = await play(options, stage);
  return learn(one, other);
}

async function compareBuilds(
  first: Replayed,
  options: ReplayOptions,
  stage: Stage,
  invocation: Invocation,
): Promise<number> {
  const second = await play(options, stage);
  // What either server issued anew stands for what the other issued.
  const renamed = (one: unknown, other: unknown): boolean =>
    first.bindings.areCounterparts(one, other, second.bindings);
  const diff = diffRuns(first, second, ignoresFrom(options.ignore ?? [], [], renamed));
  writeReport(invocation, diff);
  writeJunit(invocation, 'two builds', diff.rows, first.report.elapsedMs + second.report.elapsedMs);
  print(invocation.flag('json') ? JSON.stringify(diff, null, 2) : diffText(diff, 'first build', 'second build'));
  return diff.verdict === 'same' ? 0 : 1;
}

async function playCopies(options: ReplayOptions, stage: Stage, invocation: Invocation): Promise<number> {
  const copies = invocation.number('copies')!;
  if (!Number.isInteger(copies) || copies < 1 || copies > 10_000)
    throw new UsageError('--copies takes a whole number from 1 to 10000');
  const file = invocation.text('values');
  const values = file === undefined ? undefined : readCopyValues(readText(file));
  const report = await runCopies(
    {
      ...options,
      copies,
      ...(values === undefined ? {} : { values }),
      onCopy: (done) => progress(`${done} of ${copies} copies done`),
    },
    stage,
  );
  progress('');
  writeReport(invocation, report);
  print(invocation.flag('json') ? JSON.stringify(report, null, 2) : copiesText(report));
  return report.verdict === 'same' ? 0 : 1;
}

function writeReport(invocation: Invocation, report: object): void {
  const path = invocation.text('report');
  if (path !== undefined) writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${path}`);
  }
}

/** `--session FILE`: the replay itself becomes a recording. */
async function startRecording(
  invocation: Invocation,
): Promise<{ sink: TrafficSink; close(): Promise<void> } | undefined> {
  const session = invocation.text('session');
  if (session === undefined) return undefined;
  const started = await startEngine({
    serve: false,
    session,
    version: VERSION,
    log: 'warnings',
    protocolFiles: invocation.texts('protocol-file'),
  });
  return { sink: started.engine.session.sink, close: () => started.close() };
}
