/** The world of a campaign whose target is the client: it is started for each run and answered from the mirrored recording. */
import { crc32 } from 'node:zlib';
import { mirrored } from '../../fuzz/mirror.ts';
import { makeSeed } from '../../fuzz/seed.ts';
import { ClientTarget } from '../../io/target-client.ts';
import { createSystemClock } from '../../io/system-clock.ts';
import { type EndpointMap, resolveEndpoints } from '../../replay/endpoints.ts';
import { makePlan } from '../../replay/plan.ts';
import type { Recording } from '../../replay/recording.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { CampaignFolder } from './folder.ts';
import type { Prepared } from './start-campaign.ts';

/** A free port of this machine, on the carrier of the first recorded connection. */
export function anyPortFor({ connections, frames }: Recording): string {
  const transport = connections.get(frames[0]?.conn ?? 0)?.connection.transport ?? 'tcp';
  return `${transport}://127.0.0.1:0`;
}

interface ClientSetup {
  readonly recording: Recording;
  readonly only?: ReadonlySet<number>;
  /** Where the client is listened for. */
  readonly to: EndpointMap;
  readonly target?: string;
  readonly folder?: CampaignFolder;
}

/** @throws EngineError */
export function prepareClient(setup: ClientSetup): Prepared {
  const { target: command, only, folder } = setup;
  if (command === undefined) {
    throw new EngineError(
      'bad-request',
      'A client is started for each case: say how with --target "./client --port {port}".',
    );
  }
  const recording = mirrored(setup.recording);
  const plan = makePlan(recording);
  const seed = makeSeed(plan, resolveEndpoints(plan, setup.to), only);
  if (seed.messages.length === 0) {
    throw new EngineError('bad-request', 'No message of the server fits the filter, so there is nothing to mutate.');
  }
  const [first] = seed.scene.connections.values();
  const { recorded, url } = first!;
  if (url === undefined) throw new EngineError('bad-request', 'It is not known where the client connects to.');
  const { channels } = recorded.connection.details;
  const client = new ClientTarget({
    command,
    listen: `${url.scheme}://${url.host}:${url.port}${url.path}`,
    framing: recorded.framing,
    ...(typeof channels === 'number' ? { channels } : {}),
    onGroup: (pid) => folder?.noteTarget(pid),
  });
  return {
    recording,
    to: setup.to,
    // What clients log in with is theirs to choose.
    seed: { ...seed, scene: { ...seed.scene, side: 'client', identities: [] } },
    stage: {
      target: client,
      clock: createSystemClock(),
      after: (ms, ring) => {
        const timer = setTimeout(ring, ms);
        return () => clearTimeout(timer);
      },
      checksum: (bytes, before) => crc32(bytes, before),
      began: () => client.began(),
      ended: () => client.ended(),
    },
    process: client,
    close: () => client.close(),
  };
}
