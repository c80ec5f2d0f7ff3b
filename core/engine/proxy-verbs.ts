/** Verbs about proxies and their connections. */
import { EngineError } from '../traffic/engine-error.ts';
import { diagnose } from './doctor.ts';
import type { Engine, VerbHandlers } from './engine.ts';

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
    'stats.enet': () => proxies.names().flatMap((name) => proxies.get(name)?.enetHealth() ?? []),
    'doctor.run': () => diagnose(engine),
  };
}
