/**
 * The server under test as a child of ours: started by a shell command in a process group of its own, watched for its exit,
 * its words and its memory, and started again whenever it goes down.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exit, Watched } from '../fuzz/world.ts';
import { EngineError } from '../traffic/engine-error.ts';

export interface TargetProcessOptions {
  /** Shell command; undefined: the server was started by somebody else. */
  readonly command?: string;
  /** Whether it takes connections by now. */
  readonly reach: () => Promise<boolean>;
  /** Told the process group whenever one was started, and undefined when it has ended. */
  readonly onGroup?: (pid: number | undefined) => void;
  /** It has ended, by itself or because it was told to. */
  readonly onEnd?: () => void;
  /** How long it may take to start. Default 30 000 ms. */
  readonly startMs?: number;
  /** An end of it that is none to speak of; default: there is none. */
  readonly isCalm?: (code: number | null) => boolean;
  /** What it is. Default: `target`. */
  readonly what?: string;
}

const MAX_LINES = 4000;
const MAX_LINE = 2000;
const STOP_MS = 1500;
const PAGE = 4096;
/** A target is started again and again: one that runs on Node then need not be compiled each time. Others pass it over. */
const QUICK_START = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };

/** Process groups of ours. None outlives us, unless we are killed: then whoever goes on with the campaign ends it. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
});

export class TargetProcess implements Watched {
  readonly isManaged: boolean;
  readonly #options: TargetProcessOptions;
  #child: ChildProcess | undefined;
  #exits = 0;
  #lastExit: Exit | undefined;
  #lines: string[] = [];
  #dropped = 0;
  #isStopping = false;
  #isGivenUp = false;
  #waiting = new Set<() => void>();

  constructor(options: TargetProcessOptions) {
    this.#options = options;
    this.isManaged = options.command !== undefined;
  }

  get exits(): number {
    return this.#exits;
  }
  get lastExit(): Exit | undefined {
    return this.#lastExit;
  }
  get isRunning(): boolean {
    return !this.isManaged || this.#child !== undefined;
  }
  get lineCount(): number {
    return this.#dropped + this.#lines.length;
  }
  linesSince(count: number): readonly string[] {
    return this.#lines.slice(Math.max(0, count - this.#dropped));
  }
  isReachable(): Promise<boolean> {
    return this.#options.reach();
  }

  async restart(): Promise<void> {
    const { command, startMs = 30_000, what = 'target' } = this.#options;
    if (command === undefined) return;
    await this.stop();
    if (await this.#options.reach()) {
      throw new EngineError(
        'port-taken',
        'Somebody else already listens where the target should: end that server, or leave out the command (--target) to fuzz it as it is.',
      );
    }
    this.#start(command);
    const until = performance.now() + startMs;
    while (!(await this.#options.reach())) {
      if (this.#child === undefined) {
        const words = this.#lastExit?.lines.slice(-3).join(' / ') ?? '';
        throw new EngineError(
          'connect-failed',
          what === 'client'
            ? `The client ended before it connected: ${words || 'it wrote nothing'}.`
            : `The target ended before it took connections: ${words || 'it wrote nothing'}.`,
        );
      }
      if (this.#isGivenUp) throw new EngineError('cancelled', 'Stopped before the target took connections.');
      if (performance.now() > until) {
        throw new EngineError(
          'timeout',
          what === 'client'
            ? `The client was started, but does not connect within ${startMs / 1000} s.`
            : `The target was started, but takes no connections within ${startMs / 1000} s.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }

  #start(command: string): void {
    const child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...QUICK_START, ...process.env },
    });
    this.#child = child;
    this.#isStopping = false;
    const from = this.lineCount;
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = (parts.pop() ?? '').slice(0, MAX_LINE);
        for (const line of parts) this.#line(line);
      });
      stream.on('end', () => {
        if (rest !== '') this.#line(rest);
      });
    }
    // `close` comes when its last words are in.
    child.once('close', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#options.onGroup?.(undefined);
      if (!this.#isStopping && this.#options.isCalm?.(code) !== true) {
        this.#exits += 1;
        this.#lastExit = { code, signal, lines: this.linesSince(from).slice(-200) };
      }
      this.#options.onEnd?.();
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
    child.once('error', (error) => this.#line(error.message));
    const { pid } = child;
    if (pid === undefined) return;
    this.#options.onGroup?.(pid);
    groups.add(pid);
    child.once('close', () => groups.delete(pid));
  }

  #line(line: string): void {
    this.#lines.push(line.slice(0, MAX_LINE));
    if (this.#lines.length <= MAX_LINES * 2) return;
    this.#lines.splice(0, MAX_LINES);
    this.#dropped += MAX_LINES;
  }

  /** Ends what was started, politely first. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    this.#isStopping = true;
    signalGroup(child.pid, 'SIGTERM');
    await this.exited(STOP_MS);
    if (this.#child !== child) return;
    signalGroup(child.pid, 'SIGKILL');
    await this.exited(STOP_MS);
    // Its pipes may be held open by a process it left behind.
    if (this.#child === child) this.#child = undefined;
  }

  exited(ms: number): Promise<void> {
    if (this.#child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const waiting = this.#waiting;
      waiting.add(done);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
    });
  }

  memory(): number | undefined {
    const pid = this.#child?.pid;
    if (pid === undefined || process.platform !== 'linux') return undefined;
    let pages = 0;
    for (const one of treeOf(pid)) {
      try {
        pages += Number(readFileSync(`/proc/${one}/statm`, 'utf8').split(' ')[1] ?? 0);
      } catch {
        // Gone meanwhile.
      }
    }
    return pages * PAGE;
  }
}

/** A process and all below it. */
function treeOf(pid: number): number[] {
  const found = [pid];
  for (let i = 0; i < found.length && found.length < 200; i++) {
    try {
      for (const thread of readdirSync(`/proc/${found[i]}/task`)) {
        const text = readFileSync(`/proc/${found[i]}/task/${thread}/children`, 'utf8').trim();
        if (text !== '') found.push(...text.split(' ').map(Number));
      }
    } catch {
      // Gone meanwhile, or not ours to look at.
    }
  }
  return found;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** When a process began, in ticks since the machine started; tells a process from a later one of the same number. Linux only. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended keeps its number until its parent takes note of it.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Ends a target that a killed campaign left behind; nothing else: number and start time must be those that were noted. */
export async function endLeftBehind(pid: number, startTime: string): Promise<boolean> {
  if (startTimeOf(pid) !== startTime) return false;
  signalGroup(pid, 'SIGTERM');
  for (let i = 0; i < 40 && startTimeOf(pid) === startTime; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (startTimeOf(pid) === startTime) signalGroup(pid, 'SIGKILL');
  return true;
}
