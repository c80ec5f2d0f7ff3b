/** `demo.start` and `demo.stop`: the fixture worlds, loaded only when someone asks for them. */
import type { Engine, VerbHandlers } from '../../core/engine/engine.ts';
import { EngineError } from '../../core/traffic/engine-error.ts';
import type { RunningDemo } from './demo-world.ts';

export function demoVerbs(engine: Engine, authority: () => Promise<string>): VerbHandlers {
  let running: Promise<RunningDemo> | undefined;
  const started: string[] = [];
  const stop = async (): Promise<void> => {
    const demo = await running?.catch(() => undefined);
    running = undefined;
    await demo?.stop();
    for (const name of started.splice(0)) await engine.proxies.remove(name).catch(() => undefined);
  };
  engine.onClose(stop);
  return {
    'demo.start': async () => {
      running ??= start();
      try {
        await running;
      } catch (error) {
        running = undefined;
        throw error;
      }
      return engine.proxies.list();
    },
    'demo.stop': async () => {
      await stop();
      return {};
    },
  };

  async function start(): Promise<RunningDemo> {
    let world: typeof import('./demo-world.ts');
    try {
      world = await import('./demo-world.ts');
    } catch (error) {
      throw new EngineError('missing-tool', 'The demo is not part of this installation.', { cause: error });
    }
    return world.startDemo({
      startProxy: async (spec) => {
        const status = await engine.proxies.start(spec);
        started.push(spec.name);
        if (status.url === undefined) throw new EngineError('internal', `The proxy ${spec.name} has no address.`);
        return status.url;
      },
      authority,
      failed: (name, error) => engine.notice('warning', `The demo's ${name} stopped: ${error.message}`),
    });
  }
}
