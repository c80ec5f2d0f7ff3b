import type { FrameSelection } from '../timeline/selection.ts';
import type { FramePair } from './diff-service.ts';

/** The two frames at the ends of a selection; undefined when fewer are selected. */
export function selectedPair({ ranges }: FrameSelection): FramePair | undefined {
  const [a, b] = [ranges[0]?.[0], ranges.at(-1)?.[1]];
  return a === undefined || b === undefined || a === b ? undefined : { a, b };
}
