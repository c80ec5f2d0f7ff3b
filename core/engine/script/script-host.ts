/**
 * The engine's side of a script: starts its thread, asks it about frames, does what it answers, reads the file again when it is
 * saved, and ends it when it no longer answers. Whatever the script does, frames go on within a second.
 */
import { watch, type FSWatcher, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ScriptStatus } from '../../contract/verbs.ts';
import type { Interceptor } from '../../relay/control.ts';
import type { FrameSubject } from '../../relay/subject.ts';
import type { ScriptDecision } from '../../relay/treatment.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type CompiledFilter, compileFilter } from '../../traffic/filter/filter.ts';
import type { Connection, Direction, Endpoint } from '../../traffic/frame.ts';
import type { Engine, VerbHandlers } from '../engine.ts';
import type { FromScript, Hook, ScriptConnection, ScriptResult, ToScript } from './script-api.ts';

/** A script that has not answered a frame for so long is asked whether it is alive, and ended after as long again. */
const PATIENCE_MS = 1500;
const SAVED_MS = 80;
const LOG_LINES = 200;
const THREAD = new URL(`./script-thread${extname(import.meta.filename)}`, import.meta.url);
const FORWARD: ScriptDecision = { action: 'forward' };

interface Asked {
  readonly subject: FrameSubject;
  readonly since: number;
  readonly answer: (decision: ScriptDecision) => void;
}

export class ScriptHost {
  readonly #engine: Engine;
  #path: string | undefined;
  #worker: Worker | undefined;
  #watcher: FSWatcher | undefined;
  #saved: NodeJS.Timeout | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #pinged = false;
  #version = 0;
  #hooks: readonly Hook[] = [];
  #filter: CompiledFilter | undefined;
  #calls = 0;
  #lastId = 0;
  #error: ScriptStatus['error'];
  #log: string[] = [];
  readonly #asked = new Map<number, Asked>();

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.session.sink.watchConnections({
      opened: (connection) => this.#tell('onConnection', { kind: 'connection', connection: shown(connection) }),
      closed: (connection) => this.#tell('onClose', { kind: 'close', connection: shown(connection) }),
    });
    engine.onClose(() => this.unload());
  }

  get verbs(): VerbHandlers {
    return {
      'script.load': async ({ path }) => this.load(path),
      'script.unload': async () => {
        await this.unload();
        return this.status();
      },
      'script.status': () => this.status(),
    };
  }

  status(): ScriptStatus {
    return {
      ...(this.#path === undefined ? {} : { path: this.#path }),
      running: this.#worker !== undefined && this.#hooks.length > 0,
      hooks: this.#hooks,
      calls: this.#calls,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      log: [...this.#log],
    };
  }

  /** Resolves when the script runs, or with the reason in `error` when it cannot. @throws EngineError `not-found` */
  async load(given: string): Promise<ScriptStatus> {
    const path = resolve(given);
    try {
      if (!statSync(path).isFile()) throw new Error('not a file');
    } catch {
      throw new EngineError('not-found', `There is no script ${path}.`);
    }
    await this.unload();
    this.#path = path;
    this.#log = [];
    this.#calls = 0;
    await this.#start();
    this.#watcher = watch(path, () => {
      clearTimeout(this.#saved);
      this.#saved = setTimeout(() => void this.#restart(), SAVED_MS);
    });
    this.#watcher.on('error', () => this.#watcher?.close());
    return this.status();
  }

  async unload(): Promise<void> {
    this.#watcher?.close();
    clearTimeout(this.#saved);
    await this.#end();
    this.#path = undefined;
    this.#error = undefined;
    this.#changed();
  }

  async #restart(): Promise<void> {
    if (this.#path === undefined) return;
    await this.#end();
    await this.#start();
    this.#write(this.#error === undefined ? 'read again' : 'read again, with an error');
  }

  #start(): Promise<void> {
    this.#error = undefined;
    const worker = new Worker(THREAD, {
      workerData: { path: this.#path, version: ++this.#version },
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    this.#worker = worker;
    return new Promise((settled) => {
      const giveUp = setTimeout(() => {
        this.#fail('the script did not finish loading within 5 s', undefined);
        void this.#end().then(settled);
      }, 5000);
      const done = (): void => {
        clearTimeout(giveUp);
        settled();
      };
      worker.on('message', (message: FromScript) => {
        if (worker !== this.#worker) return;
        this.#hear(message);
        if (message.kind === 'ready' || (message.kind === 'error' && message.fatal)) done();
      });
      worker.on('error', (error: Error) => {
        if (worker === this.#worker) this.#fail(error.message, undefined);
        done();
      });
      worker.on('exit', () => {
        if (worker === this.#worker) void this.#end();
        done();
      });
    });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#hooks = [];
    clearInterval(this.#watchdog);
    this.#engine.control.setInterceptor(undefined);
    for (const { answer } of this.#asked.values()) answer(FORWARD);
    this.#asked.clear();
    await worker?.terminate();
  }

  #hear(message: FromScript): void {
    switch (message.kind) {
      case 'ready':
        this.#ready(message.hooks, message.filter);
        return;
      case 'answer': {
        const asked = this.#asked.get(message.id);
        this.#asked.delete(message.id);
        asked?.answer(this.#decide(asked.subject, message.result));
        return;
      }
      case 'inject':
        this.#inject(message);
        return;
      case 'log':
        this.#write(message.text);
        return;
      case 'error':
        this.#fail(message.message, message.line);
        if (message.fatal) void this.#end();
        return;
      case 'pong':
        this.#pinged = false;
    }
  }

  #ready(hooks: readonly Hook[], filter: string | undefined): void {
    const compiled = compileFilter(filter ?? '', this.#engine.protocols.vocabulary);
    if (!compiled.ok) {
      this.#fail(`its filter cannot be read: ${compiled.message} (at character ${compiled.at + 1})`, undefined);
      void this.#end();
      return;
    }
    this.#filter = compiled;
    this.#hooks = hooks;
    if (hooks.includes('onFrame')) {
      this.#engine.control.setInterceptor(this.#interceptor());
      this.#watchdog = setInterval(() => this.#watch(), 250);
      this.#watchdog.unref();
    }
    for (const connection of this.#engine.session.sink.alive.values())
      this.#tell('onConnection', { kind: 'connection', connection: shown(connection) });
    this.#changed();
  }

  #interceptor(): Interceptor {
    return {
      wants: (_connection: Connection, _direction: Direction) => true,
      frame: (subject, answer) => {
        const filter = this.#filter;
        const worker = this.#worker;
        if (worker === undefined || (filter !== undefined && !filter.isEmpty && !filter.test(subject))) {
          answer(FORWARD);
          return;
        }
        const id = ++this.#lastId;
        const [message] = subject.meaning?.dissected.messages ?? [];
        this.#asked.set(id, { subject, since: performance.now(), answer });
        this.#calls++;
        this.#post({
          kind: 'frame',
          id,
          frame: {
            n: subject.n,
            connection: shown(this.#engine.session.sink.alive.get(subject.conn)),
            direction: subject.direction,
            message: message?.name ?? null,
            fields: message?.fields,
            bytes: subject.bytes,
            summary: subject.summary,
          },
        });
      },
    };
  }

  /** An answer that cannot be carried out is an error of the script; the frame goes on. */
  #decide(subject: FrameSubject, result: ScriptResult): ScriptDecision {
    if (result === undefined || result === null) return FORWARD;
    if (result === 'drop') return { action: 'drop' };
    try {
      if ('bytes' in result && result.bytes instanceof Uint8Array) return { action: 'edit', bytes: result.bytes };
      if ('fields' in result) {
        const { meaning } = subject;
        const name = meaning?.dissected.messages[0]?.name;
        if (meaning === undefined || name === undefined || name === null)
          throw new Error('a frame that was not understood can only be sent as bytes');
        const { bytes } = meaning.protocol.encode(
          { message: name, fields: result.fields },
          subject.direction,
          meaning.state,
          { original: subject.bytes },
        );
        return { action: 'edit', bytes };
      }
      throw new Error('onFrame may return nothing, "drop", { fields } or { bytes }');
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), undefined);
      return FORWARD;
    }
  }

  #inject({ connection, direction, what }: FromScript & { kind: 'inject' }): void {
    try {
      const proxy = this.#engine.proxies.of(connection);
      const relay = proxy.relay(connection);
      if ('bytes' in what) {
        proxy.inject({ connection, direction, bytes: what.bytes }, 'injected');
        return;
      }
      if (relay?.protocol === undefined)
        throw new Error(`connection ${connection} has no known protocol yet: inject bytes`);
      const { bytes } = relay.protocol.encode(what, direction, relay.reading.state());
      proxy.inject({ connection, direction, bytes }, 'injected');
    } catch (error) {
      this.#fail(`inject: ${error instanceof Error ? error.message : String(error)}`, undefined);
    }
  }

  #watch(): void {
    const [oldest] = this.#asked.values();
    const late = oldest === undefined ? 0 : performance.now() - oldest.since;
    if (late > 2 * PATIENCE_MS && this.#pinged) {
      this.#fail('onFrame does not return (an endless loop?); the script was stopped and traffic goes on', undefined);
      void this.#end();
    } else if (late > PATIENCE_MS && !this.#pinged) {
      this.#pinged = true;
      this.#post({ kind: 'ping' });
    } else if (oldest === undefined) this.#pinged = false;
  }

  #tell(hook: Hook, message: ToScript): void {
    if (this.#hooks.includes(hook)) this.#post(message);
  }

  #post(message: ToScript): void {
    this.#worker?.postMessage(message);
  }

  #fail(message: string, line: number | undefined): void {
    this.#error = { message, ...(line === undefined ? {} : { line }) };
    this.#write(`error${line === undefined ? '' : ` in line ${line}`}: ${message}`);
    this.#engine.notice('warning', `Script${line === undefined ? '' : `, line ${line}`}: ${message}`);
    this.#changed();
  }

  #write(text: string): void {
    this.#log.push(text);
    if (this.#log.length > LOG_LINES) this.#log.shift();
    this.#changed();
  }

  #changed(): void {
    this.#engine.events.soon('script', () => this.status());
  }
}

function shown(connection: Connection | undefined): ScriptConnection {
  const at = (e: Endpoint | undefined): string => (e === undefined ? '' : `${e.address}:${e.port}`);
  return {
    id: connection?.id ?? 0,
    proxy: connection?.proxy ?? '',
    protocol: connection?.protocol ?? '',
    transport: connection?.transport ?? '',
    role: connection?.role ?? '',
    client: at(connection?.client),
    server: at(connection?.server),
  };
}
