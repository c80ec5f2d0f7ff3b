import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heaps of the engine's threads near what lives in them. At a hundred thousand frames a second V8 would take 128 MB for what lives
 * for milliseconds, and let the rest grow to a multiple before it looks. Measured: 75 to 120 MB less, at the same speed.
 */
export function keepHeapsSmall(): void {
  // Electron's V8 may not be told anything once it runs.
  if (process.versions.electron !== undefined) return;
  // The main thread's nursery stays at what it has after the start; that of threads to come begins with two megabytes.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--min-semi-space-size=2');
  setFlagsFromString('--heap-growing-percent=50');
}
