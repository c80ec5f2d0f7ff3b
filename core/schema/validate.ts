/**
 * Is a value what its schema says? Answers are expert infos, never exceptions: real peers send odd values and live on.
 * Works on decoded values of both families, and on what a person typed into the composer.
 */
import { holds, lookUp, same } from './conditions.ts';
import type { ExpertInfo, Severity } from './expert-info.ts';
import type { BinaryNode, Meta, Node } from './nodes.ts';
import { intLimits } from './numbers.ts';
import { formatPath, type Segment } from './path.ts';
import { brief, describeCondition, expectation, isShort, listed, typeName } from './value-words.ts';

export { holds, lookUp, same } from './conditions.ts';
export { typeName } from './value-words.ts';

export interface ValidateOptions {
  /** The frame was cut short: missing fields were reported already. */
  readonly partial?: boolean;
  /** Path the remarks' paths begin with. */
  readonly under?: readonly Segment[];
  /** Remarks kept; default 100. */
  readonly most?: number;
}

const NONE: readonly ExpertInfo[] = Object.freeze([]);

/** Remarks on the value, in field order; an empty list when all is well. */
export function validate(node: Node, value: unknown, options: ValidateOptions = {}): readonly ExpertInfo[] {
  const check = new Check(options);
  check.node(node, value);
  return check.found.length === 0 ? NONE : check.found;
}

/** The option of a oneOf that explains the value best. */
export function pickOption(options: readonly Node[], value: unknown): Node {
  return new Check({}).pick(options, value).node;
}

const patterns = new Map<string, RegExp | null>();
function wholePattern(pattern: string): RegExp | null {
  let made = patterns.get(pattern);
  if (made === undefined) {
    try {
      made = new RegExp(`^(?:${pattern})$`, 'u');
    } catch {
      made = null;
    }
    patterns.set(pattern, made);
  }
  return made;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

class Check {
  readonly found: ExpertInfo[] = [];
  private readonly path: Segment[];
  private readonly scopes: unknown[] = [];
  private readonly partial: boolean;
  private readonly most: number;

  constructor(options: ValidateOptions) {
    this.path = options.under === undefined ? [] : [...options.under];
    this.partial = options.partial ?? false;
    this.most = options.most ?? 100;
  }

  private say(code: string, text: string, severity: Severity = 'warning'): void {
    if (this.found.length >= this.most) return;
    const path = formatPath(this.path);
    const who = path === '' ? 'The message' : path;
    this.found.push({ severity, group: 'schema', code, text: `${who} ${text}`, path });
  }

  private wrong(expected: string, value: unknown): void {
    this.say('type', `should be ${expected}, not ${typeName(value)}${isShort(value) ? ` (${brief(value)})` : ''}.`);
  }

  private at(segment: Segment, node: Node, value: unknown): void {
    this.path.push(segment);
    this.node(node, value);
    this.path.pop();
  }

  node(node: Node, value: unknown): void {
    switch (node.kind) {
      case 'object':
        return this.object(node, value);
      case 'string':
        if (typeof value !== 'string') return this.wrong('a string', value);
        if (node.values !== undefined && !node.values.includes(value)) {
          this.say('enum', `is ${brief(value)}, which is not one of ${listed(node.values)}.`, severityOf(node.meta));
        }
        return this.meta(node.meta, value);
      case 'integer':
        if (typeof value !== 'bigint' && !Number.isInteger(value)) return this.wrong('an integer', value);
        if (node.values !== undefined && !node.values.includes(value as number)) {
          this.say('enum', `is ${String(value)}, which is not one of ${listed(node.values)}.`, severityOf(node.meta));
        }
        return this.meta(node.meta, value);
      case 'number':
        if (typeof value !== 'number' && typeof value !== 'bigint') return this.wrong('a number', value);
        return this.meta(node.meta, value);
      case 'boolean':
        if (typeof value !== 'boolean') this.wrong('a boolean', value);
        return undefined;
      case 'null':
        if (value !== null) this.wrong('null', value);
        return undefined;
      case 'array':
        if (!Array.isArray(value)) return this.wrong('an array', value);
        for (let index = 0; index < value.length; index += 1) this.at(index, node.of, value[index]);
        return this.meta(node.meta, value);
      case 'record':
        if (!isPlainObject(value)) return this.wrong('an object', value);
        for (const key of Object.keys(value)) {
          this.path.push(key);
          this.meta(node.keyMeta, key);
          this.node(node.of, value[key]);
          this.path.pop();
        }
        return undefined;
      case 'tuple': {
        if (!Array.isArray(value)) return this.wrong('an array', value);
        const { items, rest } = node;
        if (value.length < items.length || (rest === undefined && value.length > items.length)) {
          const wanted = rest === undefined ? `${items.length}` : `at least ${items.length}`;
          this.say('item-count', `has ${value.length} items, not ${wanted}.`);
        }
        for (let index = 0; index < value.length; index += 1) {
          const item = items[index] ?? rest;
          if (item !== undefined) this.at(index, item, value[index]);
        }
        return undefined;
      }
      case 'oneOf': {
        const best = this.pick(node.options, value);
        if (best.foreign) return this.wrong(node.options.map(expectation).join(' or '), value);
        for (const info of best.found) if (this.found.length < this.most) this.found.push(info);
        return this.meta(node.meta, value);
      }
      case 'literal':
        if (!same(value, node.value)) this.say('literal', `should be ${brief(node.value)}, not ${brief(value)}.`);
        return undefined;
      case 'any':
        return this.meta(node.meta, value);
      default:
        return this.binary(node, value);
    }
  }

  private binary(node: BinaryNode, value: unknown): void {
    switch (node.kind) {
      case 'int':
      case 'varint':
      case 'checksum':
        if (value === undefined && (node.kind === 'checksum' || node.derive !== undefined)) return undefined;
        return this.whole(node, value);
      case 'float':
        if (typeof value !== 'number') return this.wrong('a number', value);
        return this.meta(node.meta, value);
      case 'bits':
        if (!isPlainObject(value)) return this.wrong('an object', value);
        for (const part of node.parts) {
          this.path.push(part.name);
          const bits = value[part.name];
          if (!Number.isInteger(bits) || (bits as number) < 0 || (bits as number) >= 2 ** part.width) {
            this.say('range', `should be 0 to ${2 ** part.width - 1}, not ${brief(bits)}.`);
          } else this.meta(part.meta, bits);
          this.path.pop();
        }
        return undefined;
      case 'enum':
        if (typeof value !== 'number' && typeof value !== 'bigint') return this.wrong('a number', value);
        if (node.closed && !Object.hasOwn(node.values, String(value))) {
          this.say('enum', `is ${String(value)}, which has no name.`, severityOf(node.meta));
        }
        return this.meta(node.meta, value);
      case 'flags': {
        if (typeof value !== 'number') return this.wrong('a number', value);
        let unknown = value;
        for (const mask of Object.keys(node.bits)) unknown &= ~Number(mask);
        if (unknown !== 0) this.say('flags', `has unnamed bits: 0x${(unknown >>> 0).toString(16)}.`, 'note');
        return this.meta(node.meta, value);
      }
      case 'bytes':
        if (!(value instanceof Uint8Array)) return this.wrong('bytes', value);
        return this.meta(node.meta, value);
      case 'text':
        if (typeof value !== (node.parse === 'number' ? 'number' : 'string')) {
          return this.wrong(node.parse === 'number' ? 'a number' : 'text', value);
        }
        return this.meta(node.meta, value);
      case 'struct':
        return this.struct(node, value);
      case 'list':
        if (!Array.isArray(value)) return this.wrong('a list', value);
        if (node.count.by === 'fixed' && value.length !== node.count.size && !this.partial) {
          this.say('item-count', `has ${value.length} items, not ${node.count.size}.`);
        }
        for (let index = 0; index < value.length; index += 1) this.at(index, node.of, value[index]);
        return this.meta(node.meta, value);
      case 'when':
        if (value === undefined) {
          if (!this.partial && holds(node.condition, lookUp(node.condition.on, this.scopes))) {
            this.say('missing', `is missing, although ${describeCondition(node.condition)}.`);
          }
          return undefined;
        }
        if (!holds(node.condition, lookUp(node.condition.on, this.scopes))) {
          return this.say('unwritten', `is only written when ${describeCondition(node.condition)}.`, 'note');
        }
        return this.node(node.then, value);
      case 'optional':
        return value === undefined ? undefined : this.node(node.of, value);
      case 'switch': {
        const on = lookUp(node.on, this.scopes);
        const chosen = node.cases.find((one) => same(on, one.value))?.node ?? node.otherwise;
        if (chosen !== undefined) return this.node(chosen, value);
        if (value !== undefined) this.say('unwritten', `has no layout when ${node.on} is ${brief(on)}.`, 'note');
        return undefined;
      }
      case 'fixed':
        return undefined;
      case 'compressed':
      case 'sealed':
        return this.node(node.of, value);
      case 'messages': {
        if (!isPlainObject(value)) return this.wrong('a message', value);
        const chosen = node.cases.find((one) => one.name === value['message'] || same(value['tag'], one.tag));
        if (chosen === undefined) return this.say('unknown-message', `is no known message (${brief(value['tag'])}).`);
        return this.at('body', chosen.body, value['body']);
      }
      case 'custom': {
        const problem = node.codec.validate(value);
        if (problem !== undefined) this.say('custom', `is not right: ${problem}`);
        return undefined;
      }
      default:
        return node satisfies never;
    }
  }

  private whole(node: Extract<Node, { kind: 'int' | 'varint' | 'checksum' }>, value: unknown): void {
    if (typeof value !== 'bigint' && !Number.isInteger(value)) return this.wrong('an integer', value);
    const [least, most] =
      node.kind === 'int'
        ? intLimits(node)
        : intLimits({ size: node.kind === 'varint' ? 8 : node.size, signed: node.kind === 'varint' && node.zigzag });
    if ((value as number) < (least as number) || (value as number) > (most as number)) {
      return this.say('range', `should be ${least} to ${most}, not ${String(value)}.`);
    }
    return this.meta(node.meta, value);
  }

  private object(node: Extract<Node, { kind: 'object' }>, value: unknown): void {
    if (!isPlainObject(value)) return this.wrong('an object', value);
    let known = 0;
    for (const key of node.keys) {
      if (Object.hasOwn(value, key.name)) {
        known += 1;
        this.path.push(key.name);
        this.node(key.node, value[key.name]);
        this.path.pop();
      } else if (!key.optional) {
        this.path.push(key.name);
        this.say('missing-key', 'is missing.');
        this.path.pop();
      }
    }
    if (node.extra === 'allow') return;
    const keys = Object.keys(value);
    if (keys.length === known) return;
    for (const key of keys) {
      if (node.keys.some((one) => one.name === key)) continue;
      this.path.push(key);
      this.say('unknown-key', 'is not a known key here.', node.extra);
      this.path.pop();
    }
  }

  private struct(node: Extract<Node, { kind: 'struct' }>, value: unknown): void {
    if (!isPlainObject(value)) return this.wrong('a struct', value);
    this.scopes.push(value);
    for (const field of node.fields) {
      const inner = field.node;
      const item = value[field.name];
      if (item === undefined && (this.partial || mayBeAbsent(inner)) && inner.kind !== 'when') continue;
      this.path.push(field.name);
      if (item === undefined && inner.kind !== 'when') this.say('missing', 'is missing.');
      else this.node(inner, item);
      this.path.pop();
    }
    this.scopes.pop();
  }

  /** Tries every option; `foreign`: not even the outer type fits any. */
  pick(options: readonly Node[], value: unknown): { node: Node; found: readonly ExpertInfo[]; foreign: boolean } {
    const depth = this.path.length;
    let best: { node: Node; found: readonly ExpertInfo[]; cost: number } | undefined;
    for (const option of options) {
      const trial = new Check({ under: this.path, most: 20, partial: this.partial });
      trial.scopes.push(...this.scopes);
      trial.node(option, value);
      if (trial.found.length === 0) return { node: option, found: NONE, foreign: false };
      const cost = trial.found.reduce((sum, info) => sum + costOf(info, formatPath(this.path.slice(0, depth))), 0);
      if (best === undefined || cost < best.cost) best = { node: option, found: trial.found, cost };
    }
    if (best === undefined) throw new Error('oneOf without options.');
    return { node: best.node, found: best.found, foreign: options.length > 1 && best.cost >= FOREIGN };
  }

  private meta(meta: Meta, value: unknown): void {
    if (meta.min === undefined && meta.max === undefined && meta.pattern === undefined && meta.names === undefined)
      return;
    const severity = severityOf(meta);
    const measured = measure(value);
    if (measured !== undefined) {
      const what = typeof value === 'number' || typeof value === 'bigint' ? 'is' : 'has length';
      if (meta.min !== undefined && measured < meta.min) {
        this.say('range', `${what} ${measured}, less than ${meta.min}.`, severity);
      } else if (meta.max !== undefined && measured > meta.max) {
        this.say('range', `${what} ${measured}, more than ${meta.max}.`, severity);
      }
    }
    if (meta.pattern !== undefined && typeof value === 'string' && wholePattern(meta.pattern)?.test(value) === false) {
      // Remarks are copied into exports: a secret must not leak through one.
      const shown = meta.secret === true ? 'not of the right form' : brief(value);
      this.say('pattern', `is ${shown}, which does not match ${meta.pattern}.`, severity);
    }
    // Names alone leave an enumeration open; a severity of its own closes it.
    if (meta.names !== undefined && meta.severity !== undefined && !Object.hasOwn(meta.names, String(value))) {
      this.say('enum', `is ${brief(value)}, which has no name.`, severity);
    }
  }
}

const FOREIGN = 1000;

function costOf(info: ExpertInfo, here: string): number {
  if (info.path === here && info.code === 'type') return FOREIGN;
  if (info.code === 'literal') return info.path === here ? FOREIGN : 20;
  return info.severity === 'note' ? 1 : 3;
}

function severityOf(meta: Meta): Severity {
  return meta.severity ?? 'warning';
}

function measure(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return undefined;
}

function mayBeAbsent(node: Node): boolean {
  if (node.kind === 'optional' || node.kind === 'fixed' || node.kind === 'checksum' || node.kind === 'switch')
    return true;
  return (node.kind === 'int' || node.kind === 'varint') && node.derive !== undefined;
}
