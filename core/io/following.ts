/**
 * Following handoffs: when a server sends its client elsewhere, a listener for that target is opened (or found), and the
 * message is rewritten in flight so that the client comes back through us.
 */
import { networkInterfaces } from 'node:os';
import {
  type EndpointUrl,
  isLoopback,
  parseEndpointUrl,
  parseHostPort,
  printEndpointUrl,
  printHostPort,
  type Scheme,
} from '../relay/endpoint-url.ts';
import { type Detour, findHandoffs, handsOff, type HandoffFound, rewriteHandoffs } from '../relay/handoff.ts';
import { Journeys, tiesByToken } from '../relay/journeys.ts';
import type { Relay } from '../relay/relay.ts';
import type { FrameFollower } from '../relay/follow.ts';
import type { Clock } from '../traffic/clock.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import type { ProxyDeps } from './proxy-context.ts';
import type { RunningProxy } from './proxy.ts';

/** Starts the proxy that a handoff asks for; `followedFrom` is the name of the one the handoff passed through. */
export type StartFollowed = (spec: ProxySpec, followedFrom: string) => Promise<RunningProxy>;

interface Known {
  readonly promise: Promise<RunningProxy>;
  proxy: RunningProxy | undefined;
}

/** The following of a whole engine: every proxy that takes part is registered, whoever started it. */
export class Following {
  readonly journeys: Journeys;
  readonly #start: StartFollowed;
  /** Proxies by where they lead. */
  readonly #byTarget = new Map<string, Known>();
  readonly #made = new Set<RunningProxy>();
  #count = 0;

  constructor(clock: Clock, start: StartFollowed) {
    this.journeys = new Journeys(() => clock.now());
    this.#start = start;
  }

  /** Proxies that handoffs have opened. */
  get proxies(): readonly RunningProxy[] {
    return [...this.#made];
  }

  register(proxy: RunningProxy): void {
    const { spec } = proxy.status();
    if (spec.upstream === undefined) return;
    const key = targetKey(parseEndpointUrl(spec.upstream), spec.protocol ?? 'auto');
    if (!this.#byTarget.has(key)) this.#byTarget.set(key, { promise: Promise.resolve(proxy), proxy });
  }

  unregister(proxy: RunningProxy): void {
    this.#made.delete(proxy);
    for (const [key, known] of this.#byTarget) if (known.proxy === proxy) this.#byTarget.delete(key);
  }

  /** Closes what handoffs have opened. */
  async close(): Promise<void> {
    for (const proxy of this.#made) await proxy.close();
  }

  /** @param reached address at which the connection's client reached us */
  follower(spec: ProxySpec, deps: ProxyDeps, relay: () => Relay, reached: string, url: () => string): FrameFollower {
    let isNew = true;
    return {
      wants: (direction, protocol) => handsOff(protocol, direction),
      tracks: (protocol) => tiesByToken(protocol),
      noted: (meaning) => this.journeys.saw(relay(), meaning),
      opened: () => {
        if (isNew) this.journeys.arrived(relay(), url());
        isNew = false;
      },
      frame: (direction, payload, meaning) => {
        const found = findHandoffs(meaning, direction);
        if (found.length === 0) return undefined;
        return (done) => {
          void this.#lead(found, spec, deps, relay(), reached)
            .then((detours) => done(rewriteHandoffs(payload, meaning, direction, detours)))
            .catch((error: unknown) => {
              const why = error instanceof Error ? error.message : String(error);
              deps.sink.remark(relay().connection.id, deps.clock.wall(), {
                severity: 'warning',
                group: 'transport',
                code: 'handoff-failed',
                text: `The handoff to ${found.map((f) => printHostPort(f.host, f.port)).join(', ')} is not followed: ${why}`,
              });
              done(undefined);
            });
        };
      },
    };
  }

  async #lead(
    found: readonly HandoffFound[],
    spec: ProxySpec,
    deps: ProxyDeps,
    relay: Relay,
    reached: string,
  ): Promise<Detour[]> {
    const detours: Detour[] = [];
    for (const one of found) {
      const proxy = await this.#open(one, spec, deps, relay);
      const url = proxy.status().url;
      if (url === undefined) throw new EngineError('internal', `the listener ${proxy.status().spec.name} is stopped`);
      const listening = parseEndpointUrl(url);
      const mapped = mappedTo(spec, one);
      // A map entry may name an address that only the client knows (NAT); else it is where the client reached us.
      const host = mapped?.host ?? (isUnspecified(listening.host) ? reached : listening.host);
      this.journeys.sent(relay, url, one.handoff.role);
      detours.push({ found: one, host, port: mapped?.port || listening.port });
    }
    return detours;
  }

  #open(found: HandoffFound, spec: ProxySpec, deps: ProxyDeps, relay: Relay): Promise<RunningProxy> {
    const { connection } = relay;
    const scheme: Scheme = found.handoff.transport ?? connection.transport;
    const server = parseEndpointUrl(spec.upstream ?? `${scheme}://${printHostPort(connection.server.address, 1)}`);
    const isHere = found.host === '' || isUnspecified(found.host);
    const upstream: EndpointUrl = {
      scheme: secureAs(scheme, server.scheme),
      host: isHere ? server.host : found.host,
      port: found.port,
      path: scheme === 'enet' ? server.path : '',
    };
    const protocol = relay.protocol?.id ?? spec.protocol ?? 'auto';
    const key = targetKey(upstream, protocol);
    const known = this.#byTarget.get(key);
    if (known !== undefined) return known.promise;
    const own = parseEndpointUrl(spec.listen);
    const mapped = mappedTo(spec, found);
    const listen =
      mapped?.listen ??
      printEndpointUrl({ scheme, host: own.host, port: mapped?.port ?? 0, path: scheme === 'enet' ? own.path : '' });
    const role = found.handoff.role;
    const next: ProxySpec = {
      name: `${spec.name} → ${role ?? 'handoff'} ${++this.#count}`,
      listen,
      upstream: printEndpointUrl(upstream),
      protocol,
      ...(spec.options === undefined ? {} : { options: spec.options }),
      ...(role === undefined ? {} : { role }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      ...(spec.tap === undefined ? {} : { tap: spec.tap }),
      ...(spec.carrierCommands === undefined ? {} : { carrierCommands: spec.carrierCommands }),
      ...(spec.followMap === undefined ? {} : { followMap: spec.followMap }),
      ...(spec.allowRemote === undefined ? {} : { allowRemote: spec.allowRemote }),
      ...(spec.blockWhenRecordingFails === undefined ? {} : { blockWhenRecordingFails: spec.blockWhenRecordingFails }),
      ...(spec.maxConnections === undefined ? {} : { maxConnections: spec.maxConnections }),
    };
    const started = this.#start(next, spec.name);
    const entry: Known = { promise: started, proxy: undefined };
    this.#byTarget.set(key, entry);
    started.then(
      (proxy) => {
        entry.proxy = proxy;
        this.#made.add(proxy);
        deps.onChange?.();
      },
      () => this.#byTarget.delete(key),
    );
    return started;
  }
}

/** Where the client can reach us when the listener takes connections on every address. */
export function reachedAt(listenHost: string, localAddress: string | undefined, client: string): string {
  if (!isUnspecified(listenHost)) return listenHost;
  const local = localAddress?.replace(/^::ffff:(?=\d+\.)/, '');
  if (local !== undefined && !isUnspecified(local)) return local;
  if (isLoopback(client)) return client.includes(':') ? '::1' : '127.0.0.1';
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((i) => i !== undefined && !i.internal && i.family === (client.includes(':') ? 'IPv6' : 'IPv4'));
  return outside?.address ?? '127.0.0.1';
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function targetKey(upstream: EndpointUrl, protocol: string): string {
  return `${protocol} ${upstream.scheme} ${printHostPort(upstream.host.toLowerCase(), upstream.port)}`;
}

/** Behind a TLS server stands another one. */
function secureAs(scheme: Scheme, server: Scheme): Scheme {
  if (scheme === 'tcp' && server === 'tls') return 'tls';
  if (scheme === 'ws' && server === 'wss') return 'wss';
  return scheme === 'tls' && server === 'tcp' ? 'tcp' : scheme === 'wss' && server === 'ws' ? 'ws' : scheme;
}

function mappedTo(
  spec: ProxySpec,
  found: HandoffFound,
): { readonly listen?: string; readonly host?: string; readonly port?: number } | undefined {
  const value = spec.followMap?.[printHostPort(found.host, found.port)];
  if (value === undefined) return undefined;
  if (value.includes('://')) return { listen: value };
  const told = parseHostPort(value);
  if (told === undefined)
    throw new EngineError('bad-config', `followMap: ${JSON.stringify(value)} is neither a URL nor host:port.`);
  return told;
}
