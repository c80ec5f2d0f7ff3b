/** Questions commands ask about what is selected. */
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { HeldFrame } from '../../../core/traffic/control.ts';
import type { App } from '../app.ts';
import { fetchFrame } from '../engine-client/fetch-frame.ts';
import { lineage } from '../inspector/field-index.ts';

export const hasFrame = (app: App): boolean => app.selection.get().focus > 0;
export const hasRows = (app: App): boolean => app.view.status.get().shown > 0;
export const hasHeld = (app: App): boolean => app.mirror.held.get().length > 0;

/** The inspected frame, when it is the selected one. */
export function currentFrame(app: App): FrameView | undefined {
  const frame = app.inspection.inspected.get()?.frame;
  return frame?.n === app.selection.get().focus ? frame : undefined;
}

/** The selected frame; keys may be quicker than the inspector. Undefined: none is selected. */
export async function selectedFrame(app: App): Promise<FrameView | undefined> {
  const { focus } = app.selection.get();
  return focus === 0 ? undefined : (currentFrame(app) ?? fetchFrame(app.client, focus));
}

export function currentField(app: App): FieldView | undefined {
  const inspected = app.inspection.inspected.get();
  const chosen = app.inspection.field.get();
  if (inspected === null || chosen === null) return undefined;
  const root = inspected.buffers[chosen.buffer]?.root;
  return root === undefined ? undefined : lineage(root, chosen.path).at(-1);
}

/** The same, unless it belongs to the carrier: filters, rules and plots speak of messages. */
export function messageField(app: App): FieldView | undefined {
  const inspected = app.inspection.inspected.get();
  const isCarriers = inspected?.buffers[app.inspection.field.get()?.buffer ?? 0]?.kind === 'packet';
  return isCarriers ? undefined : currentField(app);
}

/** The held frame under edit, else the selected one when it is held, else the oldest. */
export function currentHeld(app: App): HeldFrame | undefined {
  const held = app.mirror.held.get();
  const wanted = app.holds.selected.get();
  return (
    held.find((frame) => frame.n === wanted) ?? held.find((frame) => frame.n === app.selection.get().focus) ?? held[0]
  );
}

/** Index of the focused row; -1 when it is not in the view. */
export async function focusIndex(app: App): Promise<number> {
  const { focus } = app.selection.get();
  if (focus === 0) return -1;
  const { top, page } = app.scroll.state();
  for (let i = Math.floor(top); i <= Math.ceil(top + page); i++) if (app.view.row(i)?.n === focus) return i;
  return (await app.view.indexOf(focus)).index;
}
