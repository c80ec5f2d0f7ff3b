/** What one fault does to one frame. */
import type { Dice } from '../traffic/clock.ts';
import type { Fault } from '../traffic/control.ts';
import type { FrameSubject } from './subject.ts';
import type { Treatment } from './treatment.ts';

/** Returns what it did, in words, or undefined when it did nothing. `stallFrom`: when the stall began, on the clock. */
export function disturb(
  fault: Fault,
  subject: FrameSubject,
  treatment: Treatment,
  dice: Dice,
  now: number,
  stallFrom: number,
): string | undefined {
  switch (fault.kind) {
    case 'latency': {
      const jitter = fault.jitterMs ?? 0;
      const ms = Math.max(0, (fault.ms ?? 0) + (jitter === 0 ? 0 : (dice.next() * 2 - 1) * jitter));
      treatment.delayMs += ms;
      return `latency ${round(ms)} ms`;
    }
    case 'bandwidth': {
      const ms = subject.size / Math.max(0.001, fault.rateKBps ?? 0);
      treatment.delayMs += ms;
      return `bandwidth ${round(ms)} ms`;
    }
    case 'stall': {
      const ms = stallFrom + (fault.ms ?? 0) - now;
      if (ms <= 0) return undefined;
      treatment.delayMs = Math.max(treatment.delayMs, ms);
      return `stall ${round(ms)} ms`;
    }
    case 'timeout':
    case 'loss':
      treatment.drop = true;
      return 'lost';
    case 'duplicate':
      treatment.copies++;
      return 'duplicated';
    case 'reorder':
      treatment.behind = Math.max(treatment.behind, Math.max(1, Math.floor(fault.behind ?? 1)));
      return `moved behind ${treatment.behind}`;
    case 'corrupt': {
      const before = treatment.payload ?? subject.bytes;
      if (before.length === 0) return undefined;
      const bit = dice.below(before.length * 8);
      const after = before.slice();
      after[bit >> 3]! ^= 1 << (bit & 7);
      treatment.payload = after;
      return `bit ${bit & 7} of byte ${bit >> 3} flipped`;
    }
    case 'reset':
    case 'half-close':
      return `${fault.kind} set off`;
    case 'slicer':
    case 'slow-close':
    case 'refuse':
      return undefined;
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
