/** Where a connection of a case goes, and how long it may take until it is made. */
import { endpointAt, handedUrl } from '../replay/handoff.ts';
import { issuedBy } from './issued.ts';
import type { LiveFrame, Patience } from './run.ts';
import type { SceneConnection } from './scene.ts';

/** A client is waited for so many times as long as it took in the recording, and no longer. */
const COMING = 3;
const MOST_COMING_MS = 30_000;

/** Undefined: the message that says so did not come. */
export function urlOf(
  { url, handoff }: SceneConnection,
  frames: readonly LiveFrame[],
  fallbackHost: string,
): SceneConnection['url'] {
  if (handoff === undefined) return url;
  const fields = issuedBy(frames, handoff.conn, handoff.handoff.message, handoff.nth);
  const to = fields === undefined ? undefined : endpointAt(fields, handoff.handoff);
  if (to === undefined) return url;
  const scheme = handoff.handoff.transport ?? url?.scheme ?? 'tcp';
  return handedUrl(to, scheme, url?.path ?? '', fallbackHost);
}

/** A client comes when it is ready to. */
export function connectMs({ openedBehind }: SceneConnection, { answer }: Patience): number {
  const recorded = Math.min(MOST_COMING_MS, (openedBehind?.ms ?? 0) * COMING);
  return Math.max(1000, answer, recorded);
}
