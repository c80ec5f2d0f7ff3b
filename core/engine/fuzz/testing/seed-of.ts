/** For tests of fuzzing without a server: the seed that a recording in `fixtures/captures` gives. */
import { loadRecording } from '../../../../app/cli/load-recording.ts';
import { readProtocolChoice } from '../../../../app/cli/protocol-options.ts';
import { recordingPath } from '../../../../fixtures/captures/recording.ts';
import { makeSeed, type Seed } from '../../../fuzz/seed.ts';
import { resolveEndpoints } from '../../../replay/endpoints.ts';
import { makePlan } from '../../../replay/plan.ts';

export interface SeedHow {
  /** Protocol, where the recording does not tell. */
  readonly as?: string;
  /** Frames that are mutated; default: all of the clients. */
  readonly only?: (n: number) => boolean;
}

/** Each recorded server is at its recorded port of this machine. */
export async function seedOf(file: string, scheme: string, { as, only }: SeedHow = {}): Promise<Seed> {
  const choice = readProtocolChoice({ text: (name) => (name === 'as' ? as : undefined), texts: () => [] });
  const { recording } = await loadRecording(recordingPath(file), choice);
  const to = Object.fromEntries(
    [...recording.connections.values()].map(({ connection: { server } }) => [
      `${server.address}:${server.port}`,
      `${scheme}://127.0.0.1:${server.port}`,
    ]),
  );
  const plan = makePlan(recording);
  const chosen = recording.frames.filter(({ direction, n }) => direction === 'toServer' && only?.(n) === true);
  return makeSeed(plan, resolveEndpoints(plan, to), only === undefined ? undefined : new Set(chosen.map(({ n }) => n)));
}
