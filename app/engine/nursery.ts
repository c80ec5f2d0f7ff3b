import { setFlagsFromString } from 'node:v8';

/**
 * Stops V8 from growing the main thread's nursery any further. At a hundred thousand frames a second it would take 128 MB for what lives
 * for milliseconds; what it has when the engine has started is plenty. Threads, which have limits of their own, begin with two megabytes.
 */
export function keepNurserySmall(): void {
  // Electron's V8 may not be told anything once it runs.
  if (process.versions.electron !== undefined) return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--min-semi-space-size=2');
}
