/**
 * Sessions and their windows: each session has an engine process of its own, and any number of windows look at it. The last
 * window of a session takes its engine with it, after a question when something still runs there. Windows, questions and
 * processes come in as parameters, so all of this is tested without Electron.
 */
import { isAbsolute, relative } from 'node:path';
import {
  type Clock,
  type EngineAgain,
  type EngineChild,
  type EngineProcess,
  superviseEngine,
} from './engine-process.ts';
import type { EngineStatus } from './engine-status.ts';
import { isSession } from './opened-files.ts';
import { t } from './strings.ts';

/** A window as far as sessions are concerned. */
export interface SessionWindow {
  readonly id: number;
  load(url: string): void;
  focus(): void;
  /** Asks `mayClose` again. */
  close(): void;
  /** Without asking. */
  destroy(): void;
  /** To the page, as soon as it can hear. */
  openFile(path: string): void;
  say(text: string): void;
}

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}

export interface SessionParts {
  /** Starts an engine process with these settings. */
  fork(settings: Settings): EngineChild;
  openWindow(url: string): SessionWindow;
  /** @param window the one it is about; undefined: the whole app */
  ask(question: Question, window: number | undefined): Promise<boolean>;
  failed(reason: string): void;
  /** Sessions came, went or have other names. */
  changed(): void;
  readonly clock: Clock;
}

export type Settings = Readonly<Record<string, unknown>>;

export interface ListedSession {
  readonly title: string;
  readonly path: string;
  /** Windows on it, oldest first. */
  readonly windows: readonly number[];
}

class Session {
  readonly windows = new Map<number, SessionWindow>();
  readonly settings: Settings;
  engine!: EngineProcess;
  url = '';
  /** The user agreed that what runs here ends. */
  isGivenUp = false;
  /** File for its first window. */
  waiting: string | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
  }
  get status(): EngineStatus | undefined {
    return this.engine.status;
  }
}

export class SessionWindows {
  readonly #parts: SessionParts;
  readonly #sessions = new Set<Session>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  list(): readonly ListedSession[] {
    return [...this.#sessions]
      .filter(({ windows }) => windows.size > 0)
      .map((session) => ({
        title: session.status?.title ?? '',
        path: session.status?.path ?? '',
        windows: [...session.windows.keys()],
      }));
  }

  /** Page address of the engine a window looks at; empty for a window that is not ours. */
  urlOf(window: number): string {
    return this.#of(window)?.url ?? '';
  }

  /** A session with an engine of its own, in a new window. Rejects when the engine does not come up. */
  async open(settings: Settings, waiting?: string): Promise<void> {
    const { fork, clock, failed, changed } = this.#parts;
    const session = new Session(settings);
    session.waiting = waiting;
    this.#sessions.add(session);
    session.engine = superviseEngine(
      (before) => fork(before === undefined ? settings : settingsAgain(settings, before)),
      {
        started: ({ url }, again) => this.#started(session, url, again),
        status: () => changed(),
        failed: (reason) => {
          this.#sessions.delete(session);
          failed(reason);
          for (const window of session.windows.values()) window.destroy();
          changed();
        },
      },
      clock,
    );
    await session.engine.ready;
  }

  /**
   * A file from outside or from a page: to the window that shows it already, into the window it was asked from when nothing is
   * there yet, else as a session of its own.
   */
  async openFile(path: string, settings: Settings, from?: number): Promise<void> {
    const shown = [...this.#sessions].find(({ status }) => status !== undefined && isSamePath(status.path, path));
    if (shown !== undefined && shown.windows.size > 0) {
      [...shown.windows.values()].at(-1)?.focus();
      return;
    }
    const here = from === undefined ? (this.#emptyOne() ?? [...this.#sessions][0]) : this.#of(from);
    if (here?.status?.isEmpty === true) {
      const window = (from === undefined ? undefined : here.windows.get(from)) ?? [...here.windows.values()][0];
      window?.openFile(path);
      window?.focus();
      return;
    }
    const own = here?.status === undefined ? {} : { protocolFiles: here.status.protocolFiles };
    const its = { ...settings, ...own };
    await (isSession(path) ? this.open({ ...its, open: path }) : this.open(its, path));
  }

  /** One more window on the session of this one. */
  openWindow(from: number): void {
    const session = this.#of(from);
    if (session !== undefined) this.#show(session);
  }

  /** False: not now; the window is closed later if the user agrees. */
  mayClose(id: number): boolean {
    const session = this.#of(id);
    const status = session?.status;
    if (session === undefined || status === undefined || session.isGivenUp) return true;
    if (session.windows.size > 1 || status.live === 0) return true;
    const question = {
      title: t.liveTitle(status.title),
      text: t.liveText(status.live, status.connections),
      yes: t.closeIt,
    };
    void this.#parts.ask(question, id).then((yes) => {
      if (!yes) return;
      session.isGivenUp = true;
      session.windows.get(id)?.close();
    });
    return false;
  }

  /** A window is gone. Resolves when its engine is, if it was the last one on it. */
  async closed(id: number): Promise<void> {
    const session = this.#of(id);
    if (session === undefined) return;
    session.windows.delete(id);
    if (session.windows.size === 0) {
      // Until its process has ended, the app must not: what is being written has to get into the file.
      await session.engine.stop();
      this.#sessions.delete(session);
    }
    this.#parts.changed();
  }

  focus(id: number): void {
    this.#of(id)?.windows.get(id)?.focus();
  }

  /** True when everything has ended; false when the user would rather go on. */
  async quit(): Promise<boolean> {
    const live = [...this.#sessions].filter(({ status, isGivenUp }) => !isGivenUp && (status?.live ?? 0) > 0);
    if (live.length > 0) {
      const text = t.quitText(live.map(({ status }) => status?.title ?? ''));
      if (!(await this.#parts.ask({ title: t.quitTitle, text, yes: t.quit }, undefined))) return false;
    }
    for (const session of this.#sessions) session.isGivenUp = true;
    await Promise.all([...this.#sessions].map(({ engine }) => engine.stop()));
    this.#sessions.clear();
    return true;
  }

  #started(session: Session, url: string, again: EngineAgain | undefined): void {
    session.url = url;
    if (again === undefined) {
      const window = this.#show(session);
      if (session.waiting !== undefined) window.openFile(session.waiting);
      return;
    }
    // A restarted engine has another port and token: every window moves over.
    for (const window of session.windows.values()) {
      window.load(url);
      if (again.before !== undefined) window.say(t.startedAgain(again.why, again.before.path));
    }
  }

  #show(session: Session): SessionWindow {
    const window = this.#parts.openWindow(session.url);
    session.windows.set(window.id, window);
    this.#parts.changed();
    return window;
  }

  #of(window: number): Session | undefined {
    return [...this.#sessions].find(({ windows }) => windows.has(window));
  }

  #emptyOne(): Session | undefined {
    return [...this.#sessions].find(({ status, windows }) => status?.isEmpty === true && windows.size > 0);
  }
}

/** For the process after one that died: a session to look at is opened again, a recorded one is left as it is and a new one begun. */
function settingsAgain(settings: Settings, before: EngineStatus): Settings {
  const { session: _taken, open: _left, ...rest } = settings;
  return before.readOnly ? { ...rest, open: before.path } : rest;
}

function isSamePath(a: string, b: string): boolean {
  return isAbsolute(a) && isAbsolute(b) && relative(a, b) === '';
}
