/**
 * A message being written: its fields, the bytes they make, what the engine remarks. One edit shows in all three views. Fields
 * are the truth unless the bytes were edited last; overrides by path are deliberate lies.
 */
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { FormControl } from '../../../core/contract/verbs.ts';
import type { Direction, ExpertInfo } from '../../../core/traffic/frame.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { fetchFrame } from '../engine-client/fetch-frame.ts';
import { createStore, type ReadonlyStore } from '../state/store.ts';
import { changedPaths, setAt } from './field-values.ts';

export interface DraftSource {
  readonly protocol: string;
  readonly message: string;
  readonly direction: Direction;
  readonly conn: number;
}

export interface MessageDraftState {
  readonly source: DraftSource | null;
  readonly frame: FrameView | null;
  readonly form: FormControl | null;
  readonly fields: unknown;
  readonly originalFields: unknown;
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Bytes as they came; '' when written anew. */
  readonly originalHex: string;
  /** Bytes to be sent. */
  readonly hex: string;
  readonly root: FieldView | null;
  readonly expert: readonly ExpertInfo[];
  /** Why the fields cannot be written as bytes, or the bytes not be read. */
  readonly problem: string;
  /** The bytes lag behind the fields. */
  readonly isPending: boolean;
  readonly editedIn: 'fields' | 'bytes' | null;
}

const EMPTY: MessageDraftState = {
  source: null,
  frame: null,
  form: null,
  fields: undefined,
  originalFields: undefined,
  overrides: {},
  originalHex: '',
  hex: '',
  root: null,
  expert: [],
  problem: '',
  isPending: false,
  editedIn: null,
};

export interface MessageDraft {
  readonly state: ReadonlyStore<MessageDraftState>;
  /** Frame number it started from; 0 when none. */
  readonly source: ReadonlyStore<number>;
  openFrame(n: number): Promise<void>;
  openMessage(source: DraftSource): Promise<void>;
  /** Bytes as they are, of no message in particular. */
  openBytes(source: Omit<DraftSource, 'message'>, hex: string): void;
  setField(path: string, value: unknown): void;
  setFields(fields: unknown): void;
  /** Changes what the form consists of: an item more, another variant, a part left out. */
  setShape(path: string, value: unknown): void;
  setOverride(path: string, value: unknown): void;
  removeOverride(path: string): void;
  setHex(hex: string): void;
  undo(): void;
  clear(): void;
  isChanged(): boolean;
  /** Hex to send, or null while it is not known. */
  bytesToSend(): string | null;
}

const WAIT_MS = 120;

export function createMessageDraft(client: EngineClient): MessageDraft {
  const state = createStore<MessageDraftState>(EMPTY);
  const source = createStore(0);
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const start = async (from: DraftSource, frame: FrameView | null): Promise<void> => {
    const mine = ++turn;
    clearTimeout(timer);
    const hex = frame?.buffers[0]?.hex ?? '';
    const fields = frame?.messages[0]?.fields;
    state.set({
      ...EMPTY,
      source: from,
      frame,
      originalHex: hex,
      hex,
      fields,
      originalFields: fields,
      root: frame?.buffers[0]?.root ?? null,
      expert: frame?.expert ?? [],
      isPending: true,
    });
    if (from.message === '') {
      state.update((now) => ({ ...now, isPending: false }));
      return;
    }
    try {
      const { protocol, message, direction, conn } = from;
      const form = await client.request('compose.form', {
        protocol,
        message,
        direction,
        ...(conn > 0 ? { conn } : {}),
        ...(frame === null ? {} : { from: frame.n }),
      });
      if (mine !== turn) return;
      state.update((now) => ({
        ...now,
        form: form.form,
        fields: form.fields,
        originalFields: form.fields,
        hex: frame === null ? form.hex : hex,
        isPending: false,
      }));
      if (frame === null) void dissect(mine);
    } catch (error) {
      if (mine !== turn) return;
      state.update((now) => ({ ...now, isPending: false, problem: text(error) }));
    }
  };

  /** The form of other fields; the values stay. */
  const reshape = async (fields: unknown): Promise<void> => {
    const { source: from } = state.get();
    if (from === null) return;
    const { protocol, message, direction, conn } = from;
    try {
      const next = await client.request('compose.form', {
        protocol,
        message,
        direction,
        fields,
        ...(conn > 0 ? { conn } : {}),
      });
      if (state.get().fields === fields) state.update((now) => ({ ...now, form: next.form }));
    } catch {
      // The old form still edits what it shows; JSON and bytes show everything.
    }
  };

  const encode = async (mine: number): Promise<void> => {
    const now = state.get();
    if (now.source === null) return;
    const { protocol, message, direction, conn } = now.source;
    try {
      const made = await client.request('compose.encode', {
        protocol,
        message,
        direction,
        fields: now.fields,
        ...(conn > 0 ? { conn } : {}),
        ...(now.originalHex === '' ? {} : { original: now.originalHex }),
        ...(Object.keys(now.overrides).length === 0 ? {} : { override: { ...now.overrides } }),
      });
      if (mine !== turn) return;
      state.update((later) => ({ ...later, hex: made.hex, expert: made.expert, problem: '', isPending: false }));
      await dissect(mine);
    } catch (error) {
      if (mine === turn) state.update((later) => ({ ...later, problem: text(error), isPending: false }));
    }
  };

  const dissect = async (mine: number): Promise<void> => {
    const now = state.get();
    if (now.source === null) return;
    const { protocol, direction, conn } = now.source;
    try {
      const read = await client.request('frame.dissect', {
        direction,
        hex: now.hex,
        protocol,
        ...(conn > 0 ? { conn } : {}),
      });
      if (mine !== turn) return;
      state.update((later) => ({
        ...later,
        root: read.root,
        expert: read.expert.length > 0 || later.editedIn === 'bytes' ? read.expert : later.expert,
        isPending: false,
        problem: '',
        ...(later.editedIn === 'bytes' && read.message !== null ? { fields: read.fields } : {}),
      }));
    } catch (error) {
      if (mine === turn) state.update((later) => ({ ...later, problem: text(error), isPending: false }));
    }
  };

  const later = (work: (mine: number) => Promise<void>): void => {
    const mine = ++turn;
    clearTimeout(timer);
    timer = setTimeout(() => void work(mine), WAIT_MS);
  };
  const changeFields = (part: Partial<MessageDraftState>): void => {
    state.update((now) => ({ ...now, ...part, editedIn: 'fields', isPending: true }));
    later(encode);
  };

  return {
    state,
    source,
    async openFrame(n) {
      source.set(n);
      const frame = await fetchFrame(client, n);
      if (source.get() !== n) return;
      await start(
        {
          protocol: frame.protocol,
          message: frame.messages[0]?.name ?? '',
          direction: frame.direction,
          conn: frame.conn,
        },
        frame,
      );
    },
    async openMessage(from) {
      source.set(0);
      await start(from, null);
    },
    openBytes(from, hex) {
      source.set(0);
      const mine = ++turn;
      clearTimeout(timer);
      state.set({ ...EMPTY, source: { ...from, message: '' }, hex, editedIn: 'bytes', isPending: hex !== '' });
      if (hex !== '') void dissect(mine);
    },
    setField: (path, value) => changeFields({ fields: setAt(state.get().fields, path, value) }),
    setFields: (fields) => changeFields({ fields }),
    setShape(path, value) {
      const fields = setAt(state.get().fields, path, value);
      changeFields({ fields });
      void reshape(fields);
    },
    setOverride: (path, value) => changeFields({ overrides: { ...state.get().overrides, [path]: value } }),
    removeOverride(path) {
      const { [path]: _gone, ...overrides } = state.get().overrides;
      changeFields({ overrides });
    },
    setHex(hex) {
      state.update((now) => ({ ...now, hex, editedIn: 'bytes', isPending: true, overrides: {} }));
      later(dissect);
    },
    undo() {
      const now = state.get();
      if (now.source === null) return;
      if (now.originalHex === '') void start(now.source, null);
      else {
        turn++;
        clearTimeout(timer);
        state.set({
          ...now,
          fields: now.originalFields,
          overrides: {},
          hex: now.originalHex,
          root: now.frame?.buffers[0]?.root ?? null,
          expert: now.frame?.expert ?? [],
          problem: '',
          isPending: false,
          editedIn: null,
        });
      }
    },
    clear() {
      turn++;
      clearTimeout(timer);
      source.set(0);
      state.set(EMPTY);
    },
    isChanged: () => state.get().hex !== state.get().originalHex,
    bytesToSend() {
      const { hex, isPending, problem } = state.get();
      return isPending || problem !== '' || hex === '' ? null : hex;
    },
  };
}

/** Paths whose value differs from the frame it started from. */
export function editedPaths(state: MessageDraftState): readonly string[] {
  if (state.editedIn === null) return [];
  return [...changedPaths(state.originalFields, state.fields), ...Object.keys(state.overrides)];
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
