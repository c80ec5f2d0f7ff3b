/**
 * The frame under inspection and the one selection tree, bytes and details share: a field by path, within one of the frame's
 * buffers. Outside React, so that hovering redraws only what shows it.
 */
import type { BufferView, FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { fetchFrame } from '../engine-client/fetch-frame.ts';
import { createStore, type Store } from '../state/store.ts';
import type { SelectionStore } from '../timeline/selection.ts';

export interface FieldPlace {
  /** Index into the inspection's buffers. */
  readonly buffer: number;
  readonly path: string;
}

/** Loose bytes: dragged over, and no field covers exactly them. */
export interface ByteSpan {
  readonly buffer: number;
  readonly start: number;
  readonly end: number;
}

export interface InspectedBuffer extends BufferView {
  readonly kind: 'payload' | 'inner' | 'packet' | 'sent';
}

export interface Inspected {
  readonly frame: FrameView;
  readonly buffers: readonly InspectedBuffer[];
}

export interface Inspection {
  readonly inspected: Store<Inspected | null>;
  /** Frame number being fetched, 0 when none. */
  readonly loading: Store<number>;
  readonly error: Store<string>;
  readonly buffer: Store<number>;
  readonly field: Store<FieldPlace | null>;
  readonly hover: Store<FieldPlace | null>;
  readonly span: Store<ByteSpan | null>;
  readonly revealSecrets: Store<boolean>;
  selectField(path: string, buffer?: number): void;
  refresh(): void;
}

export function createInspection(client: EngineClient, selection: SelectionStore): Inspection {
  const inspected = createStore<Inspected | null>(null);
  const loading = createStore(0);
  const error = createStore('');
  const buffer = createStore(0);
  const field = createStore<FieldPlace | null>(null);
  const hover = createStore<FieldPlace | null>(null);
  const span = createStore<ByteSpan | null>(null);
  const revealSecrets = createStore(false);
  let isAsking = false;

  const fetch = async (force = false): Promise<void> => {
    const { focus } = selection.get();
    if (isAsking || client.line.get().phase !== 'ready') return;
    if (focus === 0) {
      inspected.set(null);
      return;
    }
    if (!force && inspected.get()?.frame.n === focus) return;
    isAsking = true;
    loading.set(focus);
    try {
      const frame = await fetchFrame(client, focus, revealSecrets.get());
      if (selection.get().focus === focus) show(frame);
    } catch (problem) {
      if (selection.get().focus === focus) {
        inspected.set(null);
        error.set(problem instanceof Error ? problem.message : String(problem));
      }
    } finally {
      isAsking = false;
      loading.set(0);
      // The selection went on while we asked: only the newest is worth asking for.
      if (selection.get().focus !== focus) void fetch();
    }
  };

  const show = (frame: FrameView): void => {
    const before = inspected.get();
    const next = { frame, buffers: buffersOf(frame) };
    error.set('');
    hover.set(null);
    span.set(null);
    const kept = field.get();
    inspected.set(next);
    if (before !== null && before.frame.n === frame.n && before.frame.time === frame.time) return;
    buffer.set(0);
    // The same message again: the field of interest stays chosen, which is how one compares updates.
    const root = next.buffers[0]?.root;
    const stays = kept !== null && kept.buffer === 0 && root !== undefined && fieldAt(root, kept.path) !== undefined;
    field.set(stays ? kept : null);
  };

  selection.subscribe(() => void fetch());
  revealSecrets.subscribe(() => void fetch(true));
  client.onReady(() => void fetch(true));

  return {
    inspected,
    loading,
    error,
    buffer,
    field,
    hover,
    span,
    revealSecrets,
    selectField(path, at = buffer.get()) {
      buffer.set(at);
      span.set(null);
      field.set({ buffer: at, path });
    },
    refresh: () => void fetch(true),
  };
}

function buffersOf(frame: FrameView): readonly InspectedBuffer[] {
  const buffers: InspectedBuffer[] = frame.buffers.map((each, i) => ({ ...each, kind: i === 0 ? 'payload' : 'inner' }));
  if (frame.sent !== undefined) {
    buffers.push({ title: '', hex: frame.sent.hex, root: frame.sent.root, kind: 'sent' });
  }
  if (frame.packet !== undefined) buffers.push({ ...frame.packet, kind: 'packet' });
  return buffers;
}

/** The field with this path, or undefined. */
export function fieldAt(root: FieldView, path: string): FieldView | undefined {
  if (root.path === path) return root;
  for (const child of root.children) {
    const found = fieldAt(child, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
