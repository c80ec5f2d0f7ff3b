import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Enough for what lives for milliseconds at a hundred thousand frames a second; left alone, V8 takes 128 MB for it. */
const NURSERY_BYTES = 8e6;
const LOOK_MS = 1000;

/**
 * Keeps the heaps of the engine's threads near what lives in them. To be called before the engine is loaded, which would make the nursery
 * grow to 32 MB for once.
 */
export function keepHeapsSmall(): void {
  // Electron's V8 may not be told anything once it runs.
  if (process.versions.electron !== undefined) return;
  // The rest grows to half as much again before it is looked through, not to a multiple.
  setFlagsFromString('--heap-growing-percent=50');
  // Threads have limits of their own, and begin with two megabytes.
  setFlagsFromString('--min-semi-space-size=2');
  setFlagsFromString('--semi-space-growth-factor=1');
  let isLoaded = false;
  const looking = setInterval(() => {
    if (!isLoaded) setFlagsFromString('--semi-space-growth-factor=2');
    isLoaded = true;
    const nursery = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if (nursery === undefined || nursery.space_size < NURSERY_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(looking);
  }, LOOK_MS);
  looking.unref();
}
