/** The thread a script runs in: loads the file, calls its hooks, answers for each frame. */
import { inspect } from 'node:util';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { type FromScript, HOOKS, type Interpose, type Script, type ToScript } from './script-api.ts';

const { path, version } = workerData as { path: string; version: number };
const port = parentPort!;
const url = pathToFileURL(path).href;

function tell(message: FromScript): void {
  port.postMessage(message);
}

/** The place within the script's own file, if the trace names it. */
function lineOf(error: unknown): number | undefined {
  const { stack = '' } = error as { stack?: string };
  const at = stack.split('\n').find((line) => line.includes(path) || line.includes(url));
  const match = at === undefined ? null : /:(\d+)(?::\d+)?\)?$/.exec(at.trim());
  return match === null ? undefined : Number(match[1]);
}

function failed(error: unknown, fatal: boolean): void {
  const message =
    error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
  tell({ kind: 'error', message, line: lineOf(error), fatal });
}

const interpose: Interpose = {
  inject: (connection, direction, what) => tell({ kind: 'inject', connection, direction, what }),
  log: (...parts) =>
    tell({
      kind: 'log',
      text: parts.map((p) => (typeof p === 'string' ? p : inspect(p, { depth: 4, breakLength: 120 }))).join(' '),
    }),
  after: (ms, run) => {
    const timer = setTimeout(() => guarded(run), ms);
    return () => clearTimeout(timer);
  },
  every: (ms, run) => {
    const timer = setInterval(() => guarded(run), Math.max(1, ms));
    return () => clearInterval(timer);
  },
  state: new Map(),
};

function guarded(run: () => void | Promise<void>): void {
  void (async () => run())().catch((error: unknown) => failed(error, false));
}

process.on('uncaughtException', (error) => failed(error, false));
process.on('unhandledRejection', (error) => failed(error, false));

try {
  // The version makes a saved file a new module.
  const loaded = (await import(`${url}?v=${version}`)) as { default?: unknown };
  const script = loaded.default as Script | undefined;
  if (script === null || typeof script !== 'object')
    throw new Error('the file has no default export with hooks (onFrame, onConnection, onClose)');
  const hooks = HOOKS.filter((hook) => typeof script[hook] === 'function');
  if (hooks.length === 0) throw new Error(`the default export has none of the hooks ${HOOKS.join(', ')}`);
  port.on('message', (message: ToScript) => void handle(script, message));
  tell({ kind: 'ready', hooks, filter: script.filter });
} catch (error) {
  failed(error, true);
}

async function handle(script: Script, message: ToScript): Promise<void> {
  if (message.kind === 'ping') {
    tell({ kind: 'pong' });
    return;
  }
  try {
    if (message.kind === 'frame')
      tell({ kind: 'answer', id: message.id, result: await script.onFrame?.(message.frame, interpose) });
    else if (message.kind === 'connection') await script.onConnection?.(message.connection, interpose);
    else await script.onClose?.(message.connection, interpose);
  } catch (error) {
    failed(error, false);
    if (message.kind === 'frame') tell({ kind: 'answer', id: message.id, result: undefined });
  }
}
