/** Bytes with something of their own in them: magic, packed or masked content, custom codecs, JSON. */
import { spanOf } from './decode-spans.ts';
import { startsWith } from './decode-containers.ts';
import { ABSENT, type Compile, cut, pushLeaf, type Step, leftOver, rootOf } from './decode-step.ts';
import { jsonTree } from './json-decode.ts';
import type { Meta, Node, StructNode } from './nodes.ts';
import { NO_CHILDREN, Reader } from './reader.ts';

export function fixedStep(magic: Uint8Array, meta: Meta): Step {
  return (reader, name) => {
    const start = reader.at;
    const end = start + magic.length;
    if (end > reader.end) return cut(reader, name, magic.length);
    if (!startsWith(reader, magic)) {
      reader.say('error', 'malformed', 'magic', `${reader.path(name)} is not what it always is.`, name, start, end);
    }
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'fixed', start, end, reader.bytes.subarray(start, end), meta);
    return ABSENT;
  };
}

export function innerStep(
  compile: Compile,
  node: Extract<Node, { kind: 'compressed' | 'sealed' }>,
  title: string,
  around: readonly StructNode[],
  open: (packed: Uint8Array, reader: Reader) => { bytes: Uint8Array } | { problem: string },
): Step {
  const find = spanOf(node.length, around, 1);
  const of = compile(node.of, around);
  const { kind, meta } = node;
  const innerNode = node.of;
  return (reader, name) => {
    const first = reader.at;
    const span = find(reader, name);
    if (span === null) return ABSENT;
    const packed = reader.bytes.subarray(span.start, span.end);
    const opened = open(packed, reader);
    const children = span.prefix === null ? NO_CHILDREN : [span.prefix];
    if ('problem' in opened) {
      reader.say('error', 'malformed', kind, `${reader.path(name)}: ${opened.problem}.`, name, first, span.after);
      reader.out?.push({ name: String(name), kind, start: first, end: span.after, value: packed, meta, children });
      return packed;
    }
    if (!reader.enter(name)) return ABSENT;
    const inner = new Reader(opened.bytes, 0, opened.bytes.length, reader.limits, reader.out !== null, [
      first,
      span.after,
    ]);
    inner.scopes.push(...reader.scopes);
    inner.names.push(...reader.names.slice(0, reader.depth));
    inner.depth = reader.depth;
    inner.nodes = reader.nodes;
    const value = of(inner, '');
    if (!inner.failed && inner.at < inner.end) leftOver(inner, inner.end);
    reader.nodes = inner.nodes;
    reader.leave();
    if (inner.expert !== null) (reader.expert ??= []).push(...inner.expert);
    const plain = value === ABSENT ? undefined : value;
    if (reader.out !== null && inner.out !== null) {
      const root = rootOf(inner.out, innerNode, opened.bytes, value);
      reader.out.push({
        name: String(name),
        kind,
        start: first,
        end: span.after,
        value: plain,
        meta,
        children,
        inner: { title, bytes: opened.bytes, root },
      });
    }
    return value;
  };
}

export function customStep(node: Extract<Node, { kind: 'custom' }>): Step {
  const { codec, meta } = node;
  return (reader, name) => {
    const start = reader.at;
    let made: ReturnType<typeof codec.decode>;
    try {
      made = codec.decode(reader.bytes, start, reader.end);
    } catch (error) {
      reader.fail('custom', `${node.name} failed: ${error instanceof Error ? error.message : String(error)}`, name);
      return ABSENT;
    }
    const end = Math.max(start, Math.min(made.end, reader.end));
    if (made.problem !== undefined) {
      reader.say('error', 'malformed', 'custom', made.problem, name, start, end);
    }
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'custom', start, end, made.value, meta);
    return made.value;
  };
}

/** A JSON node among binary ones: the rest of the bytes is a JSON text. */
export function jsonStep(node: Node): Step {
  return (reader, name) => {
    const start = reader.at;
    const tree = jsonTree(reader.bytes, node, { limits: reader.limits, name: String(name), start, end: reader.end });
    reader.at = reader.end;
    for (const info of tree.expert) {
      (reader.expert ??= []).push(reader.outer === null ? info : { ...info, range: reader.outer });
    }
    if (!tree.ok) reader.failed = true;
    reader.out?.push(tree.root);
    return tree.root.value === undefined && !tree.ok ? ABSENT : tree.root.value;
  };
}
