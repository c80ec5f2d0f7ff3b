/** For tests of replay: visits to the worlds in `fixtures/`, recorded through real proxies. */
import { FrameDecoder } from '../../../app/cli/frame-decoder.ts';
import type { ProtocolChoice } from '../../../app/cli/protocol-options.ts';
import { protocols } from '../../../dissectors/index.ts';
import { type Fixture, type RunningServer, type ServerOptions } from '../../../fixtures/fixture.ts';
import { loadFixture } from '../../../fixtures/index.ts';
import { createControl } from '../../relay/control.ts';
import { parseEndpointUrl } from '../../relay/endpoint-url.ts';
import { makePlan } from '../../replay/plan.ts';
import { type Recording, RecordingBuilder } from '../../replay/recording.ts';
import { Replay, type Replayed, type ReplayOptions } from '../../replay/replay.ts';
import { createDice } from '../../traffic/clock.ts';
import { createFollowing, startProxy } from '../proxy.ts';
import { createSystemClock } from '../system-clock.ts';
import { createSystemTimer } from '../system-timer.ts';
import { createTarget } from '../target.ts';
import { MemorySink } from '../world-for-tests.ts';

/** Everything opened in a test, to be closed at its end. */
export class Closers {
  readonly #list: (() => unknown)[] = [];
  add(close: () => unknown): void {
    this.#list.push(close);
  }
  async closeAll(): Promise<void> {
    for (const close of this.#list.splice(0).reverse()) await close();
  }
}

export async function startServer(closers: Closers, name: string, options: ServerOptions): Promise<RunningServer> {
  const fixture = await loadFixture(name);
  const server = await fixture.startServer(options);
  closers.add(() => server.close());
  return server;
}

export interface Visit {
  readonly recording: Recording;
  /** Endpoint name by `host:port` of the recorded servers. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/** The same servers elsewhere: for `--to`. Those that handoffs lead to are left to the handoffs. */
export function towards(visit: Visit, server: RunningServer): Record<string, string> {
  const plan = makePlan(visit.recording);
  const handed = new Set([...plan.handedOver.values()].map(({ to }) => to.port));
  const met = new Set([...visit.recording.connections.values()].map(({ connection }) => connection.server.port));
  return Object.fromEntries(
    Object.entries(visit.endpoints).flatMap(([recorded, name]) => {
      const port = Number(recorded.split(':').at(-1));
      const url = server.endpoints[name];
      return url === undefined || handed.has(port) || !met.has(port) ? [] : [[recorded, url]];
    }),
  );
}

export interface RecordOptions {
  readonly server?: ServerOptions;
  /** Proxies for these endpoints only. */
  readonly only?: readonly string[];
  /** Before the recording begins: somebody else was there. */
  readonly before?: (endpoints: Readonly<Record<string, string>>) => Promise<void>;
  /** Who visits; default: the world's own clients, once. */
  readonly visit?: (endpoints: Readonly<Record<string, string>>, fixture: Fixture) => Promise<void>;
  readonly clientSeed?: number;
  readonly protocolOptions?: Readonly<Record<string, string>>;
}

/** Starts a world, lets its clients visit it through proxies, and ends it. */
export async function recordVisit(name: string, options: RecordOptions = {}): Promise<Visit> {
  const fixture = await loadFixture(name);
  const server = await fixture.startServer({ seed: 1, pace: 'fast', ...options.server });
  const sink = new MemorySink();
  const clock = createSystemClock();
  const control = createControl({ clock, dice: createDice(1) });
  const proxies: Awaited<ReturnType<typeof startProxy>>[] = [];
  const deps = { protocols, sink, clock, control };
  const follower = createFollowing(deps);
  const through: Record<string, string> = { ...server.endpoints };
  const endpoints: Record<string, string> = {};
  try {
    for (const [endpoint, url] of Object.entries(server.endpoints)) {
      const at = parseEndpointUrl(url);
      if (!(endpoint in fixture.endpoints) || at.scheme === 'tls' || at.scheme === 'http') continue;
      if (options.only !== undefined && !options.only.includes(endpoint)) continue;
      const proxy = await startProxy(
        {
          name: endpoint,
          listen: `${at.scheme}://127.0.0.1:0`,
          upstream: url,
          protocol: fixture.protocol,
          role: endpoint,
          ...(options.protocolOptions === undefined ? {} : { options: options.protocolOptions }),
        },
        { ...deps, follower },
      );
      proxies.push(proxy);
      through[endpoint] = proxy.status().url!;
      endpoints[`${at.host}:${at.port}`] = endpoint;
    }
    await options.before?.(server.endpoints);
    if (options.visit !== undefined) await options.visit(through, fixture);
    else {
      const clients = fixture.startClients({
        endpoints: only(through, fixture),
        seed: options.clientSeed ?? 1,
        pace: 'fast',
        once: true,
        ...(server.ca === undefined ? {} : { ca: server.ca }),
        ...(options.server?.options === undefined ? {} : { options: options.server.options }),
      });
      await clients.done;
      await clients.stop();
    }
    await sink.untilClosed(sink.connections.size);
  } finally {
    for (const proxy of proxies) await proxy.close();
    await follower.close();
    await server.close();
  }
  return { recording: recordingOf(sink, options.protocolOptions), endpoints };
}

function only(endpoints: Readonly<Record<string, string>>, fixture: Fixture): Record<string, string> {
  return Object.fromEntries(
    Object.entries(endpoints).filter(([name, url]) => name in fixture.endpoints && !url.startsWith('tls:')),
  );
}

export function recordingOf(sink: MemorySink, options: Readonly<Record<string, string>> = {}): Recording {
  const builder = new RecordingBuilder();
  const choice: ProtocolChoice = {
    protocols,
    forced: undefined,
    options,
    choose: () => undefined,
    given: () => undefined,
    serverPorts: new Map(),
  };
  const decoder = new FrameDecoder(choice, ({ frame, connection, protocol, state, meaning }) =>
    builder.add(frame, connection, {
      protocol,
      options,
      dissected: meaning.dissected,
      state,
      summary: meaning.summary,
    }),
  );
  for (const connection of [...sink.connections.values()].sort((a, b) => a.id - b.id)) {
    const id = protocols.find((p) => p.id === connection.protocol)?.id ?? '';
    decoder.opened({ ...connection, protocol: id });
    builder.connection(connection);
  }
  for (const frame of sink.frames) decoder.frame(frame);
  return builder.build();
}

export type PlayOptions = Partial<Omit<ReplayOptions, 'recording' | 'to'>>;

export async function play(
  recording: Recording,
  to: ReplayOptions['to'],
  options: PlayOptions = {},
): Promise<Replayed> {
  const target = createTarget({ verify: false });
  try {
    const replay = new Replay(
      { recording, to, pace: { kind: 'lockstep' }, ...options },
      { target, clock: createSystemClock(), timer: createSystemTimer() },
    );
    return await replay.run();
  } finally {
    await target.close();
  }
}

/** What a failed expectation should show: everything that is not the same. */
export function story({ report }: Replayed): string[] {
  return [
    ...report.rows
      .filter((row) => row.outcome !== 'same')
      .map((row) => {
        const side = row.recorded ?? row.replayed;
        const fields = row.fields
          .filter((f) => f.ignored === undefined)
          .map((f) => `${f.path} ${f.recorded} → ${f.replayed}`);
        return [row.outcome, `c${side?.conn ?? ''}`, side?.message, ...fields, row.note].filter(Boolean).join(' ');
      }),
    ...report.notes,
  ];
}
