/** When to send: as recorded, faster, at once, or in lock-step with what the server answers. */
import { EngineError } from '../traffic/engine-error.ts';

export type Pace =
  | { readonly kind: 'lockstep' }
  /** `factor` 2: twice as fast as recorded. */
  | { readonly kind: 'timed'; readonly factor: number }
  /** Nothing is waited for but values a message needs. */
  | { readonly kind: 'fast' };

/** `lockstep`, `recorded`, `x2`, `x0.5`, `fast`. @throws EngineError `bad-request` */
export function parsePace(text: string): Pace {
  if (text === 'lockstep' || text === 'lock-step') return { kind: 'lockstep' };
  if (text === 'recorded') return { kind: 'timed', factor: 1 };
  if (text === 'fast') return { kind: 'fast' };
  const factor = /^[x×](\d+(?:\.\d+)?)$/.exec(text)?.[1];
  if (factor !== undefined && Number(factor) > 0) return { kind: 'timed', factor: Number(factor) };
  throw new EngineError(
    'bad-request',
    `The pace is recorded, x2 (or another factor), fast or lockstep, not "${text}".`,
  );
}

/** Rings once after so many milliseconds; the returned function calls it off. The pure runner's only timer. */
export interface Timer {
  after(ms: number, ring: () => void): () => void;
}
