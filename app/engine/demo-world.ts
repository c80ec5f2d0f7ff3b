/**
 * The demo: every world of the fixtures, its server, its clients, and a proxy of ours between them for each of its endpoints.
 * What it needs of the engine (a proxy, its authority's certificate) comes in as parameters, so that it is plain to test.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ProxySpec } from '../../core/traffic/proxy-spec.ts';
import type { Fixture, Pace, RunningClients, RunningServer, ServerOptions } from '../../fixtures/fixture.ts';
import { fixtureNames, loadFixture } from '../../fixtures/index.ts';

/** Names of the worlds there are. */
export const demoWorlds: readonly string[] = fixtureNames;

export interface DemoParts {
  /** Starts a proxy and gives the URL clients connect to. */
  startProxy(spec: ProxySpec): Promise<string>;
  /** PEM of the authority whose certificates our TLS listeners present. */
  authority(): Promise<string>;
  /** A world that fails is told about; the others go on. */
  failed(world: string, error: Error): void;
}

export interface DemoOptions {
  readonly only?: readonly string[];
  readonly pace?: Pace;
  readonly seed?: number;
  /** Clients play their script once and stop. Default: for ever. */
  readonly once?: boolean;
}

export interface RunningDemo {
  readonly worlds: readonly string[];
  /** With `once`: when every client is done. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** Links between a world's own servers, seen through a proxy too. */
const LINKS: Readonly<Record<string, string>> = { mana: 'server' };
/** Endpoints a world's clients reach by handoff only: no proxy of their own. */
const HANDED_OVER: Readonly<Record<string, readonly string[]>> = { mana: ['chat', 'game', 'game2', 'server'] };
/** What the demo plays of each world: everything that it can show. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fco: { legacy: 'yes' },
  mjsonp: { scenarios: 'all' },
};

export async function startDemo(parts: DemoParts, options: DemoOptions = {}): Promise<RunningDemo> {
  const { pace = 'human', seed = 1, once = false } = options;
  const names = fixtureNames.filter((name) => options.only === undefined || options.only.includes(name));
  const servers: RunningServer[] = [];
  const clients: RunningClients[] = [];
  const worlds: string[] = [];
  for (const name of names) {
    try {
      const fixture = await loadFixture(name);
      const variant = VARIANTS[name] ?? {};
      const link = await proxyLink(parts, fixture);
      const server = await fixture.startServer({ seed, world: seed, pace, options: variant, ...link });
      servers.push(server);
      const reached = await proxyEndpoints(parts, fixture.name, fixture.protocol, server);
      const isTls = Object.values(reached).some((url) => /^(tls|wss):/.test(url));
      const playing = fixture.startClients({
        endpoints: reached,
        seed,
        pace,
        once,
        options: variant,
        ...(isTls ? { ca: await parts.authority() } : {}),
      });
      playing.done.catch((error: unknown) =>
        parts.failed(name, error instanceof Error ? error : new Error(String(error))),
      );
      clients.push(playing);
      worlds.push(name);
    } catch (error) {
      parts.failed(name, error instanceof Error ? error : new Error(String(error)));
    }
  }
  return {
    worlds,
    done: Promise.allSettled(clients.map((c) => c.done)).then(() => undefined),
    async stop() {
      await Promise.allSettled(clients.map((c) => c.stop()));
      await Promise.allSettled(servers.map((s) => s.close()));
    },
  };
}

/**
 * A world whose servers connect to each other is started with the address of a proxy in between, which is up before the server
 * behind it.
 */
async function proxyLink(parts: DemoParts, fixture: Fixture): Promise<Pick<ServerOptions, 'ports' | 'links'>> {
  const endpoint = LINKS[fixture.name];
  if (endpoint === undefined) return {};
  const port = await freeUdpPort();
  const spec: ProxySpec = {
    name: `${fixture.name}-${endpoint}`,
    listen: 'enet://127.0.0.1:0',
    upstream: `enet://127.0.0.1:${port}`,
    protocol: fixture.protocol,
    role: endpoint,
  };
  return { ports: { [endpoint]: port }, links: { [endpoint]: await parts.startProxy(spec) } };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

async function proxyEndpoints(
  parts: DemoParts,
  world: string,
  protocol: string,
  server: RunningServer,
): Promise<Record<string, string>> {
  const reached: Record<string, string> = {};
  const endpoints = Object.entries(server.endpoints).filter(
    ([endpoint, url]) => !HANDED_OVER[world]?.includes(endpoint) && !url.startsWith('http:'),
  );
  for (const [endpoint, url] of endpoints) {
    const at = new URL(url.replace(/^[a-z]+:/, 'http:'));
    const scheme = url.slice(0, url.indexOf(':'));
    const name = endpoints.length === 1 ? world : `${world}-${endpoint}`;
    const spec: ProxySpec = {
      name,
      listen: `${scheme}://127.0.0.1:0${at.pathname === '/' && !/^wss?$/.test(scheme) ? '' : at.pathname}`,
      upstream: url,
      protocol,
      role: endpoint,
      // The demo's own servers sign for themselves.
      ...(/^(tls|wss)$/.test(scheme) ? { tls: { verify: false } } : {}),
    };
    reached[endpoint] = await parts.startProxy(spec);
  }
  return reached;
}
