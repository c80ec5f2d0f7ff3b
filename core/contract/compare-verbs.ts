/** Comparison of sessions and messages on the API. A session is a file's path; left out or '', it is the open one. */
import type { Direction } from '../traffic/frame.ts';
import type { Outcome, VerdictRow } from './replay-verbs.ts';

export interface CompareVerbs {
  /** `missing` is what only `a` has, `extra` what only `b` has. */
  'diff.sessions': {
    readonly args: {
      readonly a?: string;
      readonly b?: string;
      readonly filter?: string;
      readonly ignore?: readonly string[];
    };
    readonly result: SessionsDiff;
  };
  /** Two messages by field and by byte. */
  'diff.frames': {
    readonly args: { readonly a: number; readonly b: number; readonly sessionA?: string; readonly sessionB?: string };
    readonly result: FramesDiff;
  };
  /** All messages of one name, a column for each field that is not the same in all of them. */
  'diff.table': {
    readonly args: {
      readonly message: string;
      readonly session?: string;
      readonly direction?: Direction;
      readonly filter?: string;
    };
    readonly result: MessagesTable;
  };
}

export interface SessionsDiff {
  readonly verdict: 'same' | 'different';
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rows: readonly VerdictRow[];
  readonly ignored: readonly { readonly path: string; readonly why: string; readonly count: number }[];
  /** Connections without a counterpart, in words. */
  readonly notes: readonly string[];
}

export interface FrameSide {
  readonly n: number;
  readonly message: string;
  readonly summary: string;
  readonly direction: Direction;
  /** The beginning of the payload, at most 4096 bytes. */
  readonly hex: string;
  readonly size: number;
}
export interface FramesDiff {
  readonly a: FrameSide;
  readonly b: FrameSide;
  /** Every field of both, in order. */
  readonly fields: readonly ComparedField[];
  /** Half-open ranges of bytes that differ. */
  readonly bytes: readonly { readonly a: readonly [number, number]; readonly b: readonly [number, number] }[];
}
export interface ComparedField {
  readonly path: string;
  readonly outcome: 'same' | 'different' | 'missing' | 'extra';
  readonly a: string;
  readonly b: string;
  /** Why a difference does not count. */
  readonly ignored?: string;
}

export interface MessagesTable {
  readonly columns: readonly string[];
  /** `at`: seconds since the recording began. */
  readonly rows: readonly {
    readonly n: number;
    readonly conn: number;
    readonly at: number;
    readonly cells: readonly string[];
  }[];
  /** Fields with one value throughout. */
  readonly constant: readonly { readonly path: string; readonly value: string }[];
  /** Messages of that name; `rows` holds the first of them. */
  readonly total: number;
}
