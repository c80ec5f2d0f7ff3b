/** Conformance of one dissected frame, whole or broken: ranges that nest and cover, summaries of one line. */
import type { FieldNode } from '../schema/nodes.ts';
import { joinPath, segmentOf } from '../schema/path.ts';
import { attempt } from './conformance-ground.ts';
import type { Direction, Dissected, Protocol } from './protocol.ts';
import { SUMMARY_LIMIT } from './summary.ts';

/** Nodes whose children leave no byte between them. */

export const CONTIGUOUS: ReadonlySet<string> = new Set(['struct', 'list', 'messages']);

/** Checks one dissected frame's tree; also used on damaged input. */
export function ranges(name: string, frame: Dissected, bytes: Uint8Array, failures: { add(text: string): void }): void {
  const made = attempt(() => frame.tree());
  if (made.error !== undefined) return failures.add(`${name}: the tree threw ${made.error}`);
  const root = made.value;
  if (root.start !== 0 || root.end !== bytes.length) {
    failures.add(`${name}: the tree covers ${root.start}…${root.end} of ${bytes.length} bytes.`);
  }
  rangesBelow(root, name, '', failures);
  for (const message of frame.messages) {
    if (message.range[0] < 0 || message.range[1] > bytes.length || message.range[0] > message.range[1]) {
      failures.add(`${name}: the range of ${String(message.name)} lies outside the frame.`);
    }
  }
  for (const info of frame.expert) {
    if (
      info.range !== undefined &&
      (info.range[0] < 0 || info.range[1] > bytes.length || info.range[0] > info.range[1])
    ) {
      failures.add(`${name}: the range of an expert info lies outside the frame: ${info.text}`);
    }
  }
}

function rangesBelow(node: FieldNode, name: string, path: string, failures: { add(text: string): void }): void {
  let at = node.start;
  for (const child of node.children) {
    const childPath = joinPath(path, segmentOf(node, child));
    if (child.start > child.end || child.start < node.start || child.end > node.end) {
      failures.add(
        `${name}: ${childPath} (${child.start}…${child.end}) is not within ${path || 'the root'} (${node.start}…${node.end}).`,
      );
    }
    if (child.bits === undefined) {
      if (child.start < at)
        failures.add(`${name}: ${childPath} begins at ${child.start}, before the field before it ends (${at}).`);
      if (CONTIGUOUS.has(node.kind) && child.start > at) {
        failures.add(`${name}: no field covers bytes ${at}…${child.start} before ${childPath}.`);
      }
      at = child.end;
    }
    rangesBelow(child, name, childPath, failures);
  }
  const open = node.kind === 'struct' || node.children.length > 0;
  if (CONTIGUOUS.has(node.kind) && open && at < node.end && node.children.every((child) => child.bits === undefined)) {
    failures.add(`${name}: no field covers bytes ${at}…${node.end} at the end of ${path || 'the root'}.`);
  }
  if (node.inner !== undefined) rangesBelow(node.inner.root, name, `${path}(${node.inner.title})`, failures);
}

export function summaries(
  protocol: Protocol,
  name: string,
  frame: Dissected,
  direction: Direction,
  failures: { add(text: string): void },
): void {
  for (const message of frame.messages) {
    const made = attempt(() => protocol.summary(message, direction));
    if (made.error !== undefined) failures.add(`${name}: the summary threw ${made.error}`);
    else if (made.value.length > SUMMARY_LIMIT || /[\n\r\u2028\u2029]/.test(made.value)) {
      failures.add(`${name}: the summary is not one line of at most ${SUMMARY_LIMIT} characters: ${made.value}`);
    }
  }
}
