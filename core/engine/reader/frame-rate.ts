/** Frames per second over the last second, by direction. */
import { FLAG, type FrameIndex } from '../../session/frame-index.ts';

/** A file with more than this is an opened one: it arrives all at once, and that is no rate. */
const OPENED = 100_000;

export class FrameRate {
  /** Of late: milliseconds and the counts until then. */
  readonly #history: [at: number, toServer: number, toClient: number][] = [];
  #toServer = 0;
  #toClient = 0;
  #counted = 0;

  now(index: FrameIndex, now: number): { toServer: number; toClient: number } {
    if (this.#counted === 0 && index.count > OPENED) this.#counted = index.count;
    for (let n = this.#counted + 1; n <= index.count; n++) {
      if (index.flags(n) & FLAG.toClient) this.#toClient++;
      else this.#toServer++;
    }
    this.#counted = index.count;
    const history = this.#history;
    history.push([now, this.#toServer, this.#toClient]);
    while (history.length > 1 && history[1]![0] < now - 1000) history.shift();
    const [at, toServer, toClient] = history[0]!;
    const seconds = Math.max(0.25, (now - at) / 1000);
    return {
      toServer: Math.round((this.#toServer - toServer) / seconds),
      toClient: Math.round((this.#toClient - toClient) / seconds),
    };
  }
}
