/**
 * A remark on a frame. Odd traffic is data, never an exception: decoders, framers, validators and invariants all speak in
 * expert infos. The vocabulary is Wireshark's.
 */
export type Severity = 'note' | 'warning' | 'error';
export type ExpertGroup = 'malformed' | 'schema' | 'sequence' | 'invariant' | 'transport';

/** Half-open byte range `[start, end)` within the buffer it speaks of. */
export type ByteRange = readonly [start: number, end: number];

export interface ExpertInfo {
  readonly severity: Severity;
  readonly group: ExpertGroup;
  /** One sentence for a person. */
  readonly text: string;
  /** Bytes of the frame's payload the remark is about, when it is about some. */
  readonly range?: ByteRange;
  /** Field path the remark is about, e.g. `beings[2].destination.y`. */
  readonly path?: string;
  /** Stable short name, for filters, grouping and tests: `truncated`, `unknown-key`, `scores-sum`… */
  readonly code?: string;
}

export const SEVERITIES: readonly Severity[] = ['note', 'warning', 'error'];
