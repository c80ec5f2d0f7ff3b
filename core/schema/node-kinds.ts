/** Questions about a node that several interpreters ask. */
import type { JsonNode, Node } from './nodes.ts';

const jsonKinds: Readonly<Record<JsonNode['kind'], true>> = {
  object: true,
  string: true,
  integer: true,
  number: true,
  boolean: true,
  null: true,
  array: true,
  record: true,
  tuple: true,
  oneOf: true,
  literal: true,
  any: true,
};

/** Whether the node describes JSON text; all others describe bytes. */
export function isJsonNode(node: Node): node is JsonNode {
  return Object.hasOwn(jsonKinds, node.kind);
}

/** Kinds that must be given a value before they can be written. */
export function needsValue(node: Node): boolean {
  if (canStandEmpty(node)) return false;
  return !((node.kind === 'int' || node.kind === 'varint') && node.derive !== undefined);
}

export function canStandEmpty(node: Node): boolean {
  const { kind } = node;
  return kind === 'when' || kind === 'optional' || kind === 'switch' || kind === 'fixed' || kind === 'checksum';
}

/** Kinds with more than one spelling for a value. */
export function keepsSpelling(node: Node): boolean {
  const { kind } = node;
  return (
    kind === 'text' ||
    kind === 'bytes' ||
    kind === 'float' ||
    kind === 'compressed' ||
    kind === 'custom' ||
    (kind === 'varint' && node.derive === undefined) ||
    (kind === 'enum' && node.of.kind === 'varint')
  );
}
