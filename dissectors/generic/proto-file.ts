/**
 * `.proto` files as plain data: protobufjs reads them, nothing of protobufjs leaves this file. Several files stand one after
 * another, as `cat common.proto game.proto` gives them.
 */
import protobuf from 'protobufjs';

export interface ProtoField {
  readonly number: number;
  readonly name: string;
  /** Scalar type name; for messages and enumerations the name of the type. */
  readonly type: string;
  readonly repeated: boolean;
  readonly packed: boolean;
  /** Written between two tags instead of behind a length. */
  readonly group?: true;
  readonly message?: ProtoType;
  /** Enumeration: number → name. */
  readonly names?: Readonly<Record<string, string>>;
  /** Map fields are repeated messages of `key` and `value`. */
  readonly map?: ProtoType;
  readonly oneOf?: string;
}
export interface ProtoType {
  /** Without the leading dot: `game.Login`. */
  readonly name: string;
  readonly fields: ReadonlyMap<number, ProtoField>;
}
export interface ProtoFile {
  readonly types: ReadonlyMap<string, ProtoType>;
  /** Types that no other type holds: what is likely sent. */
  readonly roots: readonly string[];
}

/** @throws Error with protobufjs's own words (they name the line) when the text is no .proto file. */
export function readProtoFile(text: string): ProtoFile {
  const root = new protobuf.Root();
  const imports = new Set<string>();
  for (const one of filesIn(text)) {
    for (const name of protobuf.parse(one, root, { keepCase: true }).imports ?? []) imports.add(name);
  }
  const missing: string[] = [];
  for (const name of imports) {
    const nested = protobuf.common.get(name)?.nested;
    if (nested === undefined) missing.push(name);
    else root.addJSON(nested);
  }
  try {
    root.resolveAll();
  } catch (error) {
    if (missing.length === 0) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`${text}; put the text of what it imports (${missing.join(', ')}) before it`, { cause: error });
  }
  const found: protobuf.Type[] = [];
  const visit = (space: protobuf.NamespaceBase): void => {
    for (const one of space.nestedArray) {
      if (one instanceof protobuf.Type) found.push(one);
      if (one instanceof protobuf.Namespace) visit(one);
    }
  };
  visit(root);
  const types = new Map<string, ProtoType>();
  // Two rounds: types may hold one another, also themselves.
  const fieldsOf = new Map<string, Map<number, ProtoField>>();
  for (const type of found) {
    const fields = new Map<number, ProtoField>();
    const name = type.fullName.replace(/^\./, '');
    fieldsOf.set(name, fields);
    types.set(name, { name, fields });
  }
  const held = new Set<string>();
  for (const type of found) {
    const name = type.fullName.replace(/^\./, '');
    for (const field of type.fieldsArray) {
      const made = fieldFrom(field, types, held, name);
      fieldsOf.get(name)?.set(made.number, made);
    }
  }
  const isSent = (name: string): boolean => !held.has(name) && !name.startsWith('google.protobuf.');
  return { types, roots: [...types.keys()].filter(isSent) };
}

/** A file begins with its `syntax` or `edition`; what comes before the first one is a file too. */
function filesIn(text: string): string[] {
  const starts = [...text.matchAll(/^[ \t]*(?:syntax|edition)[ \t]*=/gm)].map((match) => match.index);
  const bounds = [0, ...starts.slice(1), text.length];
  return bounds.slice(1).map((end, i) => text.slice(bounds[i], end));
}

function fieldFrom(
  field: protobuf.Field,
  types: ReadonlyMap<string, ProtoType>,
  held: Set<string>,
  owner: string,
): ProtoField {
  const base = valueFrom(field, field.id, field.name, types, held, owner);
  if (field instanceof protobuf.MapField) {
    const key: ProtoField = { number: 1, name: 'key', type: field.keyType, repeated: false, packed: false };
    const value: ProtoField = { ...base, number: 2, name: 'value', repeated: false };
    const entry: ProtoType = {
      name: `${owner}.${field.name} entry`,
      fields: new Map([
        [1, key],
        [2, value],
      ]),
    };
    return { number: field.id, name: field.name, type: 'map', repeated: true, packed: false, map: entry };
  }
  return {
    ...base,
    repeated: field.repeated,
    packed: field.repeated && field.packed,
    ...(field.partOf === null || field.partOf === undefined ? {} : { oneOf: field.partOf.name }),
  };
}

function valueFrom(
  field: protobuf.Field,
  number: number,
  name: string,
  types: ReadonlyMap<string, ProtoType>,
  held: Set<string>,
  owner: string,
): ProtoField {
  const base = { number, name, type: field.type, repeated: false, packed: false };
  const resolved = field.resolvedType;
  if (resolved instanceof protobuf.Enum) {
    const names = Object.fromEntries(Object.entries(resolved.values).map(([word, value]) => [String(value), word]));
    return { ...base, names };
  }
  if (resolved instanceof protobuf.Type) {
    const target = resolved.fullName.replace(/^\./, '');
    if (target !== owner) held.add(target);
    const message = types.get(target);
    const group = field.delimited ? { group: true as const } : {};
    return message === undefined ? base : { ...base, ...group, message };
  }
  return base;
}
