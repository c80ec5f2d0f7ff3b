/**
 * The one line to the engine: requests and answers, events, row batches. When the line breaks it is tried again, quickly at
 * first; what has to be asked anew after a break listens to `onReady`.
 */
import {
  CONTRACT_VERSION,
  type EventName,
  type Events,
  type VerbName,
  type Verbs,
} from '../../../core/contract/verbs.ts';
import { decodeRowBatch, type RowBatch } from '../../../core/contract/row-batch.ts';
import { createStore, type ReadonlyStore } from '../state/store.ts';
import { backoff } from './backoff.ts';

export type LineState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'ready' }
  | { readonly phase: 'waiting'; readonly attempt: number }
  | { readonly phase: 'refused'; readonly reason: string };

/** A request the engine did not fulfil; `code` is one of the engine's error codes, or `disconnected`. */
export class RequestError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
  }
}

type JsonVerb = Exclude<VerbName, 'view.rows'>;

export interface EngineClient {
  readonly line: ReadonlyStore<LineState>;
  request<V extends JsonVerb>(verb: V, args: Verbs[V]['args']): Promise<Verbs[V]['result']>;
  rows(args: Verbs['view.rows']['args']): Promise<RowBatch>;
  on<E extends EventName>(event: E, listener: (data: Events[E]) => void): () => void;
  onLiveRows(listener: (batch: RowBatch) => void): () => void;
  /** Called each time the line is up, first of all after the token was accepted. */
  onReady(listener: () => void): () => void;
  /** Once: now, or as soon as the line is up. */
  whenReady(listener: () => void): void;
  close(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function createEngineClient(url: string, token: () => string | null): EngineClient {
  const line = createStore<LineState>({ phase: 'connecting' });
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, Set<(data: never) => void>>();
  const rowListeners = new Set<(batch: RowBatch) => void>();
  const readyListeners = new Set<() => void>();
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let nextId = 1;
  let attempt = 0;
  let isClosed = false;

  const ask = (verb: VerbName, args: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (socket === undefined || socket.readyState !== WebSocket.OPEN) {
        reject(new RequestError('disconnected', 'The engine is not connected.'));
        return;
      }
      const id = nextId++;
      pending.set(id, { resolve, reject });
      socket.send(JSON.stringify({ id, verb, args }));
    });

  const settle = (id: number, use: (request: Pending) => void): void => {
    const request = pending.get(id);
    if (request === undefined) return;
    pending.delete(id);
    use(request);
  };

  const onText = (text: string): void => {
    const message = JSON.parse(text) as {
      id?: number;
      ok?: unknown;
      error?: { code: string; message: string };
      event?: string;
      data?: unknown;
    };
    if (message.event !== undefined) {
      for (const listener of listeners.get(message.event) ?? []) listener(message.data as never);
    } else if (typeof message.id === 'number') {
      const { error } = message;
      settle(message.id, (request) =>
        error === undefined ? request.resolve(message.ok) : request.reject(new RequestError(error.code, error.message)),
      );
    }
  };

  const onBytes = (bytes: ArrayBuffer): void => {
    const batch = decodeRowBatch(new Uint8Array(bytes));
    if (batch.kind === 'answer') settle(batch.id, (request) => request.resolve(batch));
    else for (const listener of rowListeners) listener(batch);
  };

  const connect = (): void => {
    const given = token();
    if (given === null) {
      line.set({ phase: 'refused', reason: 'no-token' });
      return;
    }
    const current = new WebSocket(url);
    current.binaryType = 'arraybuffer';
    socket = current;
    current.addEventListener('open', () => {
      current.send(JSON.stringify({ token: given, version: CONTRACT_VERSION }));
      // The first answer proves that the token was taken.
      ask('session.info', {}).then(
        () => {
          attempt = 0;
          line.set({ phase: 'ready' });
          for (const listener of readyListeners) listener();
        },
        () => undefined,
      );
    });
    current.addEventListener('message', (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') onText(event.data);
      else onBytes(event.data);
    });
    current.addEventListener('close', (event) => {
      if (socket !== current) return;
      for (const request of pending.values()) request.reject(new RequestError('disconnected', 'The engine went away.'));
      pending.clear();
      if (isClosed) return;
      // A wrong token and another version do not change by trying again.
      if (event.code === 4401 || event.code === 4400) {
        line.set({ phase: 'refused', reason: event.code === 4400 ? 'version' : 'token' });
        return;
      }
      line.set({ phase: 'waiting', attempt });
      timer = setTimeout(connect, backoff(attempt++, Math.random()));
    });
  };
  connect();

  const onReady = (listener: () => void): (() => void) => {
    readyListeners.add(listener);
    if (line.get().phase === 'ready') listener();
    return () => void readyListeners.delete(listener);
  };
  return {
    line,
    request: (verb, args) => ask(verb, args) as Promise<never>,
    rows: (args) => ask('view.rows', args) as Promise<RowBatch>,
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (data: never) => void);
      return () => void set.delete(listener as (data: never) => void);
    },
    onLiveRows(listener) {
      rowListeners.add(listener);
      return () => void rowListeners.delete(listener);
    },
    onReady,
    whenReady(listener) {
      let isCalled = false;
      const end = onReady(() => {
        if (isCalled) return;
        isCalled = true;
        listener();
        queueMicrotask(() => end());
      });
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
