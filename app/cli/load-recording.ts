/** Any file Interpose reads → a recording to replay, stand in for or compare. */
import { RecordingBuilder, type Recording } from '../../core/replay/recording.ts';
import type { CompiledFilter } from '../../core/traffic/filter/filter.ts';
import { filterSubject } from './filter-subject.ts';
import { FrameDecoder } from './frame-decoder.ts';
import type { ProtocolChoice } from './protocol-options.ts';
import { readTraffic } from './read-file.ts';

export interface LoadedRecording {
  readonly recording: Recording;
  /** Frames that fit the filter. */
  readonly fitting: ReadonlySet<number>;
  readonly problems: readonly string[];
}

export async function loadRecording(
  path: string,
  choice: ProtocolChoice,
  filter?: CompiledFilter,
): Promise<LoadedRecording> {
  const builder = new RecordingBuilder();
  const fitting = new Set<number>();
  let began: number | undefined;
  const decoder = new FrameDecoder(choice, (decoded) => {
    const { frame, connection, protocol, state, meaning } = decoded;
    began ??= frame.time;
    if (filter === undefined || filter.isEmpty || filter.test(filterSubject(decoded, began))) fitting.add(frame.n);
    builder.add(frame, connection, {
      protocol,
      options: connection.options ?? choice.options,
      dissected: meaning.dissected,
      state,
      summary: meaning.summary,
    });
  });
  const { problems } = await readTraffic(path, choice, decoder);
  // How a connection ended is known at the end.
  for (const connection of decoder.connections.values()) builder.connection(connection);
  return { recording: builder.build(), fitting, problems };
}
