/** From bytes to fields and back: pure questions about a field tree. */
import type { FieldView } from '../../../core/contract/frames.ts';

/** Fields from the root down to the one with this path; empty when there is none. */
export function lineage(root: FieldView, path: string): readonly FieldView[] {
  if (root.path === path) return [root];
  for (const child of root.children) {
    const below = lineage(child, path);
    if (below.length > 0) return [root, ...below];
  }
  return [];
}

/** Smallest field that covers `[start, end)` of the buffer. Bits of one byte are reached through their parent. */
export function smallestCovering(root: FieldView, start: number, end: number): FieldView | undefined {
  if (start < root.start || end > root.end) return undefined;
  let at = root;
  for (;;) {
    const inner = at.children.filter(
      (child) => child.start <= start && child.end >= end && child.end > child.start && child.inner === undefined,
    );
    const fitting = inner.length === 1 || inner[0]?.bits === undefined ? inner[0] : undefined;
    if (fitting === undefined) return at;
    at = fitting;
  }
}

/** A field for dragged bytes: one that covers exactly them, else none. */
export function exactField(root: FieldView, start: number, end: number): FieldView | undefined {
  const covering = smallestCovering(root, start, end);
  return covering !== undefined && covering.start === start && covering.end === end ? covering : undefined;
}

export function parentOf(root: FieldView, path: string): FieldView | undefined {
  const line = lineage(root, path);
  return line[line.length - 2];
}

/** Field whose value the derived field counts: `name length` counts `name`. */
export function countedBy(root: FieldView, field: FieldView): FieldView | undefined {
  if (field.derived === undefined) return undefined;
  const parent = parentOf(root, field.path);
  return parent?.children.find((child) => child.name === field.derived || child.path === field.derived);
}

export interface TreeLine {
  readonly field: FieldView;
  readonly depth: number;
  readonly isOpen: boolean;
}

/** What is in sight of the tree, in order. The root is shown only when it has nothing inside. */
export function visibleLines(
  root: FieldView,
  isOpen: (field: FieldView, depth: number, siblings: number) => boolean,
): readonly TreeLine[] {
  const lines: TreeLine[] = [];
  const add = (field: FieldView, depth: number, siblings: number): void => {
    const open = field.children.length > 0 && isOpen(field, depth, siblings);
    lines.push({ field, depth, isOpen: open });
    if (open) for (const child of field.children) add(child, depth + 1, field.children.length);
  };
  if (root.children.length === 0) add(root, 0, 1);
  else for (const child of root.children) add(child, 0, root.children.length);
  return lines;
}

/** Open by itself: what is near the top, short, and not one of many. */
export function opensByItself(field: FieldView, depth: number, siblings: number): boolean {
  return depth === 0 ? field.children.length <= 40 : depth <= 2 && siblings <= 3 && field.children.length <= 8;
}
