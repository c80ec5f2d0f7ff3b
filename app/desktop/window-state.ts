/** Where the window was. A state file that cannot be read, or a screen that is gone, gives the default place. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface WindowState {
  readonly bounds: Bounds | undefined;
  readonly maximized: boolean;
}

export const DEFAULT_STATE: WindowState = { bounds: undefined, maximized: false };
/** So much of the window must be on some screen for it to be reachable. */
const VISIBLE = 100;
const STEP = 28;
const MAX_STEPS = 8;

export function readWindowState(path: string): WindowState {
  try {
    const { bounds, maximized } = JSON.parse(readFileSync(path, 'utf8')) as {
      bounds?: Partial<Bounds>;
      maximized?: unknown;
    };
    const isWhole =
      bounds !== undefined && [bounds.x, bounds.y, bounds.width, bounds.height].every((n) => Number.isInteger(n));
    return { bounds: isWhole ? (bounds as Bounds) : undefined, maximized: maximized === true };
  } catch {
    return DEFAULT_STATE;
  }
}

/** Written beside and renamed, so that a crash leaves the old file. */
export function writeWindowState(path: string, state: WindowState): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

/** The state as it can be shown on these screens. */
export function fitToScreens(state: WindowState, screens: readonly Bounds[]): WindowState {
  const { bounds } = state;
  if (bounds === undefined) return state;
  const isReachable = screens.some((s) => {
    const wide = Math.min(bounds.x + bounds.width, s.x + s.width) - Math.max(bounds.x, s.x);
    const high = Math.min(bounds.y + bounds.height, s.y + s.height) - Math.max(bounds.y, s.y);
    return wide >= VISIBLE && high >= VISIBLE && bounds.y >= s.y;
  });
  return isReachable ? state : { ...state, bounds: undefined };
}

/** Further windows are put beside the first, so that it is seen that there are several. */
export function cascade(state: WindowState, others: number): WindowState {
  const { bounds } = state;
  if (others === 0 || bounds === undefined) return state;
  const shift = STEP * (others % MAX_STEPS);
  return { bounds: { ...bounds, x: bounds.x + shift, y: bounds.y + shift }, maximized: false };
}
