/** The loop shared by the commands that read one file from end to end under a filter. */
import { vocabularyOf } from '../../core/engine/vocabulary.ts';
import type { Connection } from '../../core/traffic/frame.ts';
import type { CarrierCommands } from '../../core/traffic/sink.ts';
import { type CompiledFilter, compileFilter } from '../../core/traffic/filter/filter.ts';
import { type Invocation, UsageError } from './command.ts';
import { filterSubject } from './filter-subject.ts';
import { type DecodedFrame, FrameDecoder } from './frame-decoder.ts';
import { type ProtocolChoice, readProtocolChoice } from './protocol-options.ts';
import { readTraffic } from './read-file.ts';

export function readFilter(invocation: Invocation, choice: ProtocolChoice): CompiledFilter {
  const filter = compileFilter(invocation.text('filter') ?? '', vocabularyOf(choice.protocols));
  if (!filter.ok) throw new UsageError(`--filter: ${filter.message} (at character ${filter.at + 1})`);
  return filter;
}

export interface FileSummary {
  readonly choice: ProtocolChoice;
  readonly problems: readonly string[];
  readonly decoder: FrameDecoder;
  /** Wall clock of the first frame, seconds. */
  readonly began: number;
}

/** @param at seconds since the first frame */
export type OnCommands = (commands: CarrierCommands, connection: Connection, at: number) => void;

interface ReadingHow {
  /** Asked for: also what is below the frames, and what carriers said that brought none. */
  readonly onCommands?: OnCommands;
  /** Called between chunks, to let output drain. */
  readonly afterChunk?: () => Promise<void>;
  /** Neither summaries nor answered requests are asked for, unless by the filter. */
  readonly isBrief?: boolean;
}

/** Calls `onFrame` for every frame that fits `--filter`, in capture order. */
export async function forEachFrame(
  path: string,
  invocation: Invocation,
  onFrame: (decoded: DecodedFrame, at: number) => void,
  { afterChunk, isBrief = false, onCommands }: ReadingHow = {},
): Promise<FileSummary> {
  const choice = readProtocolChoice(invocation);
  const filter = readFilter(invocation, choice);
  let began: number | undefined;
  const decoder = new FrameDecoder(
    choice,
    (decoded) => {
      began ??= decoded.frame.time;
      if (filter.isEmpty || filter.test(filterSubject(decoded, began))) onFrame(decoded, decoded.frame.time - began);
    },
    isBrief && filter.isEmpty,
  );
  if (onCommands !== undefined && filter.isEmpty) {
    decoder.onCommands = (commands, connection) => {
      began ??= commands.time;
      onCommands(commands, connection, commands.time - began);
    };
  }
  const keepCarrier = onCommands !== undefined;
  const { problems } = await readTraffic(path, choice, decoder, { given: invocation.given, keepCarrier, afterChunk });
  return { choice, problems, decoder, began: began ?? 0 };
}
