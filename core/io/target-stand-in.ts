/** A stand-in on real sockets: a listener for each recorded server. */
import { type EndpointMap, serversOf } from '../replay/endpoints.ts';
import type { Timer } from '../replay/pace.ts';
import { makePlan, type Plan } from '../replay/plan.ts';
import type { Recording } from '../replay/recording.ts';
import { StandIn, type StandInEvent, type UnmatchedPolicy } from '../replay/stand-in.ts';
import { type EndpointUrl, parseEndpointUrl, printEndpointUrl } from '../relay/endpoint-url.ts';
import type { Clock } from '../traffic/clock.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Endpoint } from '../traffic/frame.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { type ListeningTarget, listenTarget } from './target-listen.ts';

export interface StandInHow {
  readonly recording: Recording;
  /**
   * One URL, or `host:port`, port or role of each recorded server → URL. Servers met by a handoff get a free port by themselves;
   * with one URL of port 0, all do.
   */
  readonly listen: EndpointMap;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly unmatched?: UnmatchedPolicy;
  readonly authority?: () => Promise<CertificateAuthority>;
  readonly onEvent?: (event: StandInEvent) => void;
}

export interface RunningStandIn {
  /** Recorded server (`host:port`) and the URL that stands in for it. */
  readonly urls: readonly { readonly server: string; readonly url: string }[];
  close(): Promise<void>;
}

/** @throws EngineError as listening does, and `bad-request` when a recorded server has no URL */
export async function startStandIn(how: StandInHow): Promise<RunningStandIn> {
  const { recording, listen } = how;
  const plan = makePlan(recording);
  const map: Readonly<Record<string, string>> = typeof listen === 'string' ? { '*': listen } : listen;
  const open: { server: string; conns: readonly number[]; listening: ListeningTarget }[] = [];
  const standIn = new StandIn({
    recording,
    clock: how.clock,
    timer: how.timer,
    ...(how.unmatched === undefined ? {} : { unmatched: how.unmatched }),
    ...(how.onEvent === undefined ? {} : { onEvent: how.onEvent }),
    addressOf: (server: Endpoint) => {
      const found = open.find(({ conns }) =>
        conns.some((conn) => recording.connections.get(conn)?.connection.server.port === server.port),
      );
      if (found === undefined) return undefined;
      const { host, port } = parseEndpointUrl(found.listening.url);
      return { address: host, port };
    },
  });
  const servers = serversOf(plan);
  try {
    for (const [i, { names, conns }] of servers.entries()) {
      const isHanded = isHandedOver(plan, conns);
      const named = names.map((name) => map[name]).find((url) => url !== undefined);
      const given = named ?? (i === 0 ? map['*'] : undefined);
      const hasFreePort = isHanded || (map['*'] !== undefined && parseEndpointUrl(map['*']).port === 0);
      const url = given ?? (hasFreePort ? anotherPort(open[0]?.listening.url, recording, conns[0]!) : undefined);
      if (url === undefined) {
        const needing = servers.filter((server) => !isHandedOver(plan, server.conns));
        const list = needing.map((server) => `--listen ${server.names[0]}=URL`).join(' ');
        throw new EngineError(
          'bad-request',
          `The recording has ${needing.length} servers; say where each is stood in for: ${list}`,
        );
      }
      const recorded = recording.connections.get(conns[0]!)!;
      const { channels } = recorded.connection.details;
      const listening = await listenTarget(
        {
          url,
          framing: recorded.framing,
          certificate: async () => {
            if (how.authority === undefined)
              throw new EngineError('bad-config', `${url} needs a certificate authority.`);
            return (await how.authority()).leaf(parseEndpointUrl(url).host);
          },
          ...(typeof channels === 'number' ? { channels } : {}),
        },
        (accept) => standIn.accept(conns, accept),
      );
      open.push({ server: names[0]!, conns, listening });
    }
  } catch (error) {
    await Promise.all(open.map(({ listening }) => listening.close()));
    throw error;
  }
  return {
    urls: open.map(({ server, listening }) => ({ server, url: listening.url })),
    async close() {
      await Promise.all(open.map(({ listening }) => listening.close()));
    },
  };
}

/** Whoever connects there was told so by a message. */
function isHandedOver(plan: Plan, conns: readonly number[]): boolean {
  return conns.every((conn) => plan.handedOver.has(conn));
}

/** A handoff may lead anywhere: a free port beside the first listener will do. */
function anotherPort(first: string | undefined, recording: Recording, conn: number): string | undefined {
  if (first === undefined) return undefined;
  const scheme = recording.connections.get(conn)!.connection.transport as EndpointUrl['scheme'];
  return printEndpointUrl({ ...parseEndpointUrl(first), scheme, port: 0, path: '' });
}
