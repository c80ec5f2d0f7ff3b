/** What passes between the recorder on the main thread, the recorder worker, and the reader. */
import type { OptionValues } from '../protocol/protocol.ts';
import type { EngineErrorCode } from '../traffic/engine-error.ts';
import type { Announcement } from './recording.ts';

/** A user's protocol as text; each thread makes its own protocol of it. */
export interface ProtocolSource {
  readonly path: string;
  readonly text: string;
}

export interface RecorderSetup {
  readonly path: string;
  /** True: make a new file, record into it. False: open one; only marks and decoding anew are written. */
  readonly create: boolean;
  /** For a new file. */
  readonly meta: Readonly<Record<string, string>>;
  readonly sources: readonly ProtocolSource[];
  /** [0]: bytes handed over so far, wrapping; how the worker sees that it falls behind. */
  readonly posted: SharedArrayBuffer;
}

export type RecorderCall =
  | { readonly op: 'decodeAs'; readonly conn: number; readonly protocol: string; readonly options: OptionValues }
  | { readonly op: 'setProtocols'; readonly sources: readonly ProtocolSource[] }
  | { readonly op: 'mark'; readonly n: number; readonly mark?: string | null; readonly comment?: string | null }
  /** Keeps a report of replay or fuzzing in the file. */
  | {
      readonly op: 'keep';
      readonly table: 'replay_verdicts' | 'fuzz_findings';
      readonly row: Readonly<Record<string, string | number>>;
    }
  /** Answers when everything handed over before is committed and decoded. */
  | { readonly op: 'settle' };

export type ToRecorder =
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer; readonly size: number }
  | { readonly kind: 'call'; readonly id: number; readonly call: RecorderCall }
  | { readonly kind: 'close' };

export type FromRecorder =
  | {
      readonly kind: 'ready';
      readonly frames: number;
      readonly lastConnection: number;
      readonly isWritable: boolean;
      readonly meta: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'refused'; readonly code: EngineErrorCode; readonly message: string }
  /** Bytes of batches now committed. */
  | {
      readonly kind: 'committed';
      readonly bytes: number;
      readonly count: number;
      readonly connections: Announcement['connections'];
      readonly bytesOnDisk: number;
    }
  | { readonly kind: 'failed'; readonly message: string; readonly lost: number; readonly bytes: number }
  | { readonly kind: 'recovered' }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly ok: boolean;
      readonly message?: string;
      readonly code?: EngineErrorCode;
    }
  | { readonly kind: 'closed' };

/** To the reader, over a channel of its own. */
export interface ReaderNews extends Announcement {
  readonly kind: 'news';
  readonly bytesOnDisk: number;
}

/** The half of a MessagePort or Worker that is needed here. */
export interface Port<In, Out> {
  postMessage(message: Out, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: In) => void): unknown;
}
