/** What every export is written from: a session, a selection of it, or a filter's result, frame by frame in recorded order. */
import type { Connection, Frame } from '../traffic/frame.ts';

export interface ExportMessage {
  /** null when it could not be understood. */
  readonly name: string | null;
  readonly id?: number;
  readonly fields: unknown;
}

export interface ExportFrame {
  /** `expert` holds what carrier, framer, dissector and checks remarked. */
  readonly frame: Frame;
  readonly connection: Connection;
  /** Id of the protocol that gave it meaning; '' when none did. */
  readonly protocol: string;
  readonly messages: readonly ExportMessage[];
  readonly summary: string;
  /** Set when it answers a request. */
  readonly answer?: { readonly request: number; readonly ms: number };
  /** How long it was held or delayed; 0 when not. */
  readonly waitedMs: number;
  readonly mark?: string;
  readonly comment?: string;
}

export interface ExportSource {
  readonly title: string;
  /** Wall clock at the session's beginning, seconds. */
  readonly began: number;
  readonly connections: readonly Connection[];
  /** Every frame of the session is in it. */
  readonly isWhole: boolean;
  frames(): Iterable<ExportFrame>;
  /** Number of the last frame of a connection. */
  lastFrame(conn: number): number;
}

/** Text in the encoding of the file, or bytes as they are. */
export type Chunk = string | Uint8Array;
