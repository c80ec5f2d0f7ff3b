/** The main thread's end of the reader: requests by number, ticks passed on. */
import type { ConnectionStatus, Events, Verbs } from '../contract/verbs.ts';
import type { Port, ProtocolSource } from '../session/recorder-messages.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { FromReader, ReaderVerb, ToReader } from './reader/reader-messages.ts';

export interface ReaderEvents {
  grew(grew: Events['grew'], live: readonly { readonly client: number; readonly batch: Uint8Array }[]): void;
  connections(list: readonly ConnectionStatus[]): void;
}

/** What a request gives: JSON, or for `view.rows` a batch that carries the client's own request number. */
export type ReaderAnswer = { readonly ok: unknown } | { readonly batch: Uint8Array };

interface Pending {
  resolve(answer: ReaderAnswer): void;
  reject(error: Error): void;
}

export class ReaderClient {
  readonly ready: Promise<void>;
  readonly #port: Port<FromReader, ToReader>;
  readonly #pending = new Map<number, Pending>();
  readonly #closed = Promise.withResolvers<void>();
  #last = 0;

  constructor(port: Port<FromReader, ToReader>, events: ReaderEvents) {
    this.#port = port;
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    port.on('message', (message) => {
      switch (message.kind) {
        case 'ready':
          ready.resolve();
          return;
        case 'refused':
          ready.reject(new EngineError(message.code, message.message));
          return;
        case 'answer':
          this.#take(message.id)?.resolve({ ok: message.ok });
          return;
        case 'rows':
          this.#take(message.id)?.resolve({ batch: message.batch });
          return;
        case 'error':
          this.#take(message.id)?.reject(new EngineError(message.code, message.message));
          return;
        case 'grew':
          events.grew(message.grew, message.live);
          return;
        case 'connections':
          events.connections(message.list);
          return;
        case 'closed':
          this.#closed.resolve();
      }
    });
  }

  request(verb: ReaderVerb, args: unknown, client: number, clientRequest: number): Promise<ReaderAnswer> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#port.postMessage({ kind: 'request', id, client, clientRequest, verb, args });
    });
  }

  /** For the engine's own questions. */
  async ask<V extends Exclude<ReaderVerb, 'view.rows' | 'reader.guess'>>(
    verb: V,
    args: Verbs[V]['args'],
  ): Promise<Verbs[V]['result']> {
    const answer = await this.request(verb, args, 0, 0);
    return ('ok' in answer ? answer.ok : undefined) as Verbs[V]['result'];
  }

  /** Which protocol the first bytes of a connection look like, whatever it is decoded as. */
  async guess(conn: number): Promise<{ readonly protocol: string; readonly confidence: number } | null> {
    const answer = await this.request('reader.guess', { conn }, 0, 0);
    return 'ok' in answer ? (answer.ok as { protocol: string; confidence: number } | null) : null;
  }

  gone(client: number): void {
    this.#port.postMessage({ kind: 'gone', client });
  }
  setProtocols(sources: readonly ProtocolSource[]): void {
    this.#port.postMessage({ kind: 'protocols', sources });
  }
  close(): Promise<void> {
    this.#port.postMessage({ kind: 'close' });
    return this.#closed.promise;
  }
  /** The thread is gone: nothing waits for it any longer. */
  abandon(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#closed.resolve();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}
