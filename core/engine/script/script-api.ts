/** What a script sees and may do. Shared by its author (through `library/script.ts`), its thread and the engine. */

export interface ScriptConnection {
  readonly id: number;
  readonly proxy: string;
  readonly protocol: string;
  readonly transport: string;
  readonly role: string;
  /** `address:port`. */
  readonly client: string;
  readonly server: string;
}

export interface ScriptFrame {
  readonly n: number;
  readonly connection: ScriptConnection;
  readonly direction: 'toServer' | 'toClient';
  /** The first message's name; null when the frame could not be understood. */
  readonly message: string | null;
  readonly fields: unknown;
  /** Payload as received. */
  readonly bytes: Uint8Array;
  readonly summary: string;
}

/**
 * What becomes of a frame: nothing returned forwards it; `'drop'` drops it; `fields` sends the message with these fields, written
 * like the original; `bytes` sends these bytes.
 */
export type ScriptResult = undefined | void | 'drop' | { readonly fields: unknown } | { readonly bytes: Uint8Array };

export type ScriptInjection = { readonly message: string; readonly fields: unknown } | { readonly bytes: Uint8Array };

/** What a script may do at any time. */
export interface Interpose {
  /** Sends a message of its own, either way. */
  inject(connection: number, direction: 'toServer' | 'toClient', what: ScriptInjection): void;
  /** A line in the app's script log. */
  log(...parts: readonly unknown[]): void;
  /** Runs later, and stops when the script does. Returns what cancels it. */
  after(ms: number, run: () => void): () => void;
  every(ms: number, run: () => void): () => void;
  /** Whatever the script wants to remember; emptied when it is read again. */
  readonly state: Map<string, unknown>;
}

export interface Script {
  /** Only frames that fit are handed to `onFrame`. Without it: all frames, each of which then waits for the script. */
  readonly filter?: string;
  onConnection?(connection: ScriptConnection, interpose: Interpose): void | Promise<void>;
  /** Has one second; a frame that gets no answer by then goes on as it came. */
  onFrame?(frame: ScriptFrame, interpose: Interpose): ScriptResult | Promise<ScriptResult>;
  onClose?(connection: ScriptConnection, interpose: Interpose): void | Promise<void>;
}

export const HOOKS = ['onConnection', 'onFrame', 'onClose'] as const;
export type Hook = (typeof HOOKS)[number];

export type ToScript =
  | { readonly kind: 'connection' | 'close'; readonly connection: ScriptConnection }
  | { readonly kind: 'frame'; readonly id: number; readonly frame: ScriptFrame }
  | { readonly kind: 'ping' };

export type FromScript =
  | { readonly kind: 'ready'; readonly hooks: readonly Hook[]; readonly filter: string | undefined }
  | { readonly kind: 'answer'; readonly id: number; readonly result: ScriptResult }
  | {
      readonly kind: 'inject';
      readonly connection: number;
      readonly direction: 'toServer' | 'toClient';
      readonly what: ScriptInjection;
    }
  | { readonly kind: 'log'; readonly text: string }
  /** A hook threw, or the file could not be loaded (`fatal`). */
  | { readonly kind: 'error'; readonly message: string; readonly line: number | undefined; readonly fatal: boolean }
  | { readonly kind: 'pong' };
