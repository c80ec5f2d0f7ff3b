/** From a byte to the field it belongs to: a sorted index over a tree's ranges, for the hex view. */
import type { FieldNode } from './nodes.ts';
import { joinPath, segmentOf } from './path.ts';

export interface IndexedField {
  readonly node: FieldNode;
  readonly path: string;
}

/** Every field of a tree in order of bytes. Ranges nest and are ordered, so a binary search per level finds the deepest. */
export class ByteIndex {
  private readonly root: FieldNode;

  constructor(root: FieldNode) {
    this.root = root;
  }

  /** The fields the byte lies in, outermost first; empty when it is outside. Of packed bits, the first part is given. */
  at(offset: number): readonly IndexedField[] {
    const chain: IndexedField[] = [];
    let here: FieldNode | undefined = this.root;
    let path = '';
    if (offset < here.start || offset >= here.end) return chain;
    while (here !== undefined) {
      chain.push({ node: here, path });
      const child: FieldNode | undefined = childAt(here.children, offset);
      if (child !== undefined) path = joinPath(path, segmentOf(here, child));
      here = child;
    }
    return chain;
  }

  /** Deepest field of the byte. */
  deepest(offset: number): IndexedField | undefined {
    return this.at(offset).at(-1);
  }
}

function childAt(children: readonly FieldNode[], offset: number): FieldNode | undefined {
  let low = 0;
  let high = children.length - 1;
  let found: FieldNode | undefined;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const child = children[middle] as FieldNode;
    if (offset < child.start) high = middle - 1;
    else if (offset >= child.end) low = middle + 1;
    else {
      found = child;
      // The first of several parts that share the byte (packed bits).
      high = middle - 1;
    }
  }
  return found;
}
