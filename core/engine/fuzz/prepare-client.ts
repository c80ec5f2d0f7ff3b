/** The world of a campaign whose target is the client: it is started for each run and answered from the mirrored recording. */
import { crc32 } from 'node:zlib';
import type { CertificateAuthority } from '../../io/certificate-authority.ts';
import { type ClientServer, ClientTarget } from '../../io/target-client.ts';
import { createSystemClock } from '../../io/system-clock.ts';
import { mirrored } from '../../fuzz/mirror.ts';
import { connectionsOfClient } from '../../fuzz/one-client.ts';
import { readdressed } from '../../fuzz/readdress.ts';
import { openedBehind } from '../../fuzz/opened-behind.ts';
import { makeSeed } from '../../fuzz/seed.ts';
import { type EndpointMap, fittingUrl, readEndpointMap, serversOf } from '../../replay/endpoints.ts';
import { makePlan, type Plan } from '../../replay/plan.ts';
import type { Recording } from '../../replay/recording.ts';
import { type EndpointUrl, parseEndpointUrl, printEndpointUrl } from '../../relay/endpoint-url.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Endpoint } from '../../traffic/frame.ts';
import type { CampaignConfig, CampaignFolder } from './folder.ts';
import type { Prepared } from './start-campaign.ts';

/** Where the servers are, or where a client is listened for: as in the part of the campaign that was already played. */
export function endpointsOf({ listening, to }: CampaignConfig): EndpointMap {
  return listening ?? (to.length > 0 ? readEndpointMap(to) : ANY_PORT);
}

const ANY_PORT = '';

interface ClientSetup {
  readonly recording: Recording;
  readonly only?: ReadonlySet<number>;
  /** Where the client is listened for: one URL is for the server it begins with; '': at any port. */
  readonly to: EndpointMap;
  readonly target?: string;
  /** It plays every recorded client. */
  readonly allClients?: boolean;
  readonly authority?: () => Promise<CertificateAuthority>;
  readonly folder?: CampaignFolder;
}

/** @throws EngineError */
export async function prepareClient(setup: ClientSetup): Promise<Prepared> {
  const { target: command, only, folder, authority } = setup;
  if (command === undefined) {
    throw new EngineError(
      'bad-request',
      'A client is started for each case: say how with --target "./client --port {port}".',
    );
  }
  const own = setup.allClients === true ? setup.recording : ownPart(setup.recording, only);
  const plan = makePlan(own);
  const servers = serversFor(plan, setup.to);
  const client = await ClientTarget.open({
    command,
    servers,
    onGroup: (pid) => folder?.noteTarget(pid),
    ...(authority === undefined ? {} : { certificate: async (host) => (await authority()).leaf(host) }),
  });
  try {
    const { urls } = client;
    const placeOf = (to: Endpoint): Endpoint => placeIn(servers, urls, to);
    const recording = mirrored(readdressed(own, placeOf));
    const at = (conn: number): EndpointUrl => urls[servers.findIndex(({ conns }) => conns.includes(conn))]!;
    const endpoints = { of: ({ connection: { id } }: { connection: { id: number } }) => at(id), fallbackHost: '' };
    const seed = makeSeed(makePlan(recording), endpoints, only);
    if (seed.messages.length === 0) {
      throw new EngineError('bad-request', 'No message of the server fits the filter, so there is nothing to mutate.');
    }
    const behind = openedBehind(recording);
    const connections = new Map(
      [...seed.scene.connections].map(([conn, known]) => {
        const source = behind.get(conn);
        return [conn, source === undefined ? known : { ...known, openedBehind: source }] as const;
      }),
    );
    return {
      recording,
      to: Object.fromEntries(servers.map(({ names }, i) => [names[0]!, printEndpointUrl(urls[i]!)])),
      // What clients log in with is theirs to choose.
      seed: { ...seed, scene: { ...seed.scene, connections, side: 'client', identities: [] } },
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
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Of a recording of several clients, the one that the first chosen message was said to. */
function ownPart(recording: Recording, only: ReadonlySet<number> | undefined): Recording {
  const [first] = recording.frames.filter(({ n, direction }) => direction === 'toClient' && only?.has(n) === true);
  const conn = (first ?? recording.frames[0])?.conn;
  if (conn === undefined) return recording;
  const own = connectionsOfClient(recording, conn);
  return {
    ...recording,
    connections: new Map([...recording.connections].filter(([id]) => own.has(id))),
    frames: recording.frames.filter((frame) => own.has(frame.conn)),
  };
}

interface Listened extends ClientServer {
  readonly conns: readonly number[];
}

/** The servers the client goes to, each with where it is listened for. @throws EngineError for a name of no server */
function serversFor(plan: Plan, map: EndpointMap): Listened[] {
  const { connections } = plan.recording;
  const urls = typeof map === 'string' ? { '*': map } : map;
  const servers = serversOf(plan);
  for (const key of Object.keys(urls)) {
    if (key === '*' || servers.some(({ names }) => names.includes(key))) continue;
    const known = servers.map(({ names }) => names[0]).join(', ');
    throw new EngineError('bad-request', `The recorded client goes to no server ${key}; it goes to ${known}.`);
  }
  const [first] = servers;
  const given = ({ names }: { names: readonly string[] }): string | undefined =>
    names.map((name) => urls[name]).find((url) => url !== undefined);
  const scheme = (connections.get(first?.conns[0] ?? 0)?.connection.transport ?? 'tcp') as EndpointUrl['scheme'];
  const anywhere = { scheme, host: '127.0.0.1', port: 0, path: '' };
  const text = (first === undefined ? undefined : given(first)) ?? urls['*'] ?? ANY_PORT;
  const firstUrl = text === ANY_PORT ? anywhere : parseEndpointUrl(text);
  return servers.map((server) => {
    const recorded = connections.get(server.conns[0]!)!;
    const { transport, details } = recorded.connection;
    const { channels } = details;
    // Beside the first one, any port will do.
    const beside = { ...firstUrl, scheme: transport as EndpointUrl['scheme'], port: 0, path: '' };
    const named = given(server);
    const url = named === undefined ? (server === first ? firstUrl : beside) : parseEndpointUrl(named);
    return {
      ...server,
      url: printEndpointUrl(fittingUrl(url, recorded)),
      framing: recorded.framing,
      isTold: server.conns.every((conn) => plan.handedOver.has(conn)),
      ...(typeof channels === 'number' ? { channels } : {}),
    };
  });
}

/** Where nobody listens: for servers that the recording does not show. */
const NOBODY: Endpoint = { address: '127.0.0.1', port: 9 };

function placeIn(servers: readonly Listened[], urls: readonly EndpointUrl[], { address, port }: Endpoint): Endpoint {
  const isPort = ({ names }: Listened): boolean => names.includes(String(port));
  const exact = servers.findIndex((one) => isPort(one) && one.names[0]!.startsWith(`${address}:`));
  const at = exact < 0 ? servers.findIndex(isPort) : exact;
  const url = urls[at];
  return url === undefined ? NOBODY : { address: url.host, port: url.port };
}
