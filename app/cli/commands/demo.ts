import { startEngine } from '../../engine/start-engine.ts';
import { demoWorlds, startDemo } from '../../engine/demo-world.ts';
import { EngineError } from '../../../core/traffic/engine-error.ts';
import { type Invocation, UsageError } from '../command.ts';
import { startDesktop } from '../desktop.ts';
import { printError } from '../output.ts';
import { VERSION } from '../version.ts';
import { serve } from './start.ts';

/** The bundled servers and clients of every protocol, each through a proxy, with the timeline. */
export async function demo(invocation: Invocation): Promise<number> {
  const session = invocation.text('session');
  const port = invocation.number('port');
  const seed = invocation.number('seed');
  const pace = invocation.text('pace') ?? 'human';
  if (pace !== 'human' && pace !== 'fast') throw new UsageError(`--pace is human or fast, not "${pace}"`);
  const only = invocation.texts('only');
  for (const name of only)
    if (!demoWorlds.some((known) => known === name))
      throw new UsageError(`there is no world "${name}"; there are ${demoWorlds.join(', ')}`);
  const isOpen = !invocation.flag('no-open');
  const seconds = invocation.number('duration');
  if (isOpen && invocation.given.length === 0) {
    const desktop = startDesktop({ demo: true });
    if (desktop !== undefined) return desktop;
  }
  const started = await startEngine({
    ...(session === undefined ? {} : { session }),
    ...(port === undefined ? {} : { port }),
    isUsual: true,
    version: VERSION,
  });
  const { engine } = started;
  const running = await startDemo(
    {
      async startProxy(spec) {
        const { url } = await engine.proxies.start(spec);
        if (url === undefined) throw new EngineError('internal', `the proxy ${spec.name} has no address`);
        return url;
      },
      authority: async () => (await engine.options.authority!()).certificate,
      failed: (world, error) => printError(new Error(`the demo's ${world} stopped: ${error.message}`)),
    },
    { pace, ...(seed === undefined ? {} : { seed }), ...(only.length === 0 ? {} : { only }) },
  );
  engine.onClose(() => running.stop());
  return serve(started, isOpen, seconds);
}
