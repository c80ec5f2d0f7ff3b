/**
 * Keeps `interpose.yaml` and the engine alike: a saved change is applied, a broken one is told and leaves things as they are, and
 * what a client changes in the app is written back into the file.
 */
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { VerbName, Verbs } from '../contract/verbs.ts';
import { messageOf } from '../session/session-database.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { type Config, describeProblems, readConfig } from './config.ts';
import { type ConfigChange, ConfigWriter } from './config-writer.ts';
import type { Engine } from './engine.ts';

/** Editors write a file in several steps; it is read when they are done. */
const QUIET_MS = 120;

/** @throws EngineError `unreadable-file`, or `bad-config` with every problem on a line of its own */
export function loadConfig(path: string): Config {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    throw new EngineError('unreadable-file', `Cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
  const result = readConfig(source, path);
  if (!result.ok) throw new EngineError('bad-config', describeProblems(path, result.problems));
  return result.config;
}

export class ConfigWatcher {
  readonly #engine: Engine;
  readonly #path: string;
  readonly #protocolFiles: readonly string[];
  readonly #watchers: FSWatcher[] = [];
  readonly #writer: ConfigWriter;
  /** Proxies a client started, whether or not they could be written. */
  readonly #made = new Set<string>();
  #config: Config;
  #timer: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();

  /** @param protocolFiles protocol files that are read besides those the file names */
  private constructor(engine: Engine, path: string, config: Config, protocolFiles: readonly string[]) {
    this.#engine = engine;
    this.#path = resolve(path);
    this.#config = config;
    this.#protocolFiles = protocolFiles;
    this.#writer = new ConfigWriter(this.#path);
    this.#writer.inForce(config);
  }

  /** Puts the file in force and watches it until the engine closes. @throws EngineError as `loadConfig` */
  static async start(engine: Engine, path: string, protocolFiles: readonly string[] = []): Promise<Config> {
    const config = withFiles(loadConfig(path), protocolFiles);
    await applyConfig(engine, config, undefined);
    const watcher = new ConfigWatcher(engine, path, config, protocolFiles);
    watcher.#watch();
    engine.listenToVerbs((verb, args, client) => {
      // What the engine and the command line set for themselves is not the user's wish for this file.
      const change = client === 0 ? undefined : watcher.#changeOf(verb, args);
      return change === undefined ? undefined : () => watcher.#write(change);
    });
    engine.onClose(() => watcher.#stop());
    return config;
  }

  /** Applies the file again now. Problems become notices. */
  async reload(): Promise<void> {
    try {
      const next = withFiles(loadConfig(this.#path), this.#protocolFiles);
      const before = this.#config;
      this.#config = next;
      this.#writer.inForce(next);
      await applyConfig(this.#engine, next, before);
      this.#unwatch();
      this.#watch();
    } catch (error) {
      this.#engine.notice('problem', messageOf(error));
    }
  }

  /** What a verb changes in the file once it has worked out. Proxies of the demo, of handoffs and of the command line are not of it. */
  #changeOf(verb: VerbName, args: unknown): (() => ConfigChange) | undefined {
    const { control, proxies } = this.#engine;
    const isOurs = (name: string): boolean =>
      this.#made.has(name) || this.#config.proxies.some((spec) => spec.name === name);
    switch (verb) {
      case 'rules.set':
        return () => ({ section: 'rules', rules: control.rules() });
      case 'breakpoints.set':
        return () => ({ section: 'breakpoints', breakpoints: control.breakpoints() });
      case 'faults.set':
        return () => ({ section: 'faults', plan: control.faults() });
      case 'script.load': {
        const { path } = args as Verbs['script.load']['args'];
        return () => ({ section: 'script', path });
      }
      case 'script.unload':
        return () => ({ section: 'script', path: undefined });
      case 'proxy.start': {
        const { spec } = args as Verbs['proxy.start']['args'];
        if (proxies.names().includes(spec.name) && !isOurs(spec.name)) return undefined;
        return () => {
          this.#made.add(spec.name);
          return { section: 'proxies', name: spec.name, spec };
        };
      }
      case 'proxy.update': {
        const { name, spec } = args as Verbs['proxy.update']['args'];
        if (!isOurs(name)) return undefined;
        return () => {
          this.#made.delete(name);
          this.#made.add(spec.name);
          return { section: 'proxies', name, spec };
        };
      }
      case 'proxy.remove': {
        const { name } = args as Verbs['proxy.remove']['args'];
        if (!isOurs(name)) return undefined;
        return () => {
          this.#made.delete(name);
          return { section: 'proxies', name };
        };
      }
      default:
        return undefined;
    }
  }

  #write(make: () => ConfigChange): Promise<void> {
    this.#applying = this.#applying.then(() => {
      try {
        const change = make();
        const { section } = change;
        const now = this.#writer.write(change);
        // Only what was written is known to be in force: what else has been saved meanwhile is still to be applied.
        if (section === 'proxies') {
          const { name, spec } = change;
          const others = this.#config.proxies.filter((p) => p.name !== name && p.name !== spec?.name);
          const written = now.proxies.filter((p) => p.name === spec?.name);
          this.#config = { ...this.#config, proxies: [...others, ...written] };
        } else {
          const { [section]: _before, ...rest } = this.#config;
          const value = now[section];
          this.#config = { ...rest, ...(value === undefined ? {} : { [section]: value }) } as Config;
        }
      } catch (error) {
        this.#engine.notice(
          'problem',
          `${basename(this.#path)} was left as it is; what you changed holds until the end of this run. ${messageOf(error)}`,
        );
      }
    });
    return this.#applying;
  }

  #watch(): void {
    const files = [this.#path, ...this.#config.protocols];
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)));
      try {
        // The folder, because editors replace the file rather than write into it.
        const watcher = watch(folder, (_event, name) => {
          if (name === null || names.has(name)) this.#soon();
        });
        watcher.on('error', () => watcher.close());
        watcher.unref();
        this.#watchers.push(watcher);
      } catch {
        this.#engine.notice('warning', `${folder} cannot be watched: changes to ${this.#path} need a restart.`);
      }
    }
  }
  #unwatch(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#applying = this.#applying.then(() => this.reload());
    }, QUIET_MS);
    this.#timer.unref();
  }
  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#unwatch();
    await this.#applying;
  }
}

function withFiles(config: Config, files: readonly string[]): Config {
  return { ...config, protocols: [...files.map((file) => resolve(file)), ...config.protocols] };
}

/** Changes what is different from `before`; what the file no longer names is stopped. A proxy that fails is told, the rest goes on. */
export async function applyConfig(engine: Engine, config: Config, before: Config | undefined): Promise<void> {
  await engine.loadProtocols(config.protocols);
  if (config.breakpoints !== undefined && !same(config.breakpoints, before?.breakpoints)) {
    engine.control.setBreakpoints(config.breakpoints);
  }
  if (config.rules !== undefined && !same(config.rules, before?.rules)) engine.control.setRules(config.rules);
  if (config.faults !== undefined && !same(config.faults, before?.faults)) engine.control.setFaults(config.faults);
  for (const old of before?.proxies ?? []) {
    if (!config.proxies.some((spec) => spec.name === old.name))
      await engine.proxies.remove(old.name).catch(() => undefined);
  }
  for (const spec of config.proxies) {
    const old = before?.proxies.find((p) => p.name === spec.name);
    if (old !== undefined && same(old, spec)) continue;
    await startOrUpdate(engine, spec);
  }
}

async function startOrUpdate(engine: Engine, spec: ProxySpec): Promise<void> {
  try {
    const { proxies } = engine;
    if (proxies.names().includes(spec.name)) await proxies.update(spec.name, spec);
    else await proxies.start(spec, { keep: true });
  } catch (error) {
    engine.notice('problem', `The proxy ${spec.name} could not be started: ${messageOf(error)}.`);
  }
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
