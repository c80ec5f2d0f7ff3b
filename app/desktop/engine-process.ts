/**
 * Starts, watches, restarts and stops the engine process. It may be restarted twice, and only when it had run a while: an
 * engine that dies at once would only die again. The last line it wrote to stderr is the reason shown.
 */
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
  /** Asks politely, then insists. Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface EngineEvents {
  started(ready: EngineReady): void;
  /** It died and will not be started again. */
  failed(reason: string): void;
}

export const RESTARTS = 2;
export const MIN_RUN_MS = 5000;
export const SOFT_STOP_MS = 4000;

/**
 * @param fork starts one engine process
 * @param clock milliseconds, and a timer
 */
export function superviseEngine(
  fork: () => EngineChild,
  events: EngineEvents,
  clock: { now(): number; after(ms: number, run: () => void): () => void },
): EngineProcess {
  let child: EngineChild;
  let restarts = 0;
  let stopping = false;
  let lastLine = '';
  let gone: () => void;
  const exited = new Promise<void>((resolve) => (gone = resolve));
  let resolveReady: (ready: EngineReady) => void;
  let rejectReady: (error: Error) => void;
  const ready = new Promise<EngineReady>((resolve, reject) => ([resolveReady, rejectReady] = [resolve, reject]));
  // Whoever asks gets the error; nobody asking is no reason to crash.
  ready.catch(() => undefined);

  const start = (): void => {
    const began = clock.now();
    child = fork();
    child.onStderr((text) => {
      const line = text.trimEnd().split('\n').at(-1)?.trim();
      if (line !== undefined && line !== '') lastLine = line;
    });
    child.onMessage((message) => {
      const url = (message as { url?: unknown } | null)?.url;
      if (typeof url !== 'string') return;
      events.started({ url });
      resolveReady({ url });
    });
    child.onExit((code) => {
      if (stopping) {
        gone();
        return;
      }
      if (restarts < RESTARTS && clock.now() - began > MIN_RUN_MS) {
        restarts++;
        start();
        return;
      }
      const reason = `The engine ended (exit code ${code})${lastLine === '' ? '' : `: ${lastLine}`}. Recorded sessions are on disk and can be opened again.`;
      gone();
      rejectReady(new Error(reason));
      events.failed(reason);
    });
  };
  start();
  return {
    ready,
    async stop() {
      stopping = true;
      child.send({ stop: true });
      const cancel = clock.after(SOFT_STOP_MS, () => child.kill());
      await exited;
      cancel();
    },
  };
}
