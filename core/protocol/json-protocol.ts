/** The default dissect, classify and encode of protocols whose messages are JSON values. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import { jsonTree, type JsonTree } from '../schema/json-decode.ts';
import { COMPACT, encodeJson, equalJson, PYTHON } from '../schema/json-encode.ts';
import { readJson } from '../schema/json-text.ts';
import { DEFAULT_LIMITS, type Limits, type Node } from '../schema/nodes.ts';
import { concatPath, findField, nearestField, parsePath } from '../schema/path.ts';
import { typeName, validate } from '../schema/validate.ts';
import type { Discriminator, JsonShape, Part, ProtocolDefinition } from './define-protocol.ts';
import { peekKey } from './json-peek.ts';
import type { Composed, Direction, DissectedMessage, EncodeHow, Encoded, MessageSpec, Protocol } from './protocol.ts';
import { indexOf, opposite, tableByDirection } from './tables.ts';

const ANY: Node = Object.freeze({ kind: 'any', meta: Object.freeze({}) });
const NONE: readonly ExpertInfo[] = Object.freeze([]);
type Lookup = (state: never, direction: Direction) => readonly MessageSpec[];

interface Found {
  readonly spec?: MessageSpec | undefined;
  readonly name: string | null;
  readonly expert: readonly ExpertInfo[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function jsonProtocol<S>(
  definition: ProtocolDefinition<S>,
  shape: JsonShape<S>,
): Pick<Protocol<S>, 'dissect' | 'classify' | 'encode'> {
  const table = (shape.table ?? tableByDirection(definition.messages)) as (
    state: S,
    direction: Direction,
  ) => readonly MessageSpec[];
  const { discriminator, envelope } = shape;

  const split = (value: unknown, direction: Direction, state: S, bytes: Uint8Array): readonly Part[] => {
    if (envelope !== undefined) return envelope.split(value, direction, state);
    return [partByKey(discriminator as Discriminator, value, direction, state, table as Lookup, bytes)];
  };

  const dissect: Protocol<S>['dissect'] = (bytes, direction, state, limits = DEFAULT_LIMITS) => {
    const read = readJson(bytes, limits);
    if (!read.ok) return broken(bytes, read.value, isBlank(bytes) ? [blank(bytes.length)] : read.expert, limits);
    const parts = split(read.value, direction, state, bytes);
    const messages: DissectedMessage[] = [];
    const remarks: ExpertInfo[] = [...read.expert];
    const whole = parts.length === 1 && parts[0]?.path === '';
    let overlay: Map<string, Node> | undefined;
    let tree: JsonTree | undefined;
    const build = (): JsonTree => {
      if (overlay === undefined) overlay = overlayOf(envelope?.nodes, messages, discriminator);
      tree ??= jsonTree(bytes, ANY, { limits, overlay });
      return tree;
    };
    for (const part of parts) {
      const found = lookUp(part, direction, state, table);
      const message: DissectedMessage = {
        name: found.name,
        ...((part.id ?? found.spec?.id) === undefined ? {} : { id: (part.id ?? found.spec?.id) as number }),
        fields: part.fields,
        range: [0, bytes.length],
        path: part.path,
        ...(found.spec === undefined ? {} : { spec: found.spec }),
      };
      messages.push(message);
      for (const info of [...(part.expert ?? NONE), ...found.expert]) remarks.push(under(info, part.path));
      if (found.spec !== undefined) {
        const under = part.path === '' ? {} : { under: parsePath(part.path) };
        for (const info of validate(found.spec.node, part.fields, under)) remarks.push(info);
      }
      if (definition.check !== undefined) {
        for (const info of definition.check(message, direction, state)) remarks.push(under(info, part.path));
      }
    }
    if (messages.length === 0) messages.push({ name: null, fields: read.value, range: [0, bytes.length], path: '' });
    return {
      messages: whole || parts.length === 0 ? messages : messages.map((message) => located(message, build().root)),
      expert: remarks.length === 0 ? NONE : remarks.map((info) => ranged(info, () => build().root)),
      tree: () => build().root,
    };
  };

  const classify: Protocol<S>['classify'] = (bytes, direction, state) => {
    const peeked = discriminator === undefined ? envelope?.peek?.(bytes, direction, state) : undefined;
    if (peeked !== undefined) return peeked;
    if (discriminator !== undefined) {
      const raw = peekKey(bytes, discriminator.key);
      if (raw === null && discriminator.pick === undefined) return null;
      if (raw !== undefined && raw !== null) {
        const read = readRaw(discriminator, raw);
        if (read === undefined) return null;
        const ambiguous = discriminator.pick !== undefined && (discriminator.ambiguous?.includes(read) ?? true);
        if (!ambiguous) {
          const spec = specOf(discriminator, read, direction, state, table as Lookup);
          return spec === undefined ? null : (indexOf(table(state, spec.side)).classes.get(spec.spec) ?? null);
        }
      }
    }
    const read = readJson(bytes);
    if (!read.ok) return null;
    const [first] = split(read.value, direction, state, bytes);
    if (first === undefined) return null;
    const found = lookUp(first, direction, state, table);
    const id = first.id ?? found.spec?.id;
    return found.name === null ? null : id === undefined ? { name: found.name } : { name: found.name, id };
  };

  const encode: Protocol<S>['encode'] = (composed, direction, state, how = {}) =>
    encodeMessage(definition, shape, table, composed, direction, state, how);

  return { dissect, classify, encode };
}

/** Empty lines and what stands behind the last value are no messages, and no fault. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0);
}

function blank(length: number): ExpertInfo {
  return { severity: 'note', group: 'malformed', code: 'blank', text: 'Empty: no message.', range: [0, length] };
}

function broken(
  bytes: Uint8Array,
  value: unknown,
  expert: readonly ExpertInfo[],
  limits: Limits,
): ReturnType<Protocol['dissect']> {
  let tree: JsonTree | undefined;
  return {
    messages: [{ name: null, fields: value ?? null, range: [0, bytes.length], path: '' }],
    expert,
    tree: () => (tree ??= jsonTree(bytes, ANY, { limits })).root,
  };
}

function readRaw(discriminator: Discriminator, raw: unknown): string | number | undefined {
  if (discriminator.read !== undefined) return discriminator.read(raw);
  if (discriminator.by === 'id') return Number.isInteger(raw) ? (raw as number) : undefined;
  return typeof raw === 'string' ? raw : undefined;
}

function specOf(
  discriminator: Discriminator,
  read: string | number,
  direction: Direction,
  state: unknown,
  table: Lookup,
): { spec: MessageSpec; side: Direction } | undefined {
  for (const side of [direction, opposite(direction)]) {
    const index = indexOf(table(state as never, side));
    const spec =
      discriminator.by === 'id' && typeof read === 'number' ? index.byId.get(read) : index.byName.get(String(read));
    if (spec !== undefined) return { spec, side };
  }
  return undefined;
}

function partByKey(
  discriminator: Discriminator,
  value: unknown,
  direction: Direction,
  state: unknown,
  table: Lookup,
  bytes: Uint8Array,
): Part {
  const { key } = discriminator;
  const none = (code: string, text: string, fields: unknown = value): Part => ({
    name: null,
    fields,
    path: '',
    expert: [{ severity: 'warning', group: 'schema', code, text, path: isObject(value) && key in value ? key : '' }],
  });
  if (!isObject(value)) return none('not-an-object', `A message should be an object, not ${typeName(value)}.`);
  const picked = discriminator.pick;
  const has = Object.hasOwn(value, key);
  const raw = has ? value[key] : undefined;
  const read = has ? readRaw(discriminator, raw) : undefined;
  const asked = picked !== undefined && (read === undefined || (discriminator.ambiguous?.includes(read) ?? true));
  const name = asked ? picked(value, direction) : undefined;
  const spec =
    name !== undefined
      ? specOf({ key, keep: true }, name, direction, state, table)
      : read === undefined
        ? undefined
        : specOf(discriminator, read, direction, state, table);
  const remarks = has ? (discriminator.check?.(raw, value, bytes) ?? NONE) : NONE;
  const fields = discriminator.keep ? value : without(value, key);
  if (spec !== undefined) return { name: spec.spec.name, fields, path: '', spec: spec.spec, expert: remarks };
  if (!has) return none('unknown-message', `There is no ${key}, so the message is not known.`, fields);
  const part = none('unknown-message', `${printed(raw)} is no known ${key}.`, fields);
  return {
    ...part,
    ...(typeof read === 'number' ? { id: read } : {}),
    expert: [...(part.expert ?? NONE), ...remarks],
  };
}

/** Numbers beyond 2^53 are bigints, which JSON.stringify refuses. */
function printed(raw: unknown): string {
  return JSON.stringify(raw, (_key, item: unknown) => (typeof item === 'bigint' ? `${item}` : item)) ?? String(raw);
}

function without(value: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _gone, ...left } = value;
  return left;
}

function lookUp<S>(
  part: Part,
  direction: Direction,
  state: S,
  table: (state: S, direction: Direction) => readonly MessageSpec[],
): Found {
  const { name } = part;
  if (name === null) return { name, expert: NONE };
  const spec = part.spec ?? indexOf(table(state, direction)).byName.get(name);
  const found = spec ?? indexOf(table(state, opposite(direction))).byName.get(name);
  if (found === undefined) {
    // A part without a spec is one the dissector itself vouches for or calls unknown.
    return { name, expert: NONE };
  }
  if (found.direction === 'both' || found.direction === direction) return { name, spec: found, expert: NONE };
  const text = `${name} is a message ${found.direction === 'toServer' ? 'to the server' : 'to the client'}, but came the other way.`;
  return { name, spec: found, expert: [{ severity: 'warning', group: 'schema', code: 'wrong-direction', text }] };
}

/** A remark on a message's fields as a remark on the frame. */
function under(info: ExpertInfo, path: string): ExpertInfo {
  return path === '' || info.range !== undefined ? info : { ...info, path: concatPath(path, info.path ?? '') };
}

function overlayOf(
  nodes: Readonly<Record<string, Node>> | undefined,
  messages: readonly DissectedMessage[],
  discriminator: Discriminator | undefined,
): Map<string, Node> {
  const overlay = new Map<string, Node>(Object.entries(nodes ?? {}));
  for (const message of messages) if (message.spec !== undefined) overlay.set(message.path, message.spec.node);
  if (discriminator !== undefined && !discriminator.keep) {
    overlay.set(discriminator.key, discriminator.node ?? { kind: 'any', meta: { label: discriminator.key } });
  }
  return overlay;
}

function located(message: DissectedMessage, root: ReturnType<JsonTreeRoot>): DissectedMessage {
  const field = findField(root, message.path);
  return field === undefined ? message : { ...message, range: [field.start, field.end] };
}
type JsonTreeRoot = () => JsonTree['root'];

function ranged(info: ExpertInfo, root: JsonTreeRoot): ExpertInfo {
  if (info.range !== undefined) return info;
  const field = nearestField(root(), info.path ?? '');
  return { ...info, range: [field.start, field.end] };
}

function encodeMessage<S>(
  definition: ProtocolDefinition<S>,
  shape: JsonShape<S>,
  table: (state: S, direction: Direction) => readonly MessageSpec[],
  composed: Composed,
  direction: Direction,
  state: S,
  how: EncodeHow,
): Encoded {
  const { discriminator, envelope } = shape;
  const spec =
    indexOf(table(state, direction)).byName.get(composed.message) ??
    indexOf(table(state, opposite(direction))).byName.get(composed.message) ??
    definition.messages.find((one) => one.name === composed.message);
  if (spec === undefined) {
    throw new Error(`${definition.title} has no message ${composed.message}. See its list of messages.`);
  }
  const original = how.original === undefined ? undefined : readJson(how.original);
  const before = original?.ok === true ? original.value : undefined;
  let value: unknown;
  if (envelope !== undefined) value = envelope.join(composed, direction, state, before);
  else value = withKey(discriminator as Discriminator, spec, composed.fields, before);
  // Overrides speak of the message's fields; inside an envelope these lie somewhere below.
  const within = (override: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    if (envelope === undefined) return override;
    const parts = envelope.split(value, direction, state).filter((part) => part.name === composed.message);
    const place = (parts.find((part) => equalJson(part.fields, composed.fields)) ?? parts[0])?.path ?? '';
    return Object.fromEntries(Object.entries(override).map(([path, lie]) => [concatPath(place, path), lie]));
  };
  const options = {
    style: shape.style === 'python' ? PYTHON : COMPACT,
    ...(how.override === undefined ? {} : { override: within(how.override) }),
    ...(how.original === undefined || original?.ok !== true ? {} : { original: how.original }),
  };
  const node = envelope === undefined ? nodeInOrder(discriminator as Discriminator, spec) : ANY;
  const bytes = encodeJson(node, value, options);
  const expert = [...validate(spec.node, composed.fields)];
  if (spec.direction !== 'both' && spec.direction !== direction) {
    const text = `${spec.name} belongs to the other direction.`;
    expert.push({ severity: 'warning', group: 'schema', code: 'wrong-direction', text });
  }
  return { bytes, expert };
}

/** The whole object: the discriminator as the original spells it when it still means the same message. */
function withKey(discriminator: Discriminator, spec: MessageSpec, fields: unknown, before: unknown): unknown {
  if (!isObject(fields)) return fields;
  const { key } = discriminator;
  const spelled = isObject(before) && Object.hasOwn(before, key) ? readRaw(discriminator, before[key]) : undefined;
  const keepsSpelling = spelled !== undefined && (spelled === spec.id || spelled === spec.name);
  const written = keepsSpelling
    ? (before as Record<string, unknown>)[key]
    : (discriminator.write?.(spec) ?? (discriminator.by === 'id' ? spec.id : spec.name));
  if (discriminator.keep) return Object.hasOwn(fields, key) ? fields : { [key]: written, ...fields };
  // A message known by something else than the key (its absence means something) stays as it was.
  if (isObject(before) && !Object.hasOwn(before, key) && discriminator.pick?.(before, 'toClient') === spec.name)
    return fields;
  return { [key]: written, ...fields };
}

const ordered = new WeakMap<MessageSpec, Node>();
function nodeInOrder(discriminator: Discriminator, spec: MessageSpec): Node {
  if (discriminator.keep || spec.node.kind !== 'object') return spec.node;
  const known = ordered.get(spec);
  if (known !== undefined) return known;
  const first = { name: discriminator.key, node: discriminator.node ?? ANY, optional: false };
  const made: Node = { ...spec.node, keys: [first, ...spec.node.keys] };
  ordered.set(spec, made);
  return made;
}
