/**
 * Where real traffic departs from its description: unknown messages, unknown keys, other types, bytes left over. Collected
 * with how often, where first, and a line of schema that would describe what was seen.
 */
import { toHex } from '../schema/characters.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { getPath } from '../schema/path.ts';
import type { Direction, DissectedMessage, SeenFrame } from './protocol.ts';

export type DriftKind =
  | 'unknown-message'
  | 'unknown-key'
  | 'missing-key'
  | 'trailing'
  | 'type'
  | 'value'
  | 'wrong-direction';

export interface Drift {
  readonly kind: DriftKind;
  /** The message, or how the unknown one calls itself. */
  readonly message: string;
  readonly direction: Direction;
  /** Pattern path of the field, '' for the message itself. */
  readonly path: string;
  readonly count: number;
  /** Number of the first frame. */
  readonly firstFrame: number;
  /** A few values seen, as JSON (bytes as hex). */
  readonly seen: readonly string[];
  readonly text: string;
  /** Lines for `messages:` of a protocol file, or what to change in the schema. */
  readonly suggestion: string;
}

const KINDS: Readonly<Record<string, DriftKind>> = {
  'unknown-message': 'unknown-message',
  'unknown-key': 'unknown-key',
  'missing-key': 'missing-key',
  missing: 'missing-key',
  truncated: 'missing-key',
  trailing: 'trailing',
  type: 'type',
  enum: 'value',
  literal: 'value',
  flags: 'value',
  range: 'value',
  pattern: 'value',
  'item-count': 'value',
  'wrong-direction': 'wrong-direction',
};
const MOST_VALUES = 20;
const MOST_DRIFTS = 2000;

interface Found {
  readonly kind: DriftKind;
  readonly message: string;
  readonly id: number | undefined;
  readonly direction: Direction;
  readonly path: string;
  readonly text: string;
  readonly firstFrame: number;
  count: number;
  readonly values: unknown[];
}

export class DriftCollector {
  private readonly found = new Map<string, Found>();

  see(frame: SeenFrame): void {
    const { expert, messages } = frame.dissected;
    for (const info of expert) {
      const kind = info.code === undefined ? undefined : KINDS[info.code];
      if (kind !== undefined) this.add(kind, info, messageOf(messages, info), frame);
    }
  }

  private add(kind: DriftKind, info: ExpertInfo, message: DissectedMessage | undefined, frame: SeenFrame): void {
    const full = info.path ?? '';
    const within = relative(full, message?.path ?? '');
    const path = kind === 'unknown-message' || kind === 'wrong-direction' || kind === 'trailing' ? '' : pattern(within);
    const called = message?.name ?? unknownName(message, info);
    const key = [kind, called, frame.direction, path].join('\u0000');
    let found = this.found.get(key);
    if (found === undefined) {
      if (this.found.size >= MOST_DRIFTS) return;
      const { n: firstFrame, direction } = frame;
      found = {
        kind,
        message: called,
        id: message?.id,
        direction,
        path,
        text: info.text,
        firstFrame,
        count: 0,
        values: [],
      };
      this.found.set(key, found);
    }
    found.count += 1;
    if (found.values.length < MOST_VALUES) {
      const value =
        kind === 'unknown-message'
          ? message?.fields
          : kind === 'trailing'
            ? frame.bytes.subarray(...(info.range ?? [0, 0]))
            : getPath(message?.fields, within);
      if (value !== undefined) found.values.push(value);
    }
  }

  /** Most frequent first. */
  report(): readonly Drift[] {
    return [...this.found.values()]
      .toSorted((one, two) => two.count - one.count)
      .map((found) => ({
        kind: found.kind,
        message: found.message,
        direction: found.direction,
        path: found.path,
        count: found.count,
        firstFrame: found.firstFrame,
        seen: [...new Set(found.values.map(asJson))].slice(0, 4),
        text: found.text,
        suggestion: suggest(found),
      }));
  }
}

function messageOf(messages: readonly DissectedMessage[], info: ExpertInfo): DissectedMessage | undefined {
  const path = info.path ?? '';
  // The longest prefix: messages of a batch lie beside each other.
  const fitting = messages.filter((message) => path.startsWith(message.path));
  return fitting.toSorted((one, two) => two.path.length - one.path.length)[0] ?? messages[0];
}

function relative(path: string, under: string): string {
  if (under === '' || !path.startsWith(under)) return path;
  return path.slice(under.length).replace(/^\./, '');
}

function pattern(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '[]');
}

function unknownName(message: DissectedMessage | undefined, info: ExpertInfo): string {
  if (message?.id !== undefined) return `0x${message.id.toString(16).padStart(4, '0')}`;
  return /^"([^"]{1,60})"/.exec(info.text)?.[1] ?? 'unknown';
}

function asJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return String(item);
    return item instanceof Uint8Array ? toHex(item) : item;
  });
  return text === undefined ? '' : text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

// ---- suggestions -----------------------------------------------------------------------------------------------------

/** The type, as a protocol file writes it, that fits all the values. */
export function inferType(values: readonly unknown[]): string {
  const types = new Set(values.map(typeWord));
  if (types.has('integer') && types.has('number')) types.delete('integer');
  const words = [...types].map((word) => {
    if (word === 'array') {
      const inner = inferType(values.filter(Array.isArray).flat());
      return inner.includes(' | ') || inner.startsWith('{') ? `{ array: ${inner} }` : `${inner}[]`;
    }
    if (word === 'object') {
      return objectType(values.filter((value) => typeWord(value) === 'object') as Record<string, unknown>[]);
    }
    return word;
  });
  if (words.length === 0) return 'any';
  if (words.length === 1) return words[0] as string;
  return words.some((word) => word.startsWith('{')) ? `{ oneOf: [${words.join(', ')}] }` : words.join(' | ');
}

function objectType(values: readonly Readonly<Record<string, unknown>>[]): string {
  const keys = [...new Set(values.flatMap((value) => Object.keys(value)))].slice(0, 24);
  const parts = keys.map((key) => {
    const having = values.filter((value) => Object.hasOwn(value, key));
    const name = /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
    return `${name}${having.length < values.length ? '?' : ''}: ${inferType(having.map((value) => value[key]))}`;
  });
  return `{ object: { ${parts.join(', ')} } }`;
}

function typeWord(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Uint8Array) return 'bytes rest';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'boolean' : 'any';
}

function suggest(found: Found): string {
  const { kind, message, path, values, direction, id } = found;
  const leaf = path === '' ? 'rest' : (path.split('.').at(-1) as string);
  const place = path === '' ? message : `${message}.${path}`;
  switch (kind) {
    case 'unknown-message': {
      const name = /^[A-Za-z_]\w*$/.test(message) ? message : `message_${message}`;
      const number = id === undefined ? '' : `\n  id: ${message}`;
      const objects = values.filter((value) => typeWord(value) === 'object') as Record<string, unknown>[];
      const binary = objects.some((value) => value['bytes'] instanceof Uint8Array);
      const fields = binary
        ? '\n    rest: bytes rest'
        : [...new Set(objects.flatMap((value) => Object.keys(value)))]
            .slice(0, 24)
            .map((key) => {
              const having = objects.filter((value) => Object.hasOwn(value, key));
              return `\n    ${key}${having.length < objects.length ? '?' : ''}: ${inferType(having.map((value) => value[key]))}`;
            })
            .join('');
      return `${name}:${number}\n  direction: ${direction}\n  fields:${fields === '' ? ' {}' : fields}`;
    }
    case 'unknown-key':
      return `In ${message}, add ${path.includes('.') || path.includes('[') ? `at ${path} ` : ''}\`${leaf}?: ${inferType(values)}\`.`;
    case 'missing-key':
      return `In ${message}, make it optional: \`${leaf}?\` (binary: \`{ optional: … }\`).`;
    case 'trailing':
      return `In ${message}, add at the end \`rest: { optional: bytes rest }\`.`;
    case 'type':
      return `${place} also comes as ${inferType(values)}.`;
    case 'value':
      return `${place} also has ${[...new Set(values.map(asJson))].slice(0, 8).join(', ') || 'other values'}.`;
    case 'wrong-direction':
      return `${message} also goes ${direction}: \`direction: both\`.`;
    default:
      return kind satisfies never;
  }
}
