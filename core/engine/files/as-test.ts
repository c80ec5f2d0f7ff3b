/** A session, or a part of it, as a TypeScript test on the library. */
import { recordingAsTest } from '../../replay/as-test.ts';
import { serversOf } from '../../replay/endpoints.ts';
import { makePlan } from '../../replay/plan.ts';
import { narrowRecording, RecordingBuilder } from '../../replay/recording.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Selected } from './selection.ts';

export interface WrittenTest {
  readonly code: string;
  readonly frames: number;
}

export function sessionAsTest(reader: SessionReader, selected: Selected): WrittenTest {
  const builder = new RecordingBuilder();
  for (const connection of reader.connections()) builder.connection(connection);
  for (const { frame, connection, protocol, dissected, state, summary } of reader.read())
    builder.add(frame, connection, { protocol, dissected, state, summary });
  const whole = builder.build();
  const wanted = selected === undefined ? undefined : new Set(selected);
  const recording = wanted === undefined ? whole : narrowRecording(whole, (frame) => wanted.has(frame.n));
  const urls = Object.fromEntries(
    serversOf(makePlan(recording)).map(({ names, conns }) => {
      const { transport } = recording.connections.get(conns[0]!)!.connection;
      const [name] = names as [string];
      // A stream log knows no address.
      return [name, `${transport}://${name.startsWith(':') ? `127.0.0.1${name}` : name}`];
    }),
  );
  const title = `${reader.meta.title || 'a session'} is played as it was recorded`;
  return { code: recordingAsTest(recording, { title, urls }), frames: recording.frames.length };
}
