/**
 * The engine as a process of its own, under plain Node and under Electron's utility process alike. Settings come in the variable
 * INTERPOSE_SETTINGS as JSON (never in the arguments, which every user of the machine can read); where it can be reached goes
 * to the parent: by Electron's port, by IPC, or as one line of JSON on stdout.
 */
import process from 'node:process';
import { EngineError } from '../../core/traffic/engine-error.ts';
import { keepHeapsSmall } from './small-heaps.ts';
import type { StartOptions } from './start-engine.ts';
import { endUnwatched, tellStatus } from './tell-status.ts';

interface Settings extends StartOptions {
  /** The desktop's name for `home`. */
  readonly dataDirectory?: string;
  readonly demo?: boolean;
  /** Ends by itself once nobody has looked at it for a while and nothing runs in it. */
  readonly endsAlone?: boolean;
}

/** Electron's end of the line to its main process; typed here because nothing but app/desktop may import electron. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
  postMessage(message: unknown): void;
}

const parent = (process as unknown as { parentPort?: ParentPort }).parentPort;

function readSettings(): Settings {
  const text = process.env.INTERPOSE_SETTINGS;
  // What this process starts (scripts, targets) must not inherit it.
  delete process.env.INTERPOSE_SETTINGS;
  if (text === undefined || text === '') return {};
  const settings: unknown = JSON.parse(text);
  if (settings === null || typeof settings !== 'object') throw new Error('INTERPOSE_SETTINGS must hold a JSON object.');
  return settings as Settings;
}

function tell(message: Readonly<Record<string, unknown>>): void {
  if (parent !== undefined) parent.postMessage(message);
  // A parent that is gone while it is told something is no error: `disconnect` ends the engine in order.
  else if (process.send !== undefined) process.send(message, undefined, undefined, () => undefined);
  else process.stdout.write(`${JSON.stringify(message)}\n`);
}

try {
  const { dataDirectory, demo, endsAlone, ...options } = readSettings();
  keepHeapsSmall();
  const { startEngine } = await import('./start-engine.ts');
  const started = await startEngine({
    ...(dataDirectory === undefined ? {} : { home: dataDirectory }),
    isUsual: true,
    ...options,
  });
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    await started.close();
    process.exit(0);
  };
  const hear = (message: unknown): void => {
    if ((message as { stop?: unknown } | null)?.stop === true) void stop();
  };
  parent?.on('message', ({ data }) => hear(data));
  process.on('message', hear);
  // The parent is gone: nobody is left to stop us later.
  process.on('disconnect', () => void stop());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  const { server, url, engine } = started;
  tell({ port: server?.port, token: server?.token, url });
  // On stdout nobody reads more than the first line.
  if (parent !== undefined || process.send !== undefined) tellStatus(engine, (status) => tell({ status }));
  if (endsAlone === true) endUnwatched(engine, () => void stop());
  if (demo === true) await engine.call('demo.start', {});
} catch (error) {
  process.stderr.write(`${error instanceof EngineError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exit(1);
}
