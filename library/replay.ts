/** A recorded session against a server, with a verdict to assert on. */
import { fileURLToPath } from 'node:url';
import { readRecording } from '../core/engine/session-recording.ts';
import { createSystemClock } from '../core/io/system-clock.ts';
import { createSystemTimer } from '../core/io/system-timer.ts';
import { createTarget } from '../core/io/target.ts';
import { failureOf } from '../core/replay/junit.ts';
import { learn, learnedTogether, learnFromRecordings } from '../core/replay/learned.ts';
import { parsePace } from '../core/replay/pace.ts';
import { narrowRecording, withoutReplays } from '../core/replay/recording.ts';
import { Replay, type Replayed, type ReplayOptions as CoreOptions } from '../core/replay/replay.ts';
import type { ForkedConnection } from '../core/replay/run-types.ts';
import type { Report } from '../core/replay/verdict.ts';
import { protocols } from '../dissectors/index.ts';

export interface ReplayOptions {
  /** The server, or one URL for each recorded server: `{ '127.0.0.1:8000': 'ws://…' }`, by port or by role. */
  readonly to: string | Readonly<Record<string, string>>;
  /** `lockstep` (default), `recorded`, `x2`, `fast`. */
  readonly pace?: string;
  /** Filter: only client messages that fit are sent, with the replies to them. */
  readonly filter?: string;
  /** Fields that may differ: `message.field`, `field`, or a whole `message`. */
  readonly ignore?: readonly string[];
  /** Play twice first and ignore what differs by itself. */
  readonly learn?: boolean;
  /** Other recordings of the same visit: ignore what differs between each and this one. */
  readonly learnFrom?: readonly (string | URL)[];
  /** Longest wait for one message, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** Verify a TLS server's certificate. Default true. */
  readonly verify?: boolean;
  /** Stops behind this client frame and leaves the connections open, for the test to go on: see `ReplayReport.open`. */
  readonly until?: number;
}

export interface ReplayReport extends Report {
  /** What is not the same, a line each: for the message of an assertion. */
  readonly text: string;
  /** With `until`: the open connections by their number in the recording. End with `close`. */
  readonly open?: ReadonlyMap<number, ForkedConnection>;
  /** Ends what `until` left open; without it there is nothing to end. */
  close(): Promise<void>;
}

/**
 * Plays the client side of a session file.
 *
 *     const report = await replay(new URL('./login.ipsession', import.meta.url), { to: 'tcp://127.0.0.1:11600' });
 *     assert.equal(report.verdict, 'same', report.text);
 *
 * @throws EngineError when the file cannot be read, the options do not fit, or the server cannot be reached
 */
export async function replay(session: string | URL, options: ReplayOptions): Promise<ReplayReport> {
  const how = options.filter === undefined ? {} : { filter: options.filter };
  const { recording, fitting } = await readRecording(pathOf(session), protocols, how);
  const known = [];
  for (const other of options.learnFrom ?? []) {
    known.push(learnFromRecordings(recording, (await readRecording(pathOf(other), protocols)).recording));
  }
  const target = createTarget(options.verify === undefined ? {} : { verify: options.verify });
  const stage = { target, clock: createSystemClock(), timer: createSystemTimer() };
  const core: CoreOptions = {
    recording: withoutReplays(
      fitting === undefined ? recording : narrowRecording(recording, (frame) => fitting.has(frame.n)),
    ),
    learned: learnedTogether(known),
    to: options.to,
    pace: parsePace(options.pace ?? 'lockstep'),
    ignore: options.ignore ?? [],
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.until === undefined ? {} : { until: options.until }),
  };
  const play = (more: Partial<CoreOptions> = {}): Promise<Replayed> => new Replay({ ...core, ...more }, stage).run();
  let open: ReadonlyMap<number, ForkedConnection> | undefined;
  try {
    if (options.learn === true) known.push(learn(await play(), await play()));
    const { report, result } = await play({ learned: learnedTogether(known) });
    open = result.open;
    const odd = report.rows.filter((row) => row.outcome !== 'same');
    const text = odd.map((row) => {
      const side = row.recorded ?? row.replayed;
      return `#${side?.n ?? 0} ${side?.message ?? ''}: ${failureOf(row)}`;
    });
    return {
      ...report,
      text: [...text, ...report.notes].join('\n'),
      ...(open === undefined ? {} : { open }),
      close: () => target.close(),
    };
  } finally {
    // What was handed over is for the caller to close.
    if (open === undefined) await target.close();
  }
}

function pathOf(file: string | URL): string {
  return typeof file === 'string' ? file : fileURLToPath(file);
}
