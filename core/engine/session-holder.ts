/** The open session and the change from one to the next, while traffic goes on. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ConnectionStatus, SessionInfo } from '../contract/verbs.ts';
import { copySession, messageOf } from '../session/session-database.ts';
import type { Recorder } from '../session/recorder.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import type { Engine } from './engine.ts';
import type { ReaderClient } from './reader-client.ts';
import { SessionSink } from './session-sink.ts';
import { type OpenSession, openSessionThreads } from './session-threads.ts';

export class SessionHolder {
  readonly sink = new SessionSink();
  readonly #engine: Engine;
  #open: OpenSession | undefined;
  #isReadOnly = false;
  #began = 0;
  #ended = 0;
  #title = '';
  #bytesOnDisk = 0;
  #connections: readonly ConnectionStatus[] = [];
  #changing: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }
  get path(): string {
    return this.#need().path;
  }
  get recorder(): Recorder | undefined {
    return this.#isReadOnly ? undefined : this.#open?.recorder;
  }
  /** @throws EngineError when no session is open */
  get reader(): ReaderClient {
    return this.#need().reader;
  }
  get failure(): string | undefined {
    return this.#open?.recorder.failure;
  }
  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }
  /** As last told by the reader. */
  get connections(): readonly ConnectionStatus[] {
    return this.#connections;
  }

  info(): SessionInfo {
    const { path, recorder } = this.#need();
    const { clock, options } = this.#engine;
    return {
      path,
      title: this.#title,
      recording: !this.#isReadOnly && recorder.isRecording,
      readOnly: this.#isReadOnly,
      began: this.#began,
      ended: this.#isReadOnly ? this.#ended : clock.wall(),
      frames: recorder.frames,
      lost: recorder.lost,
      bytesOnDisk: this.#bytesOnDisk,
      engineVersion: options.version,
    };
  }

  /** A new session to record into. @throws EngineError when the file exists or cannot be made */
  create(path?: string): Promise<SessionInfo> {
    return this.#change(async () => {
      const { clock, options } = this.#engine;
      const place = path === undefined ? this.#freePlace() : resolve(path);
      mkdirSync(dirname(place), { recursive: true });
      const began = clock.wall();
      await this.#switchTo(place, true, {
        began: String(began),
        title: basename(place, '.ipsession'),
        engineVersion: options.version,
      });
      this.#began = began;
      for (const spec of this.#engine.proxies.specs()) this.noteProxy(spec);
    });
  }

  /** A file to look at; nothing is recorded into it. @throws EngineError */
  openFile(path: string): Promise<SessionInfo> {
    return this.#change(async () => {
      const place = resolve(path);
      await this.#switchTo(place, false, {});
      const open = this.#need();
      this.#began = Number(open.ready.meta.began ?? 0) || 0;
      const rate = await open.reader.ask('stats.rate', { buckets: 1 });
      this.#ended = this.#began + rate.from + rate.step;
    });
  }

  /** A copy of the session as it is now. @throws EngineError */
  async saveAs(path: string): Promise<{ path: string; bytes: number }> {
    const { path: from, recorder } = this.#need();
    const place = resolve(path);
    if (place === resolve(from)) throw new EngineError('bad-request', 'The session is that file already.');
    if (existsSync(place)) throw new EngineError('not-allowed', `${place} exists already. Choose another name.`);
    await recorder.settle();
    mkdirSync(dirname(place), { recursive: true });
    try {
      await copySession(from, place);
    } catch (error) {
      rmSync(place, { force: true });
      throw new EngineError('unreadable-file', `Cannot write ${place}: ${messageOf(error)}.`, { cause: error });
    }
    return { path: place, bytes: statSync(place).size };
  }

  /** @throws EngineError `read-only` */
  record(on: boolean): SessionInfo {
    if (this.#isReadOnly && on) {
      throw new EngineError('read-only', 'This session was opened from a file. Start a new one to record.');
    }
    this.#need().recorder.isRecording = on && !this.#isReadOnly;
    return this.#tell();
  }

  /** A mark may be set in an opened file too. */
  mark(n: number, mark: string | null | undefined, comment: string | null | undefined): Promise<void> {
    const { recorder } = this.#need();
    if (n < 1 || n > recorder.frames) {
      throw new EngineError('unknown-frame', `There is no frame ${n}; the session has ${recorder.frames}.`);
    }
    return recorder.mark(n, mark, comment);
  }

  decodeAs(conn: number, protocol: string, options: Readonly<Record<string, string>>): Promise<void> {
    return this.#need().recorder.decodeAs(conn, protocol, options);
  }

  /** Keeps a report of replay or fuzzing in the session's file. */
  async keep(
    table: 'replay_verdicts' | 'fuzz_findings',
    row: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    await this.#need().recorder.keep(table, row);
  }

  /** Resolves when everything recorded until now can be read from the file. */
  settle(): Promise<void> {
    return this.#need().recorder.settle();
  }

  noteProxy(spec: ProxySpec): void {
    this.recorder?.proxy(spec.name, this.#engine.clock.wall(), spec);
  }

  gone(client: number): void {
    this.#open?.reader.gone(client);
  }

  async setProtocols(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    const { sources } = this.#engine.protocols;
    open.reader.setProtocols(sources);
    await open.recorder.setProtocols(sources);
  }

  async close(): Promise<void> {
    await this.#changing.catch(() => undefined);
    const open = this.#open;
    this.#open = undefined;
    this.sink.detach();
    await open?.close();
  }

  /** One change after the other, however many clients ask. */
  #change(change: () => Promise<void>): Promise<SessionInfo> {
    const next = this.#changing
      .catch(() => undefined)
      .then(async () => {
        await change();
        return this.#tell();
      });
    this.#changing = next;
    return next;
  }

  async #switchTo(path: string, create: boolean, meta: Readonly<Record<string, string>>): Promise<void> {
    const { events, protocols, control, clock } = this.#engine;
    // Its threads may speak (or die) before it is open: then there is nothing of it to act on yet.
    let ours: OpenSession | undefined;
    const isOurs = (): boolean => ours !== undefined && this.#open === ours;
    const opened: OpenSession = await openSessionThreads({
      files: this.#engine.options.workers,
      path,
      create,
      meta,
      sources: protocols.sources,
      now: () => clock.now(),
      events: {
        grew: (grew, live) => {
          if (!isOurs()) return;
          this.#bytesOnDisk = grew.bytesOnDisk;
          events.tell('grew', grew);
          for (const { client, batch } of live) events.rows(client, batch);
        },
        connections: (list) => {
          if (!isOurs()) return;
          this.#connections = list;
          events.tell('connections', list);
        },
      },
      died: (error) => {
        if (isOurs()) void this.#died(path, error);
      },
    });
    ours = opened;
    opened.recorder.listen({
      failed: (message, lost) =>
        this.#engine.notice('problem', `${lost} frames could not be written: ${message}. Traffic goes on unrecorded.`),
      recovered: () => this.#engine.notice('info', 'Recording works again.'),
    });
    // Held frames are known by their number in the old session.
    control.releaseAll();
    const before = this.#open;
    this.#open = opened;
    this.#isReadOnly = !create;
    this.#title = opened.ready.meta.title || basename(path, '.ipsession');
    this.#bytesOnDisk = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#connections = [];
    this.sink.attach(opened.recorder, this.#isReadOnly);
    await before?.close();
  }

  /** A thread of the session died: what was committed is in its file; recording goes on in a new one. */
  async #died(path: string, error: Error): Promise<void> {
    this.#engine.log.failure(error);
    this.sink.detach();
    try {
      await this.create();
      this.#engine.notice(
        'problem',
        `The session was interrupted (${error.message}) It is kept in ${path}; recording goes on in a new one.`,
      );
    } catch (failure) {
      this.#engine.notice('problem', `Recording stopped and cannot be started again: ${messageOf(failure)}.`);
    }
  }

  #tell(): SessionInfo {
    const info = this.info();
    this.#engine.events.tell('session', info);
    return info;
  }

  #freePlace(): string {
    const { clock, options } = this.#engine;
    const stamp = new Date(clock.wall() * 1000).toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
    const folder = join(options.home, 'sessions');
    mkdirSync(folder, { recursive: true });
    for (let i = 1; ; i++) {
      const place = join(folder, `${stamp}${i === 1 ? '' : ` (${i})`}.ipsession`);
      try {
        // Taken by making it: another engine may start within the same second.
        closeSync(openSync(place, 'wx'));
        return place;
      } catch (error) {
        // Whatever else is wrong with the place is told when the session is made there.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return place;
      }
    }
  }

  #need(): OpenSession {
    if (this.#open === undefined) throw new EngineError('not-found', 'No session is open. Start or open one.');
    return this.#open;
  }
}
