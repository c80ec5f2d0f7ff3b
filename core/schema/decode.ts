/**
 * Bytes to values and trees. A schema is turned into closures once and kept; decoding then is a walk without a switch.
 * Never throws: what does not fit becomes expert infos, fields before the mistake stay, the rest is shown as bytes.
 */
import { inflate, mask } from './content.ts';
import { listStep, messagesStep, structStep } from './decode-containers.ts';
import { customStep, fixedStep, innerStep, jsonStep } from './decode-content.ts';
import { bitsStep, flagsStep, floatStep, intStep, varintStep } from './decode-numbers.ts';
import { lookUpStep, spanStep, textValue } from './decode-spans.ts';
import { ABSENT, type Step, leftOver, rootOf } from './decode-step.ts';
import type { ExpertInfo } from './expert-info.ts';
import { isJsonNode } from './node-kinds.ts';
import {
  type Constant,
  DEFAULT_LIMITS,
  type FieldNode,
  type Limits,
  type Meta,
  type Node,
  type StructNode,
} from './nodes.ts';
import { Reader } from './reader.ts';
import { holds } from './conditions.ts';

export interface Decoded {
  /** What could be decoded; undefined when nothing could. */
  readonly value: unknown;
  /** First byte not consumed. */
  readonly end: number;
  readonly expert: readonly ExpertInfo[];
  /** False: the bytes broke off or made no sense; `value` holds the fields before. */
  readonly complete: boolean;
  /** Only when asked for. */
  readonly tree?: FieldNode;
}

export interface DecodeOptions {
  readonly limits?: Limits;
  readonly tree?: boolean;
  /** Remark bytes left over (a note); default true. */
  readonly trailing?: boolean;
}

const NONE: readonly ExpertInfo[] = Object.freeze([]);
const compiled = new WeakMap<Node, Step>();

/** Decodes bytes by a schema of either family. */
export function decode(node: Node, bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const limits = options.limits ?? DEFAULT_LIMITS;
  let step = compiled.get(node);
  if (step === undefined) {
    step = compile(node, []);
    compiled.set(node, step);
  }
  const end = Math.min(bytes.length, limits.maxBytes);
  const reader = new Reader(bytes, 0, end, limits, options.tree === true);
  const value = step(reader, '');
  if (!reader.failed && reader.at < bytes.length && options.trailing !== false) leftOver(reader, bytes.length);
  return {
    value: value === ABSENT ? undefined : value,
    end: reader.at,
    expert: reader.expert ?? NONE,
    complete: !reader.failed,
    ...(reader.out === null ? {} : { tree: rootOf(reader.out, node, bytes, value) }),
  };
}

/** `around`: the structs a node stands in, outermost first; needed to know what a length counts besides its field. */
function compile(node: Node, around: readonly StructNode[]): Step {
  if (isJsonNode(node)) return jsonStep(node);
  switch (node.kind) {
    case 'int':
      return intStep(node, node.meta, 'int');
    case 'varint':
      return varintStep(node, node.meta, 'varint');
    case 'enum': {
      const meta: Meta = Object.freeze({ ...node.of.meta, ...node.meta, names: node.values });
      return node.of.kind === 'int' ? intStep(node.of, meta, 'enum') : varintStep(node.of, meta, 'enum');
    }
    case 'flags':
      return flagsStep(node.of, node.bits, { ...node.of.meta, ...node.meta });
    case 'float':
      return floatStep(node.size, node.endian === 'le', node.meta);
    case 'bits':
      return bitsStep(node);
    case 'bytes':
      return spanStep(node, node.length, around, (reader, start, end) => reader.bytes.subarray(start, end));
    case 'text':
      return spanStep(node, node.length, around, (reader, start, end, name) =>
        textValue(node, reader, start, end, name),
      );
    case 'struct':
      return structStep(compile, node, around);
    case 'list':
      return listStep(compile, node, around);
    case 'when': {
      const then = compile(node.then, around);
      const on = lookUpStep(node.condition.on);
      const { condition } = node;
      return (reader, name) => (holds(condition, on(reader)) ? then(reader, name) : ABSENT);
    }
    case 'optional': {
      const of = compile(node.of, around);
      const { minLeft } = node;
      return (reader, name) => (reader.end - reader.at >= minLeft ? of(reader, name) : ABSENT);
    }
    case 'switch': {
      const on = lookUpStep(node.on);
      const cases = new Map<Constant, Step>(node.cases.map((one) => [one.value, compile(one.node, around)]));
      const otherwise = node.otherwise === undefined ? undefined : compile(node.otherwise, around);
      return (reader, name) => {
        const key = on(reader) as Constant;
        const step = cases.get(key) ?? (typeof key === 'bigint' ? cases.get(Number(key)) : undefined) ?? otherwise;
        return step === undefined ? ABSENT : step(reader, name);
      };
    }
    case 'messages':
      return messagesStep(compile, node, around);
    case 'fixed':
      return fixedStep(node.bytes, node.meta);
    case 'checksum':
      // Outside a struct there is nothing to sum up; structs treat theirs themselves.
      return intStep({ size: node.size, signed: false, endian: node.endian }, node.meta, 'checksum');
    case 'compressed': {
      const { algorithm } = node;
      return innerStep(compile, node, algorithm, around, (packed, reader) =>
        inflate(packed, algorithm, Math.min(reader.limits.maxBytes, 256 * 1024 * 1024)),
      );
    }
    case 'sealed': {
      const { xor } = node;
      return innerStep(compile, node, 'unmasked', around, (packed) => ({ bytes: mask(packed, xor) }));
    }
    case 'custom':
      return customStep(node);
    default:
      return node satisfies never;
  }
}
