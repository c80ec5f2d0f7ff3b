/** Compressed, masked or encoded content: what a search of the payload's own bytes cannot see into. */
import type { Dissected, MessageSpec } from '../../protocol/protocol.ts';
import type { FieldNode, Node } from '../../schema/nodes.ts';

const known = new WeakMap<MessageSpec, boolean>();

/** Outermost fields with content of their own, and everything inside each. */
export function packedFields(dissected: Dissected): { readonly field: FieldNode; readonly inside: Uint8Array[] }[] {
  if (!dissected.messages.some(({ spec }) => spec !== undefined && mayBePacked(spec))) return [];
  const found: { field: FieldNode; inside: Uint8Array[] }[] = [];
  const visit = (node: FieldNode, inside: Uint8Array[] | undefined, depth: number): void => {
    if (depth > 128) return;
    let content = inside;
    if (node.inner !== undefined) {
      if (content === undefined) found.push({ field: node, inside: (content = []) });
      content.push(node.inner.bytes);
      visit(node.inner.root, content, depth + 1);
    }
    for (const child of node.children) visit(child, inside, depth + 1);
  };
  visit(dissected.tree(), undefined, 0);
  return found;
}

function mayBePacked(spec: MessageSpec): boolean {
  let answer = known.get(spec);
  if (answer === undefined) {
    answer = holdsPacked(spec.node, 0);
    known.set(spec, answer);
  }
  return answer;
}

function holdsPacked(node: Node, depth: number): boolean {
  if (depth > 32) return false;
  const any = (nodes: readonly Node[]): boolean => nodes.some((each) => holdsPacked(each, depth + 1));
  switch (node.kind) {
    case 'compressed':
    case 'sealed':
      return true;
    case 'string':
      return node.inner !== undefined;
    case 'struct':
      return any(node.fields.map((field) => field.node));
    case 'object':
      return any(node.keys.map((key) => key.node));
    case 'list':
    case 'array':
    case 'record':
    case 'optional':
      return holdsPacked(node.of, depth + 1);
    case 'when':
      return holdsPacked(node.then, depth + 1);
    case 'switch':
      return any([...node.cases.map((each) => each.node), ...(node.otherwise === undefined ? [] : [node.otherwise])]);
    case 'messages':
      return any(node.cases.map((each) => each.body));
    case 'tuple':
      return any([...node.items, ...(node.rest === undefined ? [] : [node.rest])]);
    case 'oneOf':
      return any(node.options);
    default:
      return false;
  }
}
