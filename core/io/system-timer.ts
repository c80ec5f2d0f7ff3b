/** The machine's timers, for pure runners. */
import type { Timer } from '../replay/pace.ts';

export function createSystemTimer(): Timer {
  return {
    after(ms, ring) {
      const timer = setTimeout(ring, Math.min(Math.max(0, ms), 0x7fffffff));
      return () => clearTimeout(timer);
    },
  };
}
