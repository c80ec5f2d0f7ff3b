/** Nodes made of nodes: structs, lists, message tables. */
import { checksumOf } from './content.ts';
import { lookUpStep, plusOf, prefixStep, toSize } from './decode-spans.ts';
import { ABSENT, type Compile, EMPTY, END_META, pushLeaf, type Step } from './decode-step.ts';
import type { ChecksumNode, FieldNode, Length, MessageCase, Node, StructNode } from './nodes.ts';
import type { Segment } from './path.ts';
import { NO_CHILDREN, type Reader } from './reader.ts';

export function structStep(compile: Compile, node: StructNode, around: readonly StructNode[]): Step {
  const inside = [...around, node];
  const fields = node.fields.map((field) => ({
    name: field.name,
    step: compile(field.node, inside),
    checksum: field.node.kind === 'checksum' ? field.node : null,
  }));
  const summed = fields.some((field) => field.checksum !== null);
  const { meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const value: Record<string, unknown> = {};
    if (!reader.spend(fields.length, name)) return ABSENT;
    const root = name === '';
    if (!root && !reader.enter(name)) return ABSENT;
    const { out } = reader;
    if (out !== null) reader.out = [];
    reader.scopes.push(value);
    const starts: Map<string, number> | null = summed ? new Map() : null;
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] as (typeof fields)[number];
      starts?.set(field.name, reader.at);
      const at = reader.at;
      const item = field.step(reader, field.name);
      if (item !== ABSENT) value[field.name] = item;
      if (reader.failed) break;
      if (field.checksum !== null && starts !== null)
        checkSum(reader, field.checksum, field.name, starts, start, at, item);
    }
    reader.scopes.pop();
    if (!root) reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      out.push({ name: String(name), kind: 'struct', start, end: reader.at, value, meta, children });
    }
    return value;
  };
}

function checkSum(
  reader: Reader,
  node: ChecksumNode,
  name: string,
  starts: ReadonlyMap<string, number>,
  structStart: number,
  at: number,
  actual: unknown,
): void {
  const from = node.from === undefined ? structStart : (starts.get(node.from) ?? structStart);
  let to = at;
  if (node.to !== undefined) {
    const names = [...starts.keys()];
    const next = names[names.indexOf(node.to) + 1];
    if (next !== undefined) to = starts.get(next) ?? at;
  }
  const right = checksumOf(node.algorithm, reader.bytes.subarray(from, to));
  const limit = 2 ** (node.size * 8);
  if (right % limit !== actual) {
    const text = `The ${node.algorithm} is 0x${Number(actual).toString(16)}, but the bytes sum up to 0x${right.toString(16)}.`;
    reader.say('warning', 'malformed', 'checksum', text, name, at, reader.at);
  }
  const last = reader.out?.at(-1);
  if (last !== undefined && reader.out !== null) {
    reader.out[reader.out.length - 1] = { ...last, derived: node.to ?? node.from ?? '' };
  }
}

export function listStep(compile: Compile, node: Extract<Node, { kind: 'list' }>, around: readonly StructNode[]): Step {
  const of = compile(node.of, around);
  const { count, meta } = node;
  const counted = counterOf(count, around);
  const terminator = count.by === 'until' ? count.terminator : null;
  return (reader, name) => {
    const start = reader.at;
    const { out } = reader;
    const value: unknown[] = [];
    const total = counted(reader, name);
    if (total === null) return ABSENT;
    if (!reader.enter(name)) return ABSENT;
    if (out !== null) reader.out = total.prefix === null ? [] : [total.prefix];
    for (let index = 0; index < total.count; index += 1) {
      if (terminator !== null) {
        if (startsWith(reader, terminator)) {
          const at = reader.at;
          reader.at += terminator.length;
          reader.out?.push({
            name: '#end',
            kind: 'fixed',
            start: at,
            end: reader.at,
            value: terminator,
            meta: END_META,
            children: NO_CHILDREN,
          });
          break;
        }
      } else if (total.open && reader.at >= reader.end) break;
      if (index >= reader.limits.maxItems) {
        reader.fail('budget', `More than ${reader.limits.maxItems} items.`, index);
        break;
      }
      if (!reader.spend(1, index)) break;
      const before = reader.at;
      const item = of(reader, index);
      if (item !== ABSENT) value.push(item);
      if (reader.failed) break;
      if (reader.at === before && (total.open || index > 1000)) {
        reader.fail('budget', 'Items without bytes repeat for ever.', index);
        break;
      }
    }
    reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      out.push({ name: String(name), kind: 'list', start, end: reader.at, value, meta, children });
    }
    return value;
  };
}

type Counter = (reader: Reader, name: Segment) => { count: number; open: boolean; prefix: FieldNode | null } | null;

function counterOf(count: Length, around: readonly StructNode[]): Counter {
  switch (count.by) {
    case 'fixed': {
      const fixed = { count: count.size, open: false, prefix: null };
      return () => fixed;
    }
    case 'field': {
      const value = lookUpStep(count.ref);
      const plus = plusOf(count.ref, around);
      return (reader, name) => {
        const raw = value(reader);
        const size = toSize(reader, typeof raw === 'number' ? raw - plus : raw, name);
        return size === null ? null : { count: size, open: false, prefix: null };
      };
    }
    case 'prefix': {
      const read = prefixStep(count.prefix, '#count');
      return (reader, name) => {
        const prefix = read(reader, name);
        const size = prefix === null ? null : toSize(reader, prefix.value, name);
        return size === null ? null : { count: size, open: false, prefix };
      };
    }
    case 'until':
    case 'rest': {
      const open = { count: Number.POSITIVE_INFINITY, open: true, prefix: null };
      return () => open;
    }
    default:
      return count satisfies never;
  }
}

export function startsWith(reader: Reader, wanted: Uint8Array): boolean {
  if (reader.at + wanted.length > reader.end) return false;
  for (let index = 0; index < wanted.length; index += 1) {
    if (reader.bytes[reader.at + index] !== wanted[index]) return false;
  }
  return true;
}

export function messagesStep(
  compile: Compile,
  node: Extract<Node, { kind: 'messages' }>,
  around: readonly StructNode[],
): Step {
  const tag = compile(node.tag, around);
  const names = Object.fromEntries(node.cases.map((one) => [String(one.tag), one.name]));
  const cases = new Map<number, { one: MessageCase; body: Step }>();
  for (const one of node.cases) cases.set(one.tag, { one, body: compile(one.body, around) });
  const { meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const { out } = reader;
    const root = name === '';
    if (!root && !reader.enter(name)) return ABSENT;
    if (out !== null) reader.out = [];
    const raw = tag(reader, 'tag');
    const id = typeof raw === 'bigint' ? Number(raw) : raw;
    const found = typeof id === 'number' ? cases.get(id) : undefined;
    let value: { message: string | null; tag: unknown; body: unknown } | typeof ABSENT = ABSENT;
    if (raw !== ABSENT) {
      if (out !== null) nameTag(reader.out, names);
      value = { message: found?.one.name ?? null, tag: id, body: undefined };
      if (found === undefined) {
        reader.say(
          'warning',
          'schema',
          'unknown-message',
          `Message ${String(id)} is not known.`,
          'tag',
          start,
          reader.at,
        );
        value.body = reader.bytes.subarray(reader.at, reader.end);
        pushBody(reader);
      } else {
        const body = found.body(reader, 'body');
        value.body = body === ABSENT ? undefined : body;
      }
    }
    if (!root) reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      const plain = value === ABSENT ? undefined : value;
      out.push({ name: String(name), kind: 'messages', start, end: reader.at, value: plain, meta, children });
    }
    return value;
  };
}

/** The tag's value names are the messages' names. */
function nameTag(out: FieldNode[] | null, names: Readonly<Record<string, string>>): void {
  const tag = out?.[0];
  if (tag !== undefined && out !== null) out[0] = { ...tag, meta: { label: 'Message', ...tag.meta, names } };
}

function pushBody(reader: Reader): void {
  const { at, end } = reader;
  if (reader.out !== null && at < end) {
    pushLeaf(reader.out, 'body', 'bytes', at, end, reader.bytes.subarray(at, end), EMPTY);
  }
  reader.at = end;
}
