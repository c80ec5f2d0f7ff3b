/** What passes between the main thread and the reader thread. */
import type { ConnectionStatus, Events } from '../../contract/verbs.ts';
import type { VerbName } from '../../contract/verbs.ts';
import type { ProtocolSource } from '../../session/recorder-messages.ts';
import type { EngineErrorCode } from '../../traffic/engine-error.ts';

export interface ReaderSetup {
  readonly path: string;
  readonly sources: readonly ProtocolSource[];
}

/** Verbs the reader answers; the rest belong to the main thread. */
export const READER_VERBS = [
  'view.open',
  'view.change',
  'view.close',
  'view.cancel',
  'view.rows',
  'view.indexOf',
  'view.find',
  'view.strip',
  'frame.get',
  'frame.dissect',
  'frame.usualAnswer',
  'frame.sameValue',
  'carrier.list',
  'carrier.get',
  'filter.check',
  'marks.list',
  'connections.list',
  'compose.form',
  'compose.encode',
  'stats.messages',
  'stats.conversations',
  'stats.latency',
  'stats.plot',
  'stats.rate',
  'stats.fieldBytes',
  'stats.coverage',
  'stats.expert',
] as const satisfies readonly VerbName[];
/** `reader.guess`: which protocol a connection's first bytes look like; the engine's own question. */
export type ReaderVerb = (typeof READER_VERBS)[number] | 'reader.guess';

export type ToReader =
  | {
      readonly kind: 'request';
      readonly id: number;
      /** Who asks; their views are closed with them. 0: the engine itself. */
      readonly client: number;
      /** The client's own number of the request: row batches carry it. */
      readonly clientRequest: number;
      readonly verb: ReaderVerb;
      readonly args: unknown;
    }
  | { readonly kind: 'gone'; readonly client: number }
  | { readonly kind: 'protocols'; readonly sources: readonly ProtocolSource[] }
  | { readonly kind: 'close' };

export type FromReader =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: EngineErrorCode; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly code: EngineErrorCode; readonly message: string }
  | { readonly kind: 'rows'; readonly id: number; readonly batch: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: 'grew';
      readonly grew: Events['grew'];
      readonly live: readonly { readonly client: number; readonly batch: Uint8Array<ArrayBuffer> }[];
    }
  | { readonly kind: 'connections'; readonly list: readonly ConnectionStatus[] }
  | { readonly kind: 'closed' };
