/**
 * Files in and out of the page, by one-time tickets: a ticket is made by an authenticated request, is used once, and ends after a
 * few minutes. So a download link works without the token, and a stolen one is worth nothing.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EngineError } from '../traffic/engine-error.ts';

export interface Download {
  readonly name: string;
  readonly type: string;
  readonly content: { readonly bytes: Uint8Array } | { readonly path: string };
}

const LIFE_MS = 5 * 60_000;
const MAX_UPLOAD = 8 * 1024 ** 3;
const MAX_OPEN = 200;

interface Upload {
  readonly name: string;
  readonly bytes: number;
}

export class Tickets {
  readonly #downloads = new Map<string, { download: Download; until: number }>();
  readonly #uploads = new Map<string, { upload: Upload; until: number }>();
  readonly #folders: string[] = [];
  readonly #now: () => number;

  /** @param now milliseconds on a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Path of a link that can be followed once. */
  offer(download: Download): string {
    this.#expire();
    const ticket = randomBytes(24).toString('base64url');
    this.#downloads.set(ticket, { download, until: this.#now() + LIFE_MS });
    return `/download/${ticket}`;
  }

  takeDownload(ticket: string): Download | undefined {
    this.#expire();
    const found = this.#downloads.get(ticket);
    this.#downloads.delete(ticket);
    return found?.download;
  }

  /** @throws EngineError `bad-request` when the file is too large */
  expect(upload: Upload): string {
    this.#expire();
    if (upload.bytes > MAX_UPLOAD) {
      throw new EngineError(
        'bad-request',
        `${upload.name} is larger than ${MAX_UPLOAD / 1024 ** 3} GiB. Open it by its path instead.`,
      );
    }
    if (this.#uploads.size >= MAX_OPEN) throw new EngineError('bad-request', 'Too many uploads are waiting.');
    const ticket = randomBytes(24).toString('base64url');
    this.#uploads.set(ticket, { upload, until: this.#now() + LIFE_MS });
    return ticket;
  }

  /** Stores the body of an expected upload in a file of its own. Undefined: no such ticket. @throws EngineError */
  async receive(ticket: string, body: IncomingMessage): Promise<{ path: string } | undefined> {
    this.#expire();
    const found = this.#uploads.get(ticket);
    this.#uploads.delete(ticket);
    if (found === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'interpose-upload-'));
    this.#folders.push(folder);
    const path = join(folder, safeName(found.upload.name));
    let size = 0;
    const limit = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (size > found.upload.bytes) done(new EngineError('bad-request', 'The file is longer than was announced.'));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(body, limit, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      if (size !== found.upload.bytes) throw new EngineError('bad-request', 'The file is shorter than was announced.');
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return { path };
  }

  /** Removes what was uploaded. */
  close(): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }

  #expire(): void {
    const now = this.#now();
    for (const tickets of [this.#downloads, this.#uploads]) {
      for (const [ticket, { until }] of tickets) if (until < now) tickets.delete(ticket);
    }
  }
}

/** The client's file name, without anything that could lead elsewhere. */
export function safeName(name: string): string {
  const plain = basename(name.replaceAll('\\', '/'))
    .replaceAll(/[^\p{L}\p{N}._ -]/gu, '_')
    .replace(/^\.+/, '');
  return plain.slice(-120) || 'upload';
}
