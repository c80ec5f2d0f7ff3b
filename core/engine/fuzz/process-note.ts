/** A process by number and start, so that it is not taken for a later one of the same number. */
import { existsSync, readFileSync } from 'node:fs';
import { startTimeOf } from '../../io/target-process.ts';

export interface ProcessNote {
  readonly pid: number;
  /** Undefined where the system does not tell. */
  readonly started?: string;
}

export function noteOf(pid: number): ProcessNote {
  const started = startTimeOf(pid);
  return started === undefined ? { pid } : { pid, started };
}

export function isAlive({ pid, started }: ProcessNote): boolean {
  return started !== undefined && startTimeOf(pid) === started;
}

/** Undefined when there is none, or none that can be read. */
export function readNote(path: string): ProcessNote | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessNote;
  } catch {
    return undefined;
  }
}
