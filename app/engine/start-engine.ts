/**
 * The engine as the command line, the desktop and tests start it: session, configuration, proxies, and the page on loopback.
 *
 *     const { url, engine, close } = await startEngine({ session: 'run.ipsession', proxies: [{ name: 'game', … }] });
 */
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, join } from 'node:path';
import { type ApiServer, startApiServer } from '../../core/engine/api-server.ts';
import { captureVerbs } from '../../core/engine/capture-verbs.ts';
import { compileProtocol } from '../../core/engine/compile-protocol.ts';
import type { Config } from '../../core/engine/config.ts';
import { ConfigWatcher, loadConfig } from '../../core/engine/config-watcher.ts';
import { Engine } from '../../core/engine/engine.ts';
import { fileVerbs } from '../../core/engine/files/file-verbs.ts';
import { createLog, type Log, type LogLevel } from '../../core/engine/log.ts';
import type { CertificateAuthority } from '../../core/io/certificate-authority.ts';
import { createSystemClock } from '../../core/io/system-clock.ts';
import type { ProxySpec } from '../../core/traffic/proxy-spec.ts';
import { protocols } from '../../dissectors/index.ts';
import { compareVerbs } from '../../core/engine/compare-verbs.ts';
import { fileWork } from '../../core/engine/files/file-thread.ts';
import { fuzzVerbs } from '../../core/engine/fuzz-verbs.ts';
import { replayVerbs } from '../../core/engine/replay-verbs.ts';
import { ScriptHost } from '../../core/engine/script/script-host.ts';
import { besideVerbs } from './beside-verbs.ts';
import { demoVerbs } from './demo-verbs.ts';

/** Where the page is unless somebody else is there: columns, filters and theme are remembered by address. */
const USUAL_PORT = 9374;

export interface StartOptions {
  /** File to record into; it must not exist. Default: a new one in the home folder. */
  readonly session?: string;
  /** Session file to look at instead of recording. */
  readonly open?: string;
  /** `interpose.yaml`, read now and again whenever it is saved. */
  readonly config?: string;
  /** Proxies besides those of the configuration. A proxy that cannot start makes the start fail. */
  readonly proxies?: readonly ProxySpec[];
  /** Protocol files (YAML) besides those of the configuration. */
  readonly protocolFiles?: readonly string[];
  /** Seeds rules and faults. */
  readonly seed?: number;
  /** Serve the page and the API. Default true; false for a headless proxy. */
  readonly serve?: boolean;
  /** Port of the page; default any. */
  readonly port?: number;
  /** Without `port`: the page is at USUAL_PORT when that is free. */
  readonly isUsual?: boolean;
  readonly devOrigin?: string;
  /** Folder of the built page. Default `build/ui` of this installation. */
  readonly ui?: string;
  /** Folder for sessions and certificates. Default: the user's data folder, or INTERPOSE_HOME. */
  readonly home?: string;
  /** Folder of the certificate authority. Default: in the home folder. */
  readonly authorityFolder?: string;
  /** Default: warnings on stderr. */
  readonly log?: LogLevel | Log;
  readonly version?: string;
}

export interface StartedEngine {
  /** Page with the token in its fragment; undefined when nothing is served. */
  readonly url: string | undefined;
  readonly server: ApiServer | undefined;
  readonly engine: Engine;
  readonly config: Config | undefined;
  /** Closes proxies, session and server; the session's file is whole afterwards. */
  close(): Promise<void>;
  /** Closes after a start that failed: a session nothing was recorded into is removed, so that the next try may have its name. */
  abandon(): Promise<void>;
}

/** @throws EngineError when the session, the configuration or a proxy of `proxies` does not work out */
export async function startEngine(options: StartOptions = {}): Promise<StartedEngine> {
  const config = options.config === undefined ? undefined : loadConfig(options.config);
  const home = options.home ?? defaultHome();
  let opening: Promise<CertificateAuthority> | undefined;
  // Certificates bring a large library; most sessions never need one.
  const authority = (): Promise<CertificateAuthority> =>
    (opening ??= import('../../core/io/certificate-authority.ts').then((made) =>
      made.openAuthority(options.authorityFolder ?? join(home, 'authority')),
    ));
  const engine = new Engine({
    protocols,
    compileProtocol,
    workers: { recorder: entry('recorder-worker'), reader: entry('reader-worker') },
    clock: createSystemClock(),
    log: typeof options.log === 'object' ? options.log : createLog(options.log ?? 'warnings'),
    version: options.version ?? '0.1.0',
    home,
    authority,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  engine.register(captureVerbs(engine));
  engine.register(fileVerbs(engine, entry('file-worker')));
  // Under Electron the shell starts engines: its own program would start as another app.
  if (process.versions['electron'] === undefined && options.serve !== false)
    engine.register(besideVerbs(engine, entry('main')));
  engine.register(demoVerbs(engine, async () => (await authority()).certificate));
  engine.register(new ScriptHost(engine).verbs);
  const work = fileWork(engine, entry('file-worker'));
  engine.register(replayVerbs(engine, work));
  engine.register(compareVerbs(engine, work));
  engine.register(fuzzVerbs(engine, work));
  let server: ApiServer | undefined;
  const close = async (): Promise<void> => {
    await server?.close();
    await engine.close();
  };
  const abandon = async (): Promise<void> => {
    const info = await engine.call('session.info', {}).catch(() => undefined);
    await close();
    if (info !== undefined && info.frames === 0 && !info.readOnly) await rm(info.path, { force: true });
  };
  try {
    if (options.open !== undefined) await engine.call('session.open', { path: options.open });
    else await engine.session.create(options.session ?? config?.session);
    const files = options.protocolFiles ?? [];
    if (options.config !== undefined) await ConfigWatcher.start(engine, options.config, files);
    else if (files.length > 0) await engine.loadProtocols(files);
    if (config?.script !== undefined) await engine.call('script.load', { path: config.script });
    for (const spec of options.proxies ?? []) await engine.proxies.start(spec);
    if (options.serve !== false) {
      server = await startApiServer(engine, {
        ui: options.ui ?? builtPage(),
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(options.isUsual === true ? { usualPort: USUAL_PORT } : {}),
        ...(options.devOrigin === undefined ? {} : { devOrigin: options.devOrigin }),
      });
    }
    return { url: server?.url, server, engine, config, close, abandon };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** Threads start from sources in a checkout and from the built files once built: the ending is ours own. */
function entry(name: string): URL {
  return new URL(`./${name}${extname(import.meta.filename)}`, import.meta.url);
}

/** `build/ui`, seen from the sources and from `build/app/engine` alike. */
function builtPage(): string {
  const here = import.meta.dirname;
  const isBuilt = extname(import.meta.filename) === '.js';
  return isBuilt ? join(here, '..', '..', 'ui') : join(here, '..', '..', 'build', 'ui');
}

export function defaultHome(): string {
  const given = process.env.INTERPOSE_HOME;
  if (given !== undefined && given !== '') return given;
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), 'Interpose');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Interpose');
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'interpose');
}
