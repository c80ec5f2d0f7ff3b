/**
 * Starts, watches, restarts and stops one engine process. It may be restarted twice, and only when it had run a while: an
 * engine that dies at once would only die again. The last line it wrote to stderr is the reason shown.
 */
import { type EngineStatus, readStatus } from './engine-status.ts';
import { t } from './strings.ts';

export interface EngineChild {
  /** Messages the engine sends through its parent port. */
  onMessage(listener: (message: unknown) => void): void;
  onStderr(listener: (text: string) => void): void;
  onExit(listener: (code: number) => void): void;
  send(message: unknown): void;
  kill(): void;
}

export interface EngineReady {
  /** Page URL with the token in its fragment. */
  readonly url: string;
}

export interface EngineProcess {
  readonly ready: Promise<EngineReady>;
  /** As the engine last told it. */
  readonly status: EngineStatus | undefined;
  /** Asks politely, then insists. Resolves when the process is gone. */
  stop(): Promise<void>;
}

/** How it came to be started again. */
export interface EngineAgain {
  readonly why: string;
  /** What the one before last told. */
  readonly before: EngineStatus | undefined;
}

export interface EngineEvents {
  started(ready: EngineReady, again: EngineAgain | undefined): void;
  status?(status: EngineStatus): void;
  /** It died and will not be started again. */
  failed(reason: string): void;
}

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Returns how to call it off. */
  after(ms: number, run: () => void): () => void;
}

export const RESTARTS = 2;
export const MIN_RUN_MS = 5000;
export const SOFT_STOP_MS = 4000;

/** @param fork starts one engine process; given what the one before it last told, when this is not the first */
export function superviseEngine(
  fork: (before: EngineStatus | undefined) => EngineChild,
  events: EngineEvents,
  clock: Clock,
): EngineProcess {
  let child: EngineChild;
  let restarts = 0;
  let isStopping = false;
  let isGone = false;
  let status: EngineStatus | undefined;
  let gone: () => void;
  const exited = new Promise<void>((resolve) => (gone = resolve));
  let resolveReady: (ready: EngineReady) => void;
  let rejectReady: (error: Error) => void;
  const ready = new Promise<EngineReady>((resolve, reject) => ([resolveReady, rejectReady] = [resolve, reject]));
  // Whoever asks gets the error; nobody asking is no reason to crash.
  ready.catch(() => undefined);
  const end = (): void => {
    isGone = true;
    gone();
  };

  const start = (again: EngineAgain | undefined): void => {
    const began = clock.now();
    let lastLine = '';
    child = fork(again?.before);
    child.onStderr((text) => {
      const line = text.trimEnd().split('\n').at(-1)?.trim();
      if (line !== undefined && line !== '') lastLine = line;
    });
    child.onMessage((message) => {
      const told = readStatus(message);
      if (told !== undefined) {
        status = told;
        events.status?.(told);
      }
      const url = (message as { url?: unknown } | null)?.url;
      if (typeof url !== 'string') return;
      events.started({ url }, again);
      resolveReady({ url });
    });
    child.onExit((code) => {
      if (isStopping) {
        end();
        rejectReady(new Error(t.engineEnded(code, lastLine)));
        return;
      }
      const why = t.engineEnded(code, lastLine);
      if (restarts < RESTARTS && clock.now() - began > MIN_RUN_MS) {
        restarts++;
        start({ why, before: status });
        return;
      }
      const reason = `${why} ${t.keptOnDisk}`;
      end();
      rejectReady(new Error(reason));
      events.failed(reason);
    });
  };
  start(undefined);
  return {
    ready,
    get status() {
      return status;
    },
    async stop() {
      if (isGone) return;
      isStopping = true;
      child.send({ stop: true });
      const cancel = clock.after(SOFT_STOP_MS, () => child.kill());
      await exited;
      cancel();
    },
  };
}
