/** Comparison on the API: two sessions, two messages, all messages of one name. */
import type { FrameSide, FramesDiff } from '../contract/compare-verbs.ts';
import { type Ignores, ignoresFrom } from '../replay/compare.ts';
import { diffFrames } from '../replay/frame-diff.ts';
import { tableOf } from '../replay/message-table.ts';
import { narrowRecording, type RecordedFrame, type Recording } from '../replay/recording.ts';
import { diffRecordings } from '../replay/session-diff.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import type { FileWork } from './files/file-thread.ts';
import { recordingAt } from './recording-source.ts';
import { capped } from './replay-verbs.ts';
import { readRecording } from './session-recording.ts';

/** Bytes of a payload that are told; nobody reads more of them side by side. */
const MAX_BYTES = 4096;
const MAX_TABLE_ROWS = 5000;

interface Compared {
  readonly paths: readonly [string, string];
  readonly recordings: readonly [Recording, Recording];
  readonly ignores: Ignores;
}

export function compareVerbs(engine: Engine, work: FileWork): VerbHandlers {
  /** The sessions compared last: their messages are looked at one by one then. */
  let last: Compared | undefined;

  const narrowed = async (path: string | undefined, filter: string | undefined): Promise<Recording> => {
    const { recording, fitting } = await recordingAt(engine, work, path, filter === undefined ? {} : { filter });
    return fitting === undefined ? recording : narrowRecording(recording, ({ n }) => fitting.has(n));
  };
  const frameOf = async (n: number, path: string, side: 0 | 1): Promise<RecordedFrame> => {
    const known = last?.paths[side] === path ? last.recordings[side].frames.find((frame) => frame.n === n) : undefined;
    if (known !== undefined) return known;
    const isOpenSession = path === '' || path === engine.session.path;
    if (isOpenSession) await engine.session.settle();
    const { recording } = isOpenSession
      ? await readRecording(engine.session.path, engine.protocols.protocols, { upTo: n })
      : await recordingAt(engine, work, path);
    const found = recording.frames.find((frame) => frame.n === n);
    if (found === undefined) throw new EngineError('unknown-frame', `There is no frame ${n} to compare.`);
    return found;
  };

  return {
    'diff.sessions': async ({ a = '', b = '', filter, ignore = [] }) => {
      const recordings = [await narrowed(a, filter), await narrowed(b, filter)] as const;
      const ignores = ignoresFrom(ignore);
      last = { paths: [a, b], recordings, ignores };
      const { rows, ...diff } = diffRecordings(recordings[0], recordings[1], ignores);
      return { ...diff, rows: capped(rows) };
    },
    'diff.frames': async ({ a, b, sessionA = '', sessionB = '' }): Promise<FramesDiff> => {
      const [one, other] = [await frameOf(a, sessionA, 0), await frameOf(b, sessionB, 1)];
      return { a: sideOf(one), b: sideOf(other), ...diffFrames(one, other, last?.ignores ?? ignoresFrom([])) };
    },
    'diff.table': async ({ message, session, direction, filter }) => {
      const recording = await narrowed(session, filter);
      const table = tableOf(recording.frames, message, direction);
      return { ...table, rows: table.rows.slice(0, MAX_TABLE_ROWS), total: table.rows.length };
    },
  };
}

function sideOf({ n, messages, summary, direction, bytes }: RecordedFrame): FrameSide {
  return {
    n,
    message: messages[0]?.name ?? '',
    summary,
    direction,
    hex: Buffer.from(bytes.subarray(0, MAX_BYTES)).toString('hex'),
    size: bytes.length,
  };
}
