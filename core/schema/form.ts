/**
 * What the composer renders for a value, straight from the schema, and the way back. A form is plain data: change the
 * `value` of a control (or `present`, or the children of a `repeat`) and `readForm` gives the new value.
 */
import { ANY, blank } from './blank.ts';
import { holds, lookUp, same } from './conditions.ts';
import type { Derive, Meta, Node } from './nodes.ts';
import { intLimits } from './numbers.ts';
import { joinPath, setOwn } from './path.ts';
import { pickOption } from './validate.ts';

export { blank } from './blank.ts';

interface Common {
  /** Path of the value within the message. */
  readonly path: string;
  /** Key or index under the parent; '' at the root. */
  readonly name: string;
  readonly label: string;
  readonly meta: Meta;
  /** Where its length or count stands in front of it: override it there to lie. */
  readonly measure?: string;
  /** May be left out; then `present` says whether it is there. */
  readonly optional: boolean;
  readonly present: boolean;
}

export interface Choice {
  readonly value: unknown;
  readonly label: string;
}

export type FormControl = Common &
  (
    | {
        readonly control: 'number';
        readonly value: unknown;
        readonly integer: boolean;
        /** 64 bits: the value is a bigint. */
        readonly big: boolean;
        readonly min?: number | bigint;
        readonly max?: number | bigint;
        readonly choices?: readonly Choice[];
      }
    | {
        readonly control: 'text';
        readonly value: unknown;
        readonly choices?: readonly Choice[];
        readonly maxBytes?: number;
      }
    | { readonly control: 'bytes'; readonly value: unknown; readonly maxBytes?: number }
    | { readonly control: 'switch'; readonly value: unknown }
    | { readonly control: 'flags'; readonly value: unknown; readonly flags: readonly { mask: number; label: string }[] }
    /** Worked out when sent; `of` is the field it measures. May be overridden by path. */
    | {
        readonly control: 'derived';
        readonly value: unknown;
        readonly of: string;
        readonly what: Derive['kind'] | 'checksum';
      }
    | {
        readonly control: 'group';
        readonly children: readonly FormControl[] /** Parts of one integer. */;
        readonly bits?: boolean;
      }
    /** `item` is a control for one more, with an index of its own to be given. */
    | {
        readonly control: 'repeat';
        readonly children: readonly FormControl[];
        readonly item: FormControl;
        readonly fixed?: number;
      }
    | { readonly control: 'dictionary'; readonly children: readonly FormControl[]; readonly item: FormControl }
    /** One of several shapes. */
    | {
        readonly control: 'variant';
        readonly chosen: number;
        readonly options: readonly string[];
        readonly child: FormControl;
      }
    /** No control fits: shown as JSON. */
    | { readonly control: 'json'; readonly value: unknown }
  );

export type ControlKind = FormControl['control'];

/** The form of a value. Without a value: of the schema's blank one (see `blank`). */
export function form(node: Node, value: unknown = blank(node)): FormControl {
  return build(node, value, '', '', false, []);
}

/** The value a form stands for. Absent optional parts are absent keys. */
export function readForm(control: FormControl): unknown {
  if (!control.present) return undefined;
  switch (control.control) {
    case 'number':
    case 'text':
    case 'bytes':
    case 'switch':
    case 'flags':
    case 'derived':
    case 'json':
      return control.value;
    case 'variant':
      return readForm(control.child);
    case 'repeat':
      return control.children.map(readForm);
    case 'group':
    case 'dictionary': {
      const made: Record<string, unknown> = {};
      for (const child of control.children) {
        const value = readForm(child);
        if (value !== undefined) setOwn(made, child.name, value);
      }
      return made;
    }
    default:
      return control satisfies never;
  }
}

function titled(name: string, meta: Meta): string {
  return meta.label ?? name;
}

function choicesFrom(names: Readonly<Record<string, string>>, big = false): readonly Choice[] {
  return Object.entries(names).map(([value, label]) => ({ value: big ? BigInt(value) : Number(value), label }));
}

/** `scopes`: the struct values around, for conditions. */
function build(
  node: Node,
  value: unknown,
  path: string,
  name: string,
  optional: boolean,
  scopes: readonly unknown[],
): FormControl {
  const { meta } = node;
  const common = { path, name, label: titled(name, meta), meta, optional, present: value !== undefined };
  switch (node.kind) {
    case 'int':
    case 'varint': {
      if (node.derive !== undefined) {
        return { ...common, control: 'derived', value, of: node.derive.ref, what: node.derive.kind };
      }
      const [least, most] = node.kind === 'int' ? intLimits(node) : [undefined, undefined];
      return {
        ...common,
        control: 'number',
        value,
        integer: true,
        big: node.kind === 'int' && node.size === 8,
        ...limits(meta.min ?? least, meta.max ?? most),
        ...(meta.names === undefined ? {} : { choices: choicesFrom(meta.names) }),
      };
    }
    case 'enum': {
      const big = node.of.kind === 'int' && node.of.size === 8;
      return { ...common, control: 'number', value, integer: true, big, choices: choicesFrom(node.values, big) };
    }
    case 'float':
    case 'number':
      return { ...common, control: 'number', value, integer: false, big: false, ...limits(meta.min, meta.max) };
    case 'integer':
      return {
        ...common,
        control: 'number',
        value,
        integer: true,
        big: typeof value === 'bigint',
        ...limits(meta.min, meta.max),
        ...(node.values === undefined
          ? meta.names === undefined
            ? {}
            : { choices: choicesFrom(meta.names) }
          : { choices: node.values.map((one) => ({ value: one, label: meta.names?.[one] ?? String(one) })) }),
      };
    case 'flags': {
      const flags = Object.entries(node.bits).map(([mask, label]) => ({ mask: Number(mask), label }));
      return { ...common, control: 'flags', value, flags };
    }
    case 'bits': {
      const parts = value as Record<string, unknown> | undefined;
      const children = node.parts.map(
        (part): FormControl => ({
          path: joinPath(path, part.name),
          name: part.name,
          label: titled(part.name, part.meta),
          meta: part.meta,
          optional: false,
          present: true,
          control: 'number',
          value: parts?.[part.name] ?? 0,
          integer: true,
          big: false,
          min: 0,
          max: 2 ** part.width - 1,
          ...(part.meta.names === undefined ? {} : { choices: choicesFrom(part.meta.names) }),
        }),
      );
      return { ...common, control: 'group', children, bits: true };
    }
    case 'bytes':
      return {
        ...common,
        control: 'bytes',
        value,
        ...maxBytes(node.length, meta),
        ...measure(node.length, path, '#length'),
      };
    case 'text':
      if (node.parse === 'number') return { ...common, control: 'number', value, integer: false, big: false };
      return {
        ...common,
        control: 'text',
        value,
        ...maxBytes(node.length, meta),
        ...measure(node.length, path, '#length'),
      };
    case 'struct': {
      const fields = (value ?? {}) as Record<string, unknown>;
      const inside = [...scopes, fields];
      const children = node.fields
        .filter((field) => field.node.kind !== 'fixed')
        .map((field) => build(field.node, fields[field.name], joinPath(path, field.name), field.name, false, inside));
      return { ...common, control: 'group', children };
    }
    case 'list':
    case 'array': {
      const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
      const children = items.map((item, at) => build(node.of, item, joinPath(path, at), String(at), false, scopes));
      const item = build(node.of, blank(node.of), joinPath(path, items.length), String(items.length), false, scopes);
      const fixed = node.kind === 'list' && node.count.by === 'fixed' ? { fixed: node.count.size } : {};
      const count = node.kind === 'list' ? measure(node.count, path, '#count') : {};
      return { ...common, control: 'repeat', children, item, ...fixed, ...count };
    }
    case 'when': {
      const here = value !== undefined || holds(node.condition, lookUp(node.condition.on, scopes));
      const inner = build(node.then, value ?? (here ? blank(node.then) : undefined), path, name, true, scopes);
      return { ...inner, optional: true, present: value !== undefined };
    }
    case 'optional': {
      const inner = build(node.of, value ?? blank(node.of), path, name, true, scopes);
      return { ...inner, optional: true, present: value !== undefined };
    }
    case 'switch': {
      const on = lookUp(node.on, scopes);
      const chosen = node.cases.find((one) => same(on, one.value))?.node ?? node.otherwise;
      if (chosen === undefined) return { ...common, control: 'json', value, optional: true };
      return build(chosen, value, path, name, true, scopes);
    }
    case 'messages': {
      const { message, tag, body } = (value ?? {}) as { message?: unknown; tag?: unknown; body?: unknown };
      const chosen = node.cases.findIndex((one) => one.name === message || same(tag, one.tag));
      const one = node.cases[chosen];
      if (one === undefined) return { ...common, control: 'json', value };
      const label = build(node.tag, tag ?? one.tag, joinPath(path, 'tag'), 'tag', false, scopes);
      const named: FormControl = { ...plainText(joinPath(path, 'message'), 'message', message ?? one.name) };
      const inner = build(one.body, body, joinPath(path, 'body'), 'body', false, scopes);
      const child: FormControl = { ...common, control: 'group', children: [named, label, inner] };
      return { ...common, control: 'variant', chosen, options: node.cases.map((each) => each.name), child };
    }
    case 'fixed':
      return { ...common, control: 'json', value: undefined, present: false };
    case 'checksum':
      return { ...common, control: 'derived', value, of: node.to ?? node.from ?? '', what: 'checksum' };
    case 'compressed':
    case 'sealed':
      return { ...build(node.of, value, path, name, optional, scopes), label: titled(name, meta) };
    case 'object': {
      const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
      if (Array.isArray(value) || (value !== undefined && (typeof value !== 'object' || value === null))) {
        return { ...common, control: 'json', value };
      }
      const known = node.keys.map((key) => {
        const has = Object.hasOwn(given, key.name);
        const item = has ? given[key.name] : key.optional ? undefined : blank(key.node);
        const inner = build(
          key.node,
          item ?? (has ? item : blank(key.node)),
          joinPath(path, key.name),
          key.name,
          key.optional,
          scopes,
        );
        return { ...inner, optional: key.optional, present: has || !key.optional };
      });
      const extra = Object.keys(given)
        .filter((key) => !node.keys.some((one) => one.name === key))
        .map((key) => plainJson(joinPath(path, key), key, given[key]));
      return { ...common, control: 'group', children: [...known, ...extra] };
    }
    case 'record': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return { ...common, control: 'json', value };
      const children = Object.entries(value).map(([key, item]) =>
        build(node.of, item, joinPath(path, key), key, true, scopes),
      );
      return {
        ...common,
        control: 'dictionary',
        children,
        item: build(node.of, blank(node.of), path, '', true, scopes),
      };
    }
    case 'tuple': {
      if (!Array.isArray(value)) return { ...common, control: 'json', value };
      const items = value as readonly unknown[];
      const children = items.map((item, at) =>
        build(node.items[at] ?? node.rest ?? ANY, item, joinPath(path, at), String(at), false, scopes),
      );
      const item = build(node.rest ?? ANY, null, joinPath(path, items.length), String(items.length), false, scopes);
      const fixed = node.rest === undefined ? { fixed: node.items.length } : {};
      return { ...common, control: 'repeat', children, item, ...fixed };
    }
    case 'string':
      if (typeof value !== 'string' && value !== undefined) return { ...common, control: 'json', value };
      return {
        ...common,
        control: 'text',
        value,
        ...(node.values === undefined
          ? meta.names === undefined
            ? {}
            : { choices: Object.entries(meta.names).map(([one, label]) => ({ value: one, label })) }
          : { choices: node.values.map((one) => ({ value: one, label: meta.names?.[one] ?? one })) }),
      };
    case 'boolean':
      if (typeof value !== 'boolean' && value !== undefined) return { ...common, control: 'json', value };
      return { ...common, control: 'switch', value };
    case 'oneOf': {
      const option = pickOption(node.options, value);
      const chosen = node.options.indexOf(option);
      const child = build(option, value, path, name, optional, scopes);
      return { ...common, control: 'variant', chosen, options: node.options.map(optionName), child };
    }
    case 'null':
    case 'literal':
    case 'any':
    case 'custom':
      return { ...common, control: 'json', value, present: value !== undefined };
    default:
      return node satisfies never;
  }
}

function plainText(path: string, name: string, value: unknown): FormControl {
  return { path, name, label: name, meta: {}, optional: false, present: true, control: 'text', value };
}
function plainJson(path: string, name: string, value: unknown): FormControl {
  return { path, name, label: name, meta: {}, optional: true, present: true, control: 'json', value };
}

function limits(min?: number | bigint, max?: number | bigint): { min?: number | bigint; max?: number | bigint } {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function measure(by: { readonly by: string }, path: string, name: '#length' | '#count'): { measure?: string } {
  return by.by === 'prefix' ? { measure: joinPath(path, name) } : {};
}

function maxBytes(length: Extract<Node, { kind: 'bytes' | 'text' }>['length'], meta: Meta): { maxBytes?: number } {
  if (length.by === 'fixed') return { maxBytes: length.size };
  if (meta.max !== undefined) return { maxBytes: meta.max };
  if (length.by === 'prefix' && length.prefix.kind === 'int' && length.prefix.size < 4) {
    return { maxBytes: 2 ** (length.prefix.size * 8) - 1 };
  }
  return {};
}

/** A short word for one shape among several. */
export function optionName(node: Node): string {
  if (node.meta.label !== undefined) return node.meta.label;
  if (node.kind === 'literal') return JSON.stringify(node.value) ?? String(node.value);
  if (node.kind === 'object') {
    const told = node.keys.find((key) => key.node.kind === 'literal')?.node;
    if (told?.kind === 'literal') return String(told.value);
  }
  if (node.kind === 'array') return `list of ${optionName(node.of)}`;
  return node.kind;
}
