/** How every builder ends: a schema node is shared by all who read it, so nobody may change it. */
import type { Node } from './nodes.ts';

export function freeze<N extends Node>(node: N): N {
  Object.freeze(node.meta);
  return Object.freeze(node);
}
