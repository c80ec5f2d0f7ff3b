/**
 * Sessions that never grow too large: when one is full or old enough, recording goes on in the next file, and the oldest files of
 * the series go when there are too many. Connections that are alive go on in the next file under the same numbers.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import type { Engine } from '../engine.ts';

export interface RotationOptions {
  /** Begin a new file at this size, bytes. */
  readonly maxBytes?: number;
  /** Begin a new file after so many seconds. */
  readonly maxSeconds?: number;
  /** Files of the series to keep, the open one included. Older ones are deleted. */
  readonly keepFiles?: number;
  /** Bytes of the series to keep. Older files are deleted, the open one never. */
  readonly keepBytes?: number;
  /** How often it looks, milliseconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 1000;

/** Ends with the engine. */
export function rotateSessions(engine: Engine, options: RotationOptions): { check(): Promise<void>; stop(): void } {
  const { session } = engine;
  const series: string[] = [session.path];
  const first = session.path;
  let part = 1;
  let isBusy = false;

  const check = async (): Promise<void> => {
    // A file that was opened to be looked at is none of ours.
    if (isBusy || session.isReadOnly || session.path !== series.at(-1)) return;
    const { began } = session.info();
    const size = sizeOf(session.path);
    const isFull = options.maxBytes !== undefined && size >= options.maxBytes;
    const isOld = options.maxSeconds !== undefined && engine.clock.wall() - began >= options.maxSeconds;
    if (!isFull && !isOld) return;
    isBusy = true;
    try {
      const next = freeName(first, ++part);
      await session.create(next);
      series.push(next);
      forgetOldest();
      engine.notice('info', `Recording goes on in ${next}.`);
    } catch (error) {
      engine.notice('problem', `The session could not be rotated: ${(error as Error).message}`);
    } finally {
      isBusy = false;
    }
  };

  const forgetOldest = (): void => {
    const { keepFiles = Number.POSITIVE_INFINITY, keepBytes = Number.POSITIVE_INFINITY } = options;
    let total = series.reduce((sum, path) => sum + sizeOf(path), 0);
    while (series.length > 1 && (series.length > keepFiles || total > keepBytes)) {
      const oldest = series.shift()!;
      total -= sizeOf(oldest);
      for (const ending of ['', '-wal', '-shm']) rmSync(`${oldest}${ending}`, { force: true });
    }
  };

  const timer = setInterval(() => void check(), options.everyMs ?? EVERY_MS);
  timer.unref();
  const stop = (): void => clearInterval(timer);
  engine.onClose(stop);
  return { check, stop };
}

function sizeOf(path: string): number {
  return ['', '-wal'].reduce(
    (sum, ending) => sum + (statSync(`${path}${ending}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** `game.ipsession` → `game-2.ipsession`; never a file that is there. */
function freeName(first: string, from: number): string {
  for (let i = from; ; i++) {
    const name = first.replace(/(\.ipsession)?$/, `-${i}.ipsession`);
    if (!existsSync(name)) return name;
  }
}

/** `500MB`, `2GB`, `90s`, `15m`, `1h` → a limit; undefined when it is none. */
export function readLimit(text: string): Pick<RotationOptions, 'maxBytes' | 'maxSeconds'> | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB|s|m|h|d)$/i.exec(text.trim());
  const amount = Number(match?.[1]);
  if (match === null || !(amount > 0)) return undefined;
  const unit = match[2]!.toLowerCase();
  const bytes = { kb: 1e3, mb: 1e6, gb: 1e9 }[unit];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit];
  return bytes === undefined ? { maxSeconds: amount * seconds! } : { maxBytes: amount * bytes };
}
