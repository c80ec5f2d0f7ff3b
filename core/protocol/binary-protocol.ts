/** The default dissect, classify and encode of protocols whose messages are a tag and a body of bytes. */
import { messageTable } from '../schema/builders.ts';
import { type Decoded, decode } from '../schema/decode.ts';
import { encode } from '../schema/encode.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { DEFAULT_LIMITS, type FieldNode, type MessagesNode } from '../schema/nodes.ts';
import { intReader, readVarint } from '../schema/numbers.ts';
import { concatPath, nearestField } from '../schema/path.ts';
import { validate } from '../schema/validate.ts';
import type { BinaryShape, ProtocolDefinition } from './define-protocol.ts';
import type { Direction, DissectedMessage, MessageSpec, Protocol } from './protocol.ts';
import { indexOf, opposite, tableByDirection } from './tables.ts';

const NONE: readonly ExpertInfo[] = Object.freeze([]);
/** Name of the tag in a dissected tree; the body's fields stand beside it. */
export const TAG_FIELD = '#id';

export function binaryProtocol<S>(
  definition: ProtocolDefinition<S>,
  shape: BinaryShape<S>,
): Pick<Protocol<S>, 'dissect' | 'classify' | 'encode'> {
  const table = (shape.table ?? tableByDirection(definition.messages)) as (
    state: S,
    direction: Direction,
  ) => readonly MessageSpec[];
  const nodes = new WeakMap<readonly MessageSpec[], MessagesNode>();
  const rootOf = (specs: readonly MessageSpec[]): MessagesNode => {
    const known = nodes.get(specs);
    if (known !== undefined) return known;
    const withId = specs.filter((spec) => spec.id !== undefined);
    const made = messageTable(
      shape.tag,
      withId.map((spec) => ({ name: spec.name, tag: spec.id as number, body: spec.node, meta: spec.meta ?? {} })),
    );
    nodes.set(specs, made);
    return made;
  };
  const readTag = tagReader(shape.tag);

  /** The table that knows the id: the direction's own, else the other one's. */
  const sideOf = (id: number | null, direction: Direction, state: S): Direction => {
    if (id === null || indexOf(table(state, direction)).byId.has(id)) return direction;
    const other = opposite(direction);
    return indexOf(table(state, other)).byId.has(id) ? other : direction;
  };

  const dissect: Protocol<S>['dissect'] = (bytes, direction, state, limits = DEFAULT_LIMITS) => {
    const id = readTag(bytes);
    const side = sideOf(id, direction, state);
    const specs = table(state, side);
    const root = rootOf(specs);
    const spec = id === null ? undefined : indexOf(specs).byId.get(id);
    const decoded = decode(root, bytes, { limits });
    const value = decoded.value as { message: string | null; tag: number; body: unknown } | undefined;
    const message: DissectedMessage = {
      name: value?.message ?? null,
      ...(value === undefined ? {} : { id: value.tag }),
      fields: value?.message === null ? { bytes: value.body } : (value?.body ?? null),
      range: [0, bytes.length],
      path: flat(spec) ? '' : 'body',
      ...(spec === undefined ? {} : { spec }),
    };
    let tree: FieldNode | undefined;
    const build = (): FieldNode => (tree ??= flattened(decode(root, bytes, { limits, tree: true }), spec));
    const remarks = decoded.expert.length === 0 ? [] : decoded.expert.map((info) => renamed(info, spec));
    if (spec !== undefined) {
      if (side !== direction) remarks.push(wrongWay(spec));
      for (const info of validate(spec.node, message.fields, { partial: !decoded.complete })) {
        remarks.push(located(info, message.path, build));
      }
    }
    if (definition.check !== undefined && message.name !== null) {
      for (const info of definition.check(message, direction, state)) remarks.push(located(info, message.path, build));
    }
    return { messages: [message], expert: remarks.length === 0 ? NONE : remarks, tree: build };
  };

  const classify: Protocol<S>['classify'] = (bytes, direction, state) => {
    const id = readTag(bytes);
    if (id === null) return null;
    const here = indexOf(table(state, direction));
    const spec = here.byId.get(id);
    if (spec !== undefined) return here.classes.get(spec) ?? null;
    const there = indexOf(table(state, opposite(direction)));
    const other = there.byId.get(id);
    return other === undefined ? null : (there.classes.get(other) ?? null);
  };

  const write: Protocol<S>['encode'] = (composed, direction, state, how = {}) => {
    const here = indexOf(table(state, direction)).byName.get(composed.message);
    const spec =
      here ??
      indexOf(table(state, opposite(direction))).byName.get(composed.message) ??
      definition.messages.find((one) => one.name === composed.message);
    if (spec?.id === undefined) {
      throw new Error(`${definition.title} has no message ${composed.message}. See its list of messages.`);
    }
    const root = messageTable(shape.tag, [{ name: spec.name, tag: spec.id, body: spec.node, meta: {} }]);
    const flatBody = flat(spec);
    const override = Object.entries(how.override ?? {}).map(([path, value]) =>
      path === TAG_FIELD ? ['tag', value] : [flatBody ? concatPath('body', path) : path, value],
    );
    const encoded = encode(
      root,
      { message: spec.name, tag: spec.id, body: composed.fields },
      {
        ...(override.length === 0 ? {} : { override: Object.fromEntries(override) as Record<string, unknown> }),
        ...(how.original === undefined ? {} : { original: how.original }),
      },
    );
    const expert = encoded.expert.map((info) => renamed(info, spec));
    if (here === undefined && spec.direction !== 'both' && spec.direction !== direction) expert.push(wrongWay(spec));
    return { bytes: encoded.bytes, expert: [...expert, ...validate(spec.node, composed.fields)] };
  };

  return { dissect, classify, encode: write };
}

function wrongWay(spec: MessageSpec): ExpertInfo {
  const text = `${spec.name} is a message ${spec.direction === 'toServer' ? 'to the server' : 'to the client'}, but came the other way.`;
  return { severity: 'warning', group: 'schema', code: 'wrong-direction', text };
}

function tagReader(tag: MessagesNode['tag']): (bytes: Uint8Array) => number | null {
  const node = tag.kind === 'enum' ? tag.of : tag;
  if (node.kind === 'varint') {
    return (bytes) => {
      const read = readVarint(bytes, 0, bytes.length);
      return read === null ? null : Number(read.value);
    };
  }
  const read = intReader(node);
  const { size } = node;
  return (bytes) => (bytes.length < size ? null : Number(read(bytes, 0)));
}

/** A struct body's fields stand at the top of the tree, so that paths are those of `fields`. */
function flat(spec: MessageSpec | undefined): boolean {
  return spec === undefined || spec.node.kind === 'struct';
}

function flattened(decoded: Decoded, spec: MessageSpec | undefined): FieldNode {
  const tree = decoded.tree as FieldNode;
  const children: FieldNode[] = [];
  for (const child of tree.children) {
    if (child.name === 'tag') children.push({ ...child, name: TAG_FIELD });
    else if (child.name === 'body' && spec?.node.kind === 'struct') children.push(...child.children);
    else if (child.name === 'body' && spec === undefined) children.push({ ...child, name: 'bytes' });
    else children.push(child);
  }
  return { ...tree, kind: 'struct', children };
}

/** Decoding speaks of `tag` and `body.x`; the dissected tree has `#id` and `x`. */
function renamed(info: ExpertInfo, spec: MessageSpec | undefined): ExpertInfo {
  if (info.path === 'tag') return { ...info, path: TAG_FIELD };
  if (!flat(spec) || info.path?.startsWith('body') !== true) return info;
  return { ...info, path: info.path.slice(info.path[4] === '.' ? 5 : 4), text: info.text.replace('body.', '') };
}

function located(info: ExpertInfo, under: string, tree: () => FieldNode): ExpertInfo {
  const path = concatPath(under, info.path ?? '');
  if (info.range !== undefined) return { ...info, path };
  const field = nearestField(tree(), path);
  return { ...info, path, range: [field.start, field.end] };
}
