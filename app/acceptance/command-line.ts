/**
 * The `interpose` command as a user runs it: a process of its own on the sources, in a folder that goes away, with its home there.
 * Nothing of the engine is imported here: what these tests know of a run is what it prints, sends and leaves behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const ENTRY = ['--disable-warning=ExperimentalWarning', join(ROOT, 'app/cli/interpose.ts')];
/** A run that takes longer hangs. */
const LIMIT_MS = 45_000;

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

/** A process that runs until it is told to end. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = '';
  #err = '';
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    const hear = (text: string, isError: boolean): void => {
      if (isError) this.#err += text;
      else this.#out += text;
      for (const look of this.#waiting) look();
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => hear(text, false));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => hear(text, true));
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => hear(String(error), true));
      child.once('close', (code, signal) => resolve({ code, signal, out: this.#out, err: this.#err }));
    });
  }

  get out(): string {
    return this.#out;
  }
  get err(): string {
    return this.#err;
  }

  /** What `look` finds in stdout; rejects when the process ends without it. */
  find<T>(look: (out: string) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const again = (): void => {
        const found = look(this.#out);
        if (found === undefined) return;
        this.#waiting.delete(again);
        resolve(found);
      };
      this.#waiting.add(again);
      again();
      void this.ended.then(({ code, err }) => reject(new Error(`it ended (code ${code}) instead: ${err}`)));
    });
  }

  /** URL by proxy name, once there are so many `ready` lines. */
  ready(count: number): Promise<ReadonlyMap<string, string>> {
    return this.find((out) => {
      const found = [...out.matchAll(/^ready (\S+) (\S+)\n/gm)].map(([, name, url]) => [name!, url!] as const);
      return found.length >= count ? new Map(found) : undefined;
    });
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Ends it with everything it started: a shell's own children would outlive it. */
  kill(): Promise<Ended> {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // All gone already.
    }
    return this.ended;
  }
}

export class CommandLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'interpose-acceptance-'));
  readonly #running = new Set<Running>();
  readonly #cleanup: (() => unknown)[] = [];

  /** A path in the test's folder; with `text`, a file. */
  path(name: string, text?: string | Uint8Array): string {
    const path = join(this.folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  start(args: readonly string[], options: RunOptions = {}): Running {
    return this.spawn(process.execPath, [...ENTRY, ...args], options);
  }

  /** Any program, in the test's folder. */
  spawn(command: string, args: readonly string[], options: RunOptions = {}): Running {
    const env: NodeJS.ProcessEnv = { ...process.env, INTERPOSE_HOME: join(this.folder, 'home'), ...options.env };
    // Children must not take the test run's own settings for theirs.
    for (const name of ['NODE_OPTIONS', 'VITEST', 'INTERPOSE_DEBUG']) delete env[name];
    const running = new Running(
      spawn(command, args, { cwd: this.folder, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true }),
    );
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running));
    return running;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return this.#toEnd(this.start(args, options), args.join(' '), options);
  }

  /** A shell line in which `interpose` is the command, `npm run -s interpose --` alike. */
  async shell(line: string, options: RunOptions = {}): Promise<Ended> {
    const command = [process.execPath, ...ENTRY].map((part) => `'${part}'`).join(' ');
    const running = this.spawn('bash', ['-c', `set -o pipefail; interpose() { ${command} "$@"; }; ${line}`], options);
    return this.#toEnd(running, line, options);
  }

  async #toEnd(running: Running, what: string, { limitMs = LIMIT_MS }: RunOptions): Promise<Ended> {
    running.child.stdin?.end();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      void running.kill();
    }, limitMs);
    const ended = await running.ended;
    clearTimeout(timer);
    if (isLate) throw new Error(`"${what}" did not end within ${limitMs / 1000} s; stderr: ${ended.err}`);
    return ended;
  }

  onEnd(clean: () => unknown): void {
    this.#cleanup.push(clean);
  }

  /** Ends what still runs and removes the folder. */
  async end(): Promise<void> {
    for (const clean of this.#cleanup.splice(0).toReversed()) await clean();
    await Promise.all([...this.#running].map((running) => running.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Each line of stdout as JSON. */
export function jsonLines<T>({ out }: Ended): T[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A line of `decode --format jsonl`. */
export interface FrameLine {
  readonly n: number;
  readonly time: number;
  readonly conn: number;
  readonly dir: 'c2s' | 's2c';
  readonly transport: string;
  readonly src: string;
  readonly dst: string;
  readonly carrier: Readonly<Record<string, unknown>>;
  readonly protocol: string | null;
  readonly message: string | null;
  readonly id?: number;
  readonly fields: unknown;
  readonly messages?: readonly { readonly message: string; readonly fields: unknown }[];
  readonly expert: readonly { readonly severity: string; readonly group: string; readonly text: string }[];
  readonly origin?: string;
  readonly fate?: string;
  readonly sent?: string;
  readonly bytes: string;
}

/** `scheme://host:port/…` as host and port. */
export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url.replace(/^[a-z0-9]+:/, 'http:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
