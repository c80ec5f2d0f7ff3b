/** `session.beside`: another session in an engine of its own, for a second window in the browser. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Engine, VerbHandlers } from '../../core/engine/engine.ts';
import { EngineError } from '../../core/traffic/engine-error.ts';

const START_MS = 60_000;

/** @param entry the engine as a process of its own */
export function besideVerbs(engine: Engine, entry: URL): VerbHandlers {
  const children = new Set<ChildProcess>();
  engine.onClose(() => Promise.all([...children].map(ended)).then(() => undefined));
  return {
    async 'session.beside'({ path }) {
      const settings = {
        dataDirectory: engine.options.home,
        version: engine.options.version,
        protocolFiles: engine.protocols.files,
        endsAlone: true,
        ...(path === undefined ? {} : { open: path }),
      };
      const child = fork(entry, [], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        env: { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return { url: await urlOf(child) };
    },
  };
}

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    const fail = (message: string): void => {
      clearTimeout(late);
      child.kill();
      reject(new EngineError('unreadable-file', message));
    };
    const late = setTimeout(() => fail('The other engine did not start in time.'), START_MS);
    child.stderr?.on('data', (data: Buffer) => void (complaint = `${complaint}${data.toString()}`.slice(-4000)));
    child.once('error', (error) => fail(error.message));
    child.once('close', () => fail(complaint.trim().split('\n')[0] || 'The other engine did not start.'));
    child.on('message', (message) => {
      const { url } = message as { readonly url?: unknown };
      if (typeof url !== 'string') return;
      clearTimeout(late);
      child.removeAllListeners('close');
      resolve(url);
    });
  });
}

/** It notices that we are gone by itself; here it is waited for, so that its file is whole. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    if (child.connected) child.send({ stop: true });
    setTimeout(() => child.kill('SIGKILL'), 4000).unref();
  });
}
