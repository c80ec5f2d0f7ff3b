/** Reads exact amounts from a paused socket, as the small protocols before a relay need (SOCKS, HTTP CONNECT). */
import type { Socket } from 'node:net';

const LIMIT_MS = 10_000;

export class WireReader {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @throws Error when the peer leaves, or takes longer than ten seconds. */
  async take(size: number): Promise<Uint8Array> {
    const bytes = await this.#until((available) => (available.length >= size ? size : undefined));
    return bytes;
  }

  /** Up to and with the marker; at most `limit` bytes. @throws Error as `take`, or when the marker does not come. */
  takeThrough(marker: string, limit: number): Promise<Uint8Array> {
    return this.#until((available) => {
      const at = available.indexOf(marker);
      if (at >= 0) return at + marker.length;
      if (available.length > limit) throw new Error(`no end within ${limit} bytes`);
      return undefined;
    });
  }

  #until(measure: (available: Buffer) => number | undefined): Promise<Uint8Array> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      let seen = Buffer.alloc(0);
      const limit = setTimeout(() => fail(new Error('nothing came for ten seconds')), LIMIT_MS);
      const done = (): void => {
        clearTimeout(limit);
        socket.pause();
        socket.off('data', look);
        socket.off('end', gone);
        socket.off('close', gone);
      };
      const fail = (error: unknown): void => {
        done();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const gone = (): void => fail(new Error('the client left'));
      const look = (chunk: Buffer): void => {
        seen = Buffer.concat([seen, chunk]);
        try {
          const size = measure(seen);
          if (size === undefined) return;
          done();
          if (seen.length > size) socket.unshift(seen.subarray(size));
          resolve(new Uint8Array(seen.subarray(0, size)));
        } catch (error) {
          fail(error);
        }
      };
      socket.on('data', look);
      socket.on('end', gone);
      socket.on('close', gone);
      if (socket.destroyed) gone();
      else socket.resume();
    });
  }
}
