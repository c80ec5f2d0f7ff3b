/**
 * References between fields (`from('count')`, `when(eq('flags', 1), …)`, `derive`) checked when a schema is built: what a
 * field refers to must come before it in the same struct; what a length or count is derived from must be a sibling.
 */
import { isJsonNode } from './node-kinds.ts';
import type { Length, Node, StructNode } from './nodes.ts';

const open = new WeakMap<Node, readonly string[]>();

function lengthReference(length: Length): readonly string[] {
  return length.by === 'field' ? [length.ref] : [];
}

/** References of a node that must be answered by the struct around it; a leading `^` means one struct further out. */
function openReferences(node: Node): readonly string[] {
  const known = open.get(node);
  if (known !== undefined) return known;
  const found = findOpen(node);
  open.set(node, found);
  return found;
}

function findOpen(node: Node): readonly string[] {
  if (isJsonNode(node)) return [];
  switch (node.kind) {
    case 'int':
    case 'float':
    case 'varint':
    case 'bits':
    case 'enum':
    case 'flags':
    case 'fixed':
    case 'custom':
    case 'checksum':
      return [];
    case 'bytes':
    case 'text':
      return lengthReference(node.length);
    case 'compressed':
    case 'sealed':
      return [...lengthReference(node.length), ...openReferences(node.of)];
    case 'list':
      return [...lengthReference(node.count), ...openReferences(node.of)];
    case 'when':
      return [node.condition.on, ...openReferences(node.then)];
    case 'optional':
      return openReferences(node.of);
    case 'switch': {
      const inner = node.cases.flatMap((one) => openReferences(one.node));
      return [node.on, ...inner, ...(node.otherwise === undefined ? [] : openReferences(node.otherwise))];
    }
    case 'struct':
      return checkStruct(node);
    case 'messages':
      return node.cases.flatMap((one) => openReferences(one.body));
    default:
      return node satisfies never;
  }
}

function checkStruct(node: StructNode): readonly string[] {
  const names = new Set(node.fields.map((field) => field.name));
  if (names.has('__proto__')) throw new Error('A field cannot be called __proto__.');
  if (names.size !== node.fields.length) throw new Error('A struct has two fields of one name.');
  const earlier = new Set<string>();
  const outward: string[] = [];
  for (const { name, node: field } of node.fields) {
    for (const reference of openReferences(field)) {
      if (reference.startsWith('^')) outward.push(reference.slice(1));
      else mustBeEarlier(reference, name, names, earlier);
    }
    const derive = field.kind === 'int' || field.kind === 'varint' ? field.derive : undefined;
    if (derive !== undefined && (!names.has(derive.ref) || derive.ref === name)) {
      throw new Error(
        `Field ${name} is the ${derive.kind} of ${derive.ref}, but the struct has no other field ${derive.ref}.`,
      );
    }
    if (field.kind === 'checksum') {
      for (const reference of [field.from, field.to]) {
        if (reference !== undefined) mustBeEarlier(reference, name, names, earlier);
      }
    }
    earlier.add(name);
  }
  return outward;
}

function mustBeEarlier(reference: string, field: string, names: Set<string>, earlier: Set<string>): void {
  const head = reference.split('.')[0] ?? reference;
  if (earlier.has(head)) return;
  throw new Error(
    names.has(head)
      ? `Field ${field} refers to ${reference}, which does not come before it.`
      : `Field ${field} refers to ${reference}, but the struct has no such field. Its fields: ${[...names].join(', ')}.`,
  );
}

/** @throws Error naming the field and the reference that cannot be resolved. */
export function checkReferences(node: Node): void {
  openReferences(node);
}

/** @throws Error when a schema refers to a struct around it that is not there. */
export function checkClosed(node: Node): void {
  const left = openReferences(node);
  if (left.length > 0)
    throw new Error(`The schema refers to ${left[0]}, but there is no struct around it that has it.`);
}
