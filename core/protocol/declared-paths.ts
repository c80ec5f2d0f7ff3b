/** Whether a schema has a field at a path: for references a protocol makes to its own messages. */
import type { Node } from '../schema/nodes.ts';
import { parsePath, type Segment } from '../schema/path.ts';

/** True also where the schema leaves the place open (`any`, a message body of unknown kind). */
export function pathExists(node: Node, path: string): boolean {
  try {
    return nodesAt(node, parsePath(path)).length > 0;
  } catch {
    return false;
  }
}

/** The schema's node at a path; of several alternatives the first. */
export function nodeAt(node: Node, path: string): Node | undefined {
  return nodesAt(node, parsePath(path))[0];
}

function nodesAt(node: Node, segments: readonly Segment[]): readonly Node[] {
  const [segment, ...more] = segments;
  switch (node.kind) {
    case 'when':
      return nodesAt(node.then, segments);
    case 'optional':
    case 'compressed':
    case 'sealed':
      return nodesAt(node.of, segments);
    case 'switch':
      return [...node.cases.map((one) => one.node), ...(node.otherwise === undefined ? [] : [node.otherwise])].flatMap(
        (one) => nodesAt(one, segments),
      );
    case 'oneOf':
      return node.options.flatMap((one) => nodesAt(one, segments));
    default:
  }
  if (segment === undefined) return [node];
  switch (node.kind) {
    case 'struct': {
      const field = node.fields.find((one) => one.name === segment);
      return field === undefined ? [] : nodesAt(field.node, more);
    }
    case 'object': {
      const key = node.keys.find((one) => one.name === segment);
      return key === undefined ? [] : nodesAt(key.node, more);
    }
    case 'list':
    case 'array':
    case 'record':
      return nodesAt(node.of, more);
    case 'tuple': {
      const item = typeof segment === 'number' ? (node.items[segment] ?? node.rest) : undefined;
      return item === undefined ? [] : nodesAt(item, more);
    }
    case 'bits':
      return node.parts.some((part) => part.name === segment) ? [node] : [];
    case 'messages':
      return segment === 'body' ? node.cases.flatMap((one) => nodesAt(one.body, more)) : [node];
    case 'any':
    case 'custom':
      return [node];
    default:
      return [];
  }
}
