/** When a guess about a connection's protocol is good enough to decode by, and when to wait for more of it. */
import { Registry, SURE } from '../protocol/recognise.ts';
import type { Link, Protocol, Sample } from '../protocol/protocol.ts';

/** @param frames seen so far; `isLast`: no more will come, the best guess stands */
export type Recognise = (sample: Sample, link: Link, frames: number, isLast: boolean) => Protocol | undefined;

const LIKELY = 0.5;
const LIKELY_FRAMES = 4;

export function createRecognise(protocols: readonly Protocol[]): Recognise {
  const registry = new Registry(protocols);
  return (sample, link, frames, isLast) => {
    const guess = registry.recognise(sample, link);
    if (guess === null) return undefined;
    const isGood = guess.confidence >= SURE || (guess.confidence >= LIKELY && frames >= LIKELY_FRAMES);
    return isGood || isLast ? guess.protocol : undefined;
  };
}
