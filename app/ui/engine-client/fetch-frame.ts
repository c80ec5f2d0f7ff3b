/**
 * A frame in full. A frame is announced (held, live row) a moment before it can be read back: asking again shortly after is the
 * answer to that, and to nothing else.
 */
import type { FrameView } from '../../../core/contract/frames.ts';
import { RequestError, type EngineClient } from './engine-client.ts';

const TRIES = 25;
const WAIT_MS = 60;

export async function fetchFrame(client: EngineClient, n: number, revealSecrets = false): Promise<FrameView> {
  for (let i = 1; ; i++) {
    try {
      return await client.request('frame.get', { n, revealSecrets });
    } catch (error) {
      if (i >= TRIES || !(error instanceof RequestError) || error.code !== 'unknown-frame') throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}
