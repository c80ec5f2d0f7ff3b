/** The proxies by name: running, stopped, or failed with the reason; and the way from a connection to its proxy. */
import { type ProxyDeps, type RunningProxy, startProxy } from '../io/proxy.ts';
import { messageOf } from '../session/session-database.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { ProxySpec, ProxyStatus } from '../traffic/proxy-spec.ts';

interface Entry {
  spec: ProxySpec;
  running: RunningProxy | undefined;
  isStarting: boolean;
  error: string | undefined;
  /** What it had counted when it was stopped. */
  before: { readonly totalConnections: number; readonly frames: number };
  readonly followedFrom: string | undefined;
}

const NOTHING = { totalConnections: 0, frames: 0 };

export class Proxies {
  readonly #entries = new Map<string, Entry>();
  readonly #deps: () => ProxyDeps;
  readonly #changed: (spec: ProxySpec | undefined) => void;

  /** @param changed called with a spec that was put in force, or undefined for any other change */
  constructor(deps: () => ProxyDeps, changed: (spec: ProxySpec | undefined) => void) {
    this.#deps = deps;
    this.#changed = changed;
  }

  list(): ProxyStatus[] {
    return [...this.#entries.values()].map(statusOf);
  }
  specs(): ProxySpec[] {
    return [...this.#entries.values()].map((entry) => entry.spec);
  }
  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** @throws EngineError what starting throws; the proxy is then kept as failed when `keep`, else forgotten */
  async start(spec: ProxySpec, how: { keep?: boolean; followedFrom?: string } = {}): Promise<ProxyStatus> {
    const known = this.#entries.get(spec.name);
    if (known !== undefined && (known.running !== undefined || known.isStarting)) {
      throw new EngineError(
        'bad-config',
        `There is a running proxy ${spec.name}. Choose another name, or stop it first.`,
      );
    }
    const entry: Entry = {
      spec,
      running: undefined,
      isStarting: true,
      error: undefined,
      before: known?.before ?? NOTHING,
      followedFrom: how.followedFrom,
    };
    this.#entries.set(spec.name, entry);
    try {
      return await this.#run(entry);
    } catch (error) {
      if (how.keep !== true && known === undefined) this.#entries.delete(spec.name);
      this.#changed(undefined);
      throw error;
    }
  }

  /** A proxy that a handoff asks for. @throws EngineError as `start` */
  async follow(spec: ProxySpec, from: string): Promise<RunningProxy> {
    await this.start(spec, { followedFrom: from });
    return this.get(spec.name)!;
  }

  async stop(name: string): Promise<ProxyStatus> {
    const entry = this.#need(name);
    await this.#halt(entry);
    entry.error = undefined;
    this.#changed(undefined);
    return statusOf(entry);
  }

  async restart(name: string): Promise<ProxyStatus> {
    const entry = this.#need(name);
    const { running } = entry;
    // The port that was picked is kept, so that clients need not be told another.
    const url = running?.status().url;
    await this.#halt(entry);
    const spec = entry.spec;
    if (url !== undefined) entry.spec = { ...spec, listen: url };
    try {
      return await this.#run(entry);
    } finally {
      entry.spec = spec;
    }
  }

  async update(name: string, spec: ProxySpec): Promise<ProxyStatus> {
    const entry = this.#need(name);
    if (spec.name !== name && this.#entries.has(spec.name)) {
      throw new EngineError('bad-config', `There is a proxy ${spec.name} already.`);
    }
    if (entry.running === undefined || spec.name !== name) {
      await this.#halt(entry);
      this.#entries.delete(name);
      return this.start(spec, { keep: true });
    }
    await entry.running.update(spec);
    entry.spec = spec;
    this.#changed(spec);
    return statusOf(entry);
  }

  async remove(name: string): Promise<void> {
    const entry = this.#need(name);
    await this.#halt(entry);
    this.#entries.delete(name);
    this.#changed(undefined);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#halt(entry)));
    this.#entries.clear();
  }

  /** The running proxy a live connection belongs to. @throws EngineError `unknown-connection` */
  of(connection: number): RunningProxy {
    for (const { running } of this.#entries.values()) if (running?.connections.includes(connection)) return running;
    throw new EngineError(
      'unknown-connection',
      `Connection ${connection} is not open: it has ended, or was read from a file.`,
    );
  }
  find(connection: number): RunningProxy | undefined {
    for (const { running } of this.#entries.values()) if (running?.connections.includes(connection)) return running;
    return undefined;
  }
  get(name: string): RunningProxy | undefined {
    return this.#entries.get(name)?.running;
  }

  async #run(entry: Entry): Promise<ProxyStatus> {
    entry.isStarting = true;
    entry.error = undefined;
    this.#changed(entry.spec);
    try {
      entry.running = await startProxy(entry.spec, this.#deps());
      return statusOf(entry);
    } catch (error) {
      entry.error = messageOf(error);
      throw error;
    } finally {
      entry.isStarting = false;
      this.#changed(undefined);
    }
  }

  async #halt(entry: Entry): Promise<void> {
    const { running } = entry;
    if (running === undefined) return;
    entry.running = undefined;
    const { totalConnections, frames } = running.status();
    entry.before = {
      totalConnections: entry.before.totalConnections + totalConnections,
      frames: entry.before.frames + frames,
    };
    await running.close();
  }

  #need(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const known = this.names();
    throw new EngineError(
      'unknown-proxy',
      `There is no proxy ${name}${known.length === 0 ? '.' : `; there is ${known.join(', ')}.`}`,
    );
  }
}

function statusOf(entry: Entry): ProxyStatus {
  const { running, spec, error, before } = entry;
  const now = running?.status();
  return {
    spec,
    state: now?.state ?? (entry.isStarting ? 'starting' : error === undefined ? 'stopped' : 'failed'),
    ...(now?.url === undefined ? {} : { url: now.url }),
    ...(error === undefined ? {} : { error }),
    connections: now?.connections ?? 0,
    totalConnections: before.totalConnections + (now?.totalConnections ?? 0),
    frames: before.frames + (now?.frames ?? 0),
    ...(entry.followedFrom === undefined ? {} : { followedFrom: entry.followedFrom }),
  };
}
