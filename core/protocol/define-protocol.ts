/**
 * Makes a whole `Protocol` out of what a dissector declares. Two families are understood: binary messages (a tag, then a
 * body) and JSON values (one or several messages told apart by a key). A dissector may replace `dissect`, `classify` or
 * `encode` and still call the default, which it is handed as the last argument.
 *
 *     defineProtocol({
 *       id: 'mjsonp', title: 'Mjai JSON', transports: ['tcp'], framing: { kind: 'lines' },
 *       messages: [{ name: 'hello', direction: 'toClient', node: object({ type: literal('hello') }) }, …],
 *       json: { discriminator: { key: 'type', keep: true } },
 *     })
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import { DEFAULT_LIMITS, type Limits, type MessagesNode, type Node } from '../schema/nodes.ts';
import { checkClosed } from '../schema/references.ts';
import { binaryProtocol } from './binary-protocol.ts';
import type { Framing } from './framing.ts';
import { jsonProtocol } from './json-protocol.ts';
import type {
  Composed,
  Direction,
  Dissected,
  DissectedMessage,
  Encoded,
  EncodeHow,
  Link,
  Memory,
  MessageSpec,
  OptionValues,
  Protocol,
  Sample,
  Watcher,
} from './protocol.ts';
import { recogniseByContent } from './recognise-content.ts';
import { summarise } from './summary.ts';

/** Messages possible in this state and direction. Return the same array for the same answer: tables are cached by identity. */
export type Table<S> = (state: S, direction: Direction) => readonly MessageSpec[];

export interface BinaryShape<S> {
  /** The integer every message begins with; `MessageSpec.id` are its values. */
  readonly tag: MessagesNode['tag'];
  /** Default: every message of the direction. */
  readonly table?: Table<S>;
}

/** Which message a JSON object is: the value under `key` is the message's name, or its `id`. */
export interface Discriminator {
  readonly key: string;
  /** What the value names; default `name`. */
  readonly by?: 'name' | 'id';
  /** True: `fields` is the whole object, `key` included (and the message's node must list it). False: without `key`. */
  readonly keep: boolean;
  /** Meta of the key in the tree when it is not kept. */
  readonly node?: Node;
  /** The wire's value as name or id; undefined: not known. Default: strings by name, integers by id. Must not throw. */
  readonly read?: (raw: unknown) => string | number | undefined;
  /** The value to write. Default: the name, or the id. */
  readonly write?: (spec: MessageSpec) => unknown;
  /**
   * Where one value stands for several messages: the message's name, by looking at the object. undefined: as `read` says.
   * Slows `classify` down to a full parse for the values it is asked about, so list those in `ambiguous`.
   */
  readonly pick?: (value: Readonly<Record<string, unknown>>, direction: Direction) => string | undefined;
  /** Values of `read` for which `pick` is asked; absent: all. */
  readonly ambiguous?: readonly (string | number)[];
  /** Remarks on how the discriminator is written (spelling, position). `path` and `range` are filled in when absent. */
  readonly check?: (raw: unknown, value: Readonly<Record<string, unknown>>, bytes: Uint8Array) => readonly ExpertInfo[];
}

/** One message found inside a JSON value. */
export interface Part {
  readonly name: string | null;
  readonly id?: number;
  readonly fields: unknown;
  /** Where `fields` is within the JSON value: '' or e.g. `data[0].msg`. */
  readonly path: string;
  /** Found in the table by name when absent. */
  readonly spec?: MessageSpec;
  readonly expert?: readonly ExpertInfo[];
}

/** For what a discriminator cannot say: batches, envelopes, values under their own name. */
export interface Envelope<S> {
  /** The messages inside a parsed value, in order; an empty list means "an empty frame of this protocol". Must not throw. */
  readonly split: (value: unknown, direction: Direction, state: S) => readonly Part[];
  /** The JSON value to write for one message. `original` is the parsed value being edited, when there is one. */
  readonly join: (composed: Composed, direction: Direction, state: S, original: unknown) => unknown;
  /** Nodes for parts of the value outside any message (the envelope itself), by path, for the tree. */
  readonly nodes?: Readonly<Record<string, Node>>;
  /** Name from the first bytes, cheaper than a parse; undefined: parse. */
  readonly peek?: (
    bytes: Uint8Array,
    direction: Direction,
    state: S,
  ) => { name: string; id?: number } | null | undefined;
}

export interface JsonShape<S> {
  readonly discriminator?: Discriminator;
  readonly envelope?: Envelope<S>;
  /** Default: every message of the direction. */
  readonly table?: Table<S>;
  /** Spelling of what `encode` writes anew; default compact. `python`: `", "` and `": "`. */
  readonly style?: 'compact' | 'python';
}

type Replaceable<S> = Pick<Protocol<S>, 'dissect' | 'classify' | 'encode'>;

export interface ProtocolDefinition<S> {
  readonly id: string;
  readonly title: string;
  readonly doc?: string;
  readonly transports: Protocol['transports'];
  readonly ports?: Protocol['ports'];
  /** Default: `message` (carriers that deliver whole messages). */
  readonly framing?: Framing;
  readonly options?: Protocol['options'];
  readonly messages: readonly MessageSpec[];
  readonly pairs?: Protocol['pairs'];
  readonly handoffs?: Protocol['handoffs'];
  readonly correlations?: Protocol['correlations'];
  readonly examples?: Protocol['examples'];
  readonly binary?: BinaryShape<S>;
  readonly json?: JsonShape<S>;
  /** Default: how much of the sample decodes, a little more on one of `ports`. */
  readonly recognise?: (sample: Sample, link: Link) => number;
  /** Default: no state (null). */
  readonly start?: (link: Link, options: OptionValues) => S;
  /** Default: the state stays. */
  readonly next?: (state: S, direction: Direction, dissected: Dissected, bytes: Uint8Array, memory: Memory) => S;
  /** Default (also for undefined): the first fields. Cut to 120 characters and one line in any case. */
  readonly summary?: (message: DissectedMessage, direction: Direction) => string | undefined;
  /** Remarks on one message beyond its schema; paths relative to its fields. Must not throw. */
  readonly check?: (message: DissectedMessage, direction: Direction, state: S) => readonly ExpertInfo[];
  readonly watch?: (link: Link, options: OptionValues) => Watcher;
  readonly dissect?: (
    bytes: Uint8Array,
    direction: Direction,
    state: S,
    limits: Limits,
    base: Replaceable<S>,
  ) => Dissected;
  readonly classify?: (
    bytes: Uint8Array,
    direction: Direction,
    state: S,
    base: Replaceable<S>,
  ) => { name: string; id?: number } | null;
  readonly encode?: (
    composed: Composed,
    direction: Direction,
    state: S,
    how: EncodeHow,
    base: Replaceable<S>,
  ) => Encoded;
}

/** @throws Error when the definition contradicts itself (two messages of one name and direction, no family, …). */
export function defineProtocol<S = null>(definition: ProtocolDefinition<S>): Protocol<S> {
  checkDefinition(definition);
  const base = baseOf(definition);
  const protocol: Protocol<S> = {
    id: definition.id,
    title: definition.title,
    ...(definition.doc === undefined ? {} : { doc: definition.doc }),
    transports: definition.transports,
    ports: definition.ports ?? [],
    framing: definition.framing ?? { kind: 'message' },
    options: definition.options ?? [],
    messages: definition.messages,
    pairs: definition.pairs ?? [],
    handoffs: definition.handoffs ?? [],
    correlations: definition.correlations ?? [],
    examples: definition.examples ?? [],
    recognise: (sample, link) => (definition.recognise ?? recogniseByContent(protocol))(sample, link),
    start: (link, options) => (definition.start === undefined ? (null as S) : definition.start(link, options)),
    dissect: (bytes, direction, state, limits = DEFAULT_LIMITS) =>
      definition.dissect === undefined
        ? base.dissect(bytes, direction, state, limits)
        : definition.dissect(bytes, direction, state, limits, base),
    classify: (bytes, direction, state) =>
      definition.classify === undefined
        ? base.classify(bytes, direction, state)
        : definition.classify(bytes, direction, state, base),
    next: (state, direction, dissected, bytes, memory) =>
      definition.next === undefined ? state : definition.next(state, direction, dissected, bytes, memory),
    summary: (message, direction) => summarise(message, direction, definition.summary),
    encode: (composed, direction, state, how = {}) =>
      definition.encode === undefined
        ? base.encode(composed, direction, state, how)
        : definition.encode(composed, direction, state, how, base),
    ...(definition.watch === undefined ? {} : { watch: definition.watch }),
  };
  return Object.freeze(protocol);
}

function checkDefinition<S>(definition: ProtocolDefinition<S>): void {
  const { id, binary, json } = definition;
  if ((binary === undefined) === (json === undefined) && !(definition.dissect && definition.encode)) {
    throw new Error(`Protocol ${id} needs either \`binary\` or \`json\`, or its own \`dissect\` and \`encode\`.`);
  }
  if (json !== undefined && (json.discriminator === undefined) === (json.envelope === undefined)) {
    throw new Error(`Protocol ${id}: \`json\` needs either a \`discriminator\` or an \`envelope\`.`);
  }
  for (const spec of definition.messages) {
    try {
      checkClosed(spec.node);
    } catch (error) {
      throw new Error(
        `Protocol ${id}, message ${spec.name}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  for (const pair of definition.pairs ?? []) {
    for (const name of [...(pair.request === '*' ? [] : pair.request), ...(pair.replies === '*' ? [] : pair.replies)]) {
      if (!definition.messages.some((spec) => spec.name === name)) {
        throw new Error(`Protocol ${id}: a pair names the message ${name}, which is not in \`messages\`.`);
      }
    }
  }
}

function baseOf<S>(definition: ProtocolDefinition<S>): Replaceable<S> {
  if (definition.binary !== undefined) return binaryProtocol(definition, definition.binary);
  if (definition.json !== undefined) return jsonProtocol(definition, definition.json);
  const missing = (): never => {
    throw new Error(`Protocol ${definition.id} has no default to fall back to.`);
  };
  return { dissect: missing, classify: missing, encode: missing };
}
