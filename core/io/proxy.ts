/** A running proxy: the one entry for every carrier. */
import { type EndpointUrl, parseEndpointUrl, type Scheme } from '../relay/endpoint-url.ts';
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import type { Injection } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Origin } from '../traffic/frame.ts';
import type { ProxySpec, ProxyState, ProxyStatus } from '../traffic/proxy-spec.ts';
import type { Relay } from '../relay/relay.ts';
import type { Listening } from './listener.ts';
import { ProxyContext, type ProxyDeps } from './proxy-context.ts';
import { Following } from './following.ts';
import { listenEnet } from './enet-carrier.ts';
import { listenHttpConnect } from './http-connect.ts';
import { listenSocks } from './socks.ts';
import { listenStream } from './stream-carrier.ts';
import { listenUdp } from './udp-carrier.ts';

export { Following, type StartFollowed } from './following.ts';
export type { ProxyDeps } from './proxy-context.ts';

export interface RunningProxy {
  status(): ProxyStatus;
  /**
   * A new upstream, protocol, option or role applies to connections from now on; another `listen`, `tls` or `tap` opens
   * the listener anew and closes the connections of the old one.
   * @throws EngineError as `startProxy`; the proxy then goes on as it was.
   */
  update(spec: ProxySpec): Promise<ProxyStatus>;
  close(): Promise<void>;
  /** Ids of live connections. */
  readonly connections: readonly number[];
  /** The relay of a live connection, for its protocol state. */
  relay(id: number): Relay | undefined;
  /** @throws EngineError `unknown-connection` or `not-encodable`. Returns the numbers of the frames written now. */
  inject(injection: Injection, origin?: Origin): readonly number[];
  /** @throws EngineError `unknown-connection`. */
  closeConnection(id: number, reset?: boolean): void;
  /** Both sides of every live ENet connection. */
  enetHealth(): readonly EnetHealth[];
  /** Reads a live connection as another protocol. @throws EngineError `unknown-connection` or `unknown-protocol`. */
  decodeAs(id: number, protocol: string, options?: Readonly<Record<string, string>>): void;
}

type Listen = (context: ProxyContext, url: EndpointUrl) => Promise<Listening>;

const CARRIERS: Readonly<Record<Scheme, { listen: Listen; upstreams: readonly Scheme[] } | undefined>> = {
  tcp: { listen: listenStream, upstreams: ['tcp', 'tls'] },
  tls: { listen: listenStream, upstreams: ['tcp', 'tls'] },
  ws: { listen: listenStream, upstreams: ['ws', 'wss'] },
  wss: { listen: listenStream, upstreams: ['ws', 'wss'] },
  udp: { listen: listenUdp, upstreams: ['udp'] },
  enet: { listen: listenEnet, upstreams: ['enet'] },
  socks5: { listen: listenSocks, upstreams: [] },
  http: { listen: listenHttpConnect, upstreams: [] },
};

/**
 * @throws EngineError `bad-url`, `bad-config`, `unknown-protocol`, `port-taken`, `not-allowed`.
 */
export function startProxy(spec: ProxySpec, deps: ProxyDeps): Promise<RunningProxy> {
  return start(spec, deps, deps.follower ?? createFollowing(deps));
}

/** A following whose proxies nobody else keeps: pass it as `deps.follower` to all proxies that should share it. */
export function createFollowing(deps: ProxyDeps): Following {
  const following: Following = new Following(deps.clock, (spec, from) => start(spec, deps, following, from));
  return following;
}

async function start(
  spec: ProxySpec,
  deps: ProxyDeps,
  following: Following,
  followedFrom?: string,
): Promise<RunningProxy> {
  const context = new ProxyContext(spec, deps, following);
  let listening: Listening;
  try {
    listening = await open(context, spec);
  } catch (error) {
    context.dispose();
    throw error;
  }
  let state: ProxyState = 'running';

  const live = (id: number): NonNullable<ReturnType<typeof context.connections.get>> => {
    const found = context.connections.get(id);
    if (found === undefined) {
      throw new EngineError('unknown-connection', `Connection ${id} is not open on proxy ${context.spec.name}.`);
    }
    return found;
  };

  const proxy: RunningProxy = {
    status: () => ({
      spec: context.spec,
      state,
      ...(state === 'running' ? { url: listening.url } : {}),
      connections: context.connections.size,
      totalConnections: context.total,
      frames: context.frames,
      ...(followedFrom === undefined ? {} : { followedFrom }),
    }),
    async update(next) {
      check(context, next);
      const before = context.spec;
      if (next.name !== before.name) throw new EngineError('bad-config', 'A proxy keeps its name; start another one.');
      const same = (key: keyof ProxySpec): boolean => JSON.stringify(next[key]) === JSON.stringify(before[key]);
      if (!(['listen', 'tls', 'tap', 'carrierCommands', 'allowRemote'] as const).every(same)) {
        context.spec = next;
        context.closeAll();
        await listening.close();
        try {
          listening = await open(context, next);
        } catch (error) {
          context.spec = before;
          listening = await open(context, { ...before, listen: listening.url });
          throw error;
        }
      }
      context.spec = next;
      following.unregister(proxy);
      following.register(proxy);
      deps.onChange?.();
      return proxy.status();
    },
    async close() {
      if (state === 'stopped') return;
      state = 'stopped';
      context.closeAll();
      await listening.close();
      await context.emptied();
      context.dispose();
      following.unregister(proxy);
      // A following of its own ends with the proxy it was made for.
      if (deps.follower === undefined && followedFrom === undefined) await following.close();
      deps.onChange?.();
    },
    get connections() {
      return [...context.connections.keys()];
    },
    relay: (id) => context.connections.get(id)?.relay,
    enetHealth: () => [...context.connections.values()].flatMap((live) => live.enetHealth?.() ?? []),
    inject: (injection, origin) => live(injection.connection).relay.inject(injection, origin),
    closeConnection: (id, reset = false) => live(id).close(reset ? 'reset' : 'close'),
    decodeAs(id, protocol, options) {
      const found = deps.protocols.find((p) => p.id === protocol);
      if (found === undefined) context.checkProtocol(protocol);
      else live(id).relay.decodeAs(found, options);
    },
  };
  following.register(proxy);
  return proxy;
}

async function open(context: ProxyContext, spec: ProxySpec): Promise<Listening> {
  const { url, listen } = check(context, spec);
  const listening = await listen(context, url);
  context.url = listening.url;
  return listening;
}

/** Everything that can be wrong with a spec before a socket is opened. */
function check(context: ProxyContext, spec: ProxySpec): { url: EndpointUrl; listen: Listen } {
  if (spec.name.trim() === '') throw new EngineError('bad-config', 'A proxy needs a name.');
  const url = parseEndpointUrl(spec.listen);
  const carrier = CARRIERS[url.scheme];
  if (carrier === undefined) throw new EngineError('bad-url', `${url.scheme}:// cannot be listened on.`);
  if (carrier.upstreams.length > 0) {
    if (spec.upstream === undefined) throw new EngineError('bad-config', `Proxy ${spec.name} needs an upstream.`);
    parseEndpointUrl(spec.upstream, carrier.upstreams);
  }
  context.checkProtocol(spec.protocol);
  for (const target of spec.targets ?? []) context.checkProtocol(target.protocol);
  return { url, listen: carrier.listen };
}
