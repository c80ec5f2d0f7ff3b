/** Which frames of a session an export takes: all, a filter's result, a list of them, a window of time. */

import type { SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type CompiledFilter, compileFilter } from '../../traffic/filter/filter.ts';
import { BLOCK, Selector } from '../reader/selector.ts';
import { vocabularyOf } from '../vocabulary.ts';

export interface SelectionRequest {
  readonly filter?: string;
  readonly frames?: readonly number[];
  /** Seconds since the session began, `[from, to)`. */
  readonly window?: readonly [from: number, to: number];
}

/** Frame numbers in order; undefined when it is every frame. */
export type Selected = Uint32Array | undefined;

/** @throws EngineError `bad-filter` */
export function selectFrames(reader: SessionReader, request: SelectionRequest): Selected {
  const filter = filterOf(reader, request.filter ?? '');
  const { frames, window } = request;
  if (frames !== undefined) {
    const listed = Uint32Array.from(new Set(frames.filter((n) => reader.has(n)))).sort();
    if (filter.isEmpty && window === undefined) return listed;
    const fitting = new Set(scan(reader, filter, window));
    return listed.filter((n) => fitting.has(n));
  }
  if (filter.isEmpty && window === undefined) return undefined;
  return Uint32Array.from(scan(reader, filter, window));
}

function scan(
  reader: SessionReader,
  filter: CompiledFilter,
  window: readonly [number, number] | undefined,
): readonly number[] {
  const selector = new Selector(reader, { filter, ...(window === undefined ? {} : { window }) });
  const found: number[] = [];
  const end = window?.[1] ?? Number.POSITIVE_INFINITY;
  for (let from = 1; from <= reader.frames; from += BLOCK) {
    const to = Math.min(reader.frames, from + BLOCK - 1);
    selector.scan(
      from,
      to,
      (n) => {
        // The selector's window includes its end; windows that follow each other must not share a frame.
        if (reader.index.time(n) - reader.began < end) found.push(n);
      },
      () => undefined,
    );
  }
  return found;
}

function filterOf(reader: SessionReader, text: string): CompiledFilter {
  const filter = compileFilter(text, vocabularyOf(reader.protocols));
  if (!filter.ok) throw new EngineError('bad-filter', `${filter.message} (at character ${filter.at + 1})`);
  return filter;
}
