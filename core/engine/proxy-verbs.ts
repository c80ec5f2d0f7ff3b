/** Verbs about proxies and their connections. */
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import { enetFigures } from '../traffic/enet-figures.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection } from '../traffic/frame.ts';
import { diagnose } from './doctor.ts';
import type { Engine, VerbHandlers } from './engine.ts';

/** The last ones: a capture may hold tens of thousands. */
const MOST_ENDED = 100;

export function proxyVerbs(engine: Engine): VerbHandlers {
  const { proxies, session } = engine;
  return {
    'proxies.list': () => proxies.list(),
    'proxy.start': ({ spec }) => proxies.start(spec),
    'proxy.stop': ({ name }) => proxies.stop(name),
    'proxy.restart': ({ name }) => proxies.restart(name),
    'proxy.update': ({ name, spec }) => proxies.update(name, spec),
    'proxy.remove': async ({ name }) => {
      await proxies.remove(name);
      return { name };
    },
    'connection.close': ({ id, reset }) => {
      proxies.of(id).closeConnection(id, reset);
      return { id };
    },
    'connection.decodeAs': async ({ id, protocol, options }) => {
      const known = engine.protocols.protocols;
      if (protocol !== '' && protocol !== 'auto' && !known.some((p) => p.id === protocol)) {
        throw new EngineError(
          'unknown-protocol',
          `There is no protocol ${protocol}. Known: ${known.map((p) => p.id).join(', ')}.`,
        );
      }
      const isNamed = protocol !== '' && protocol !== 'auto';
      if (isNamed) proxies.find(id)?.decodeAs(id, protocol, options ?? {});
      await session.decodeAs(id, isNamed ? protocol : '', options ?? {});
      return { id };
    },
    'stats.enet': () => {
      const live = proxies.names().flatMap((name) => proxies.get(name)?.enetHealth() ?? []);
      const isLive = new Set(live.map(({ conn }) => conn));
      const ended = session.connections.filter(({ id, transport }) => transport === 'enet' && !isLive.has(id));
      return [...live, ...ended.slice(-MOST_ENDED).flatMap(endedHealth)];
    },
    'doctor.run': () => diagnose(engine),
  };
}

/** What a connection keeps of how ENet did. */
function endedHealth(connection: Pick<Connection, 'id' | 'details'>): EnetHealth[] {
  return enetFigures(connection).map(({ side, rttMs, rttVarianceMs, resent, lossShare, channels, blame }) => ({
    conn: connection.id,
    side,
    ended: true,
    rttMs: rttMs ?? 0,
    rttVarianceMs: rttVarianceMs ?? 0,
    throttle: 1,
    inFlight: 0,
    resends: resent,
    lost: lossShare ?? 0,
    channels: channels.map((counts) => ({ ...counts, waiting: 0, reassembling: 0 })),
    blame,
  }));
}
