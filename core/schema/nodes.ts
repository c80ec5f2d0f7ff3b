/**
 * The field language as data: a schema is a frozen tree of these plain nodes and nothing else. One interpreter per file reads
 * them (decode, encode, validate, mutate, form, describe); each switches over `kind` exhaustively, so adding a kind fails to
 * compile until every interpreter handles it. Nodes are built by `builders.ts` or loaded from YAML; both give the same trees.
 */

/** What a value means in the game, for the rule-breaking suite, rebinding and masks. */
export type Role =
  | 'id'
  | 'owner'
  | 'token'
  | 'password'
  | 'money'
  | 'quantity'
  | 'position'
  | 'speed'
  | 'cooldown'
  | 'sequence'
  | 'time'
  | 'name'
  | 'text'
  | 'address'
  | 'port'
  | 'score';

/** Presentation and meaning of a field; belongs to the field, once. */
export interface Meta {
  readonly label?: string;
  /** Markdown, one or two sentences. */
  readonly doc?: string;
  readonly unit?: string;
  readonly display?: 'dec' | 'hex' | 'bin' | 'char';
  /** Value → name, for enumerations that stay open. */
  readonly names?: Readonly<Record<string, string>>;
  /** Masked on screen and in exports. */
  readonly secret?: boolean;
  /** Differs from run to run; replay and diff ignore it. */
  readonly volatile?: boolean;
  readonly role?: Role;
  readonly fuzz?: 'never';
  /** Inclusive limits for numbers; length limits (characters, items, bytes) for text, lists and bytes. */
  readonly min?: number;
  readonly max?: number;
  /** Regular expression the whole text must match. */
  readonly pattern?: string;
  /** BCP 47 tag of the text's language, so that Han glyphs come out right. */
  readonly lang?: string;
  /** Rich text the UI may render (e.g. `muddery` colour marks). */
  readonly markup?: string;
  /** Severity used when `names`, `min`, `max` or `pattern` is violated; default `warning`. */
  readonly severity?: 'note' | 'warning' | 'error';
}

/** How long something is: fixed, told by an earlier field of the same struct, by its own prefix, by a terminator, or the rest. */
export type Length =
  | { readonly by: 'fixed'; readonly size: number }
  | { readonly by: 'field'; readonly ref: string }
  | { readonly by: 'prefix'; readonly prefix: IntNode | VarintNode }
  | { readonly by: 'until'; readonly terminator: Uint8Array }
  | { readonly by: 'rest' };

/** A condition on an earlier field of the same struct (`on` may climb with a leading `^` per level). */
export interface Condition {
  readonly on: string;
  readonly test: 'eq' | 'ne' | 'lt' | 'ge' | 'in' | 'bit' | 'nobit';
  readonly value: Constant | readonly Constant[];
}
export type Constant = string | number | bigint | boolean | null;

/** Derived fields are computed on encode unless overridden by path. `ref` names a sibling. */
export interface Derive {
  readonly kind: 'length' | 'count';
  readonly ref: string;
  /** Added to the measured value: 2 when a length includes its own two bytes. */
  readonly plus?: number;
}

interface Base<K extends string> {
  readonly kind: K;
  readonly meta: Meta;
}

// ---- binary ------------------------------------------------------------------------------------------------------------

export interface IntNode extends Base<'int'> {
  readonly size: 1 | 2 | 3 | 4 | 8;
  readonly signed: boolean;
  readonly endian: 'be' | 'le';
  readonly derive?: Derive;
}
export interface FloatNode extends Base<'float'> {
  readonly size: 4 | 8;
  readonly endian: 'be' | 'le';
}
/** LEB128; `zigzag` for signed. Values above 2^53 come out as bigint. */
export interface VarintNode extends Base<'varint'> {
  readonly zigzag: boolean;
  readonly derive?: Derive;
}
/** Packed bits of one integer of `size` bytes; parts from the most significant bit down. */
export interface BitsNode extends Base<'bits'> {
  readonly size: 1 | 2 | 3 | 4;
  readonly endian: 'be' | 'le';
  readonly parts: readonly { readonly name: string; readonly width: number; readonly meta: Meta }[];
}
/** An integer whose values have names. Closed: other values are an expert info. Decodes to the number. */
export interface EnumNode extends Base<'enum'> {
  readonly of: IntNode | VarintNode;
  readonly values: Readonly<Record<string, string>>;
  readonly closed: boolean;
}
/** An integer whose bits have names. Decodes to the number; the tree shows the bits. */
export interface FlagsNode extends Base<'flags'> {
  readonly of: IntNode;
  /** Mask (decimal string) → name. */
  readonly bits: Readonly<Record<string, string>>;
}
export interface BytesNode extends Base<'bytes'> {
  readonly length: Length;
}
export interface TextNode extends Base<'text'> {
  readonly length: Length;
  readonly encoding: 'utf8' | 'latin1' | 'utf16le';
  /** Readers cut at the first zero byte inside the text; the tree keeps the whole range. */
  readonly cutAtNul?: boolean;
  /** `number`: the text is a decimal number and decodes to one. */
  readonly parse?: 'number';
}
export interface StructNode extends Base<'struct'> {
  readonly fields: readonly FieldSpec[];
}
export interface FieldSpec {
  readonly name: string;
  readonly node: Node;
}
export interface ListNode extends Base<'list'> {
  readonly of: Node;
  /** Number of items; `rest`: to the end of the enclosing bytes; `until`: a terminating item prefix. */
  readonly count: Length;
}
/** Present only if the condition holds; absent values are absent keys. */
export interface WhenNode extends Base<'when'> {
  readonly condition: Condition;
  readonly then: Node;
}
/** Present only if at least `minLeft` bytes remain (default 1): answers that stop early are normal in real protocols. */
export interface OptionalNode extends Base<'optional'> {
  readonly of: Node;
  readonly minLeft: number;
}
export interface SwitchNode extends Base<'switch'> {
  readonly on: string;
  readonly cases: readonly { readonly value: Constant; readonly node: Node }[];
  readonly otherwise?: Node;
}
/** Magic bytes: decode checks them, encode writes them, the value is absent from structs. */
export interface FixedNode extends Base<'fixed'> {
  readonly bytes: Uint8Array;
}
/** Checksum over earlier siblings `from`..`to` (names; absent: all before it). */
export interface ChecksumNode extends Base<'checksum'> {
  readonly algorithm: 'crc32' | 'adler32' | 'sum8' | 'sum16be' | 'xor8';
  readonly size: 1 | 2 | 4;
  readonly endian: 'be' | 'le';
  readonly from?: string;
  readonly to?: string;
}
/** Bytes that hold something packed; the inner buffer is a view with its own ranges. */
export interface CompressedNode extends Base<'compressed'> {
  readonly algorithm: 'zlib' | 'gzip' | 'deflate-raw';
  readonly length: Length;
  readonly of: Node;
}
/** Bytes under a keyless mask (xor with constant bytes). */
export interface SealedNode extends Base<'sealed'> {
  readonly xor: Uint8Array;
  readonly length: Length;
  readonly of: Node;
}
/** Message table: a tag, then the case's body. Decodes to `{ message, tag, body }`. */
export interface MessagesNode extends Base<'messages'> {
  readonly tag: IntNode | VarintNode | EnumNode;
  readonly cases: readonly MessageCase[];
}
export interface MessageCase {
  readonly name: string;
  readonly tag: number;
  readonly body: Node;
  readonly meta: Meta;
}
/** Last resort for what the language cannot say; must supply its part of every interpreter. */
export interface CustomNode extends Base<'custom'> {
  readonly name: string;
  readonly codec: CustomCodec;
}

// ---- JSON --------------------------------------------------------------------------------------------------------------

export interface ObjectNode extends Base<'object'> {
  readonly keys: readonly KeySpec[];
  /** What a key not listed means: `allow` says nothing; `note`/`warning` is an expert info of that severity. */
  readonly extra: 'allow' | 'note' | 'warning';
}
export interface KeySpec {
  readonly name: string;
  readonly node: Node;
  readonly optional: boolean;
}
export interface StringNode extends Base<'string'> {
  readonly values?: readonly string[];
  /** The string holds something else: shown as an inner view with its own ranges. */
  readonly inner?: { readonly as: 'json' | 'base64' | 'hex'; readonly of: Node };
}
export interface IntegerNode extends Base<'integer'> {
  readonly values?: readonly number[];
}
export interface NumberNode extends Base<'number'> {}
export interface BooleanNode extends Base<'boolean'> {}
export interface NullNode extends Base<'null'> {}
/** JSON array of alike items. */
export interface ArrayNode extends Base<'array'> {
  readonly of: Node;
}
/** JSON object used as a dictionary. */
export interface RecordNode extends Base<'record'> {
  readonly of: Node;
  readonly keyMeta: Meta;
}
export interface TupleNode extends Base<'tuple'> {
  readonly items: readonly Node[];
  readonly rest?: Node;
}
/** The first option that fits without an expert info, else the one with the fewest. */
export interface OneOfNode extends Base<'oneOf'> {
  readonly options: readonly Node[];
}
export interface LiteralNode extends Base<'literal'> {
  readonly value: Constant;
}
export interface AnyNode extends Base<'any'> {}

export type BinaryNode =
  | IntNode
  | FloatNode
  | VarintNode
  | BitsNode
  | EnumNode
  | FlagsNode
  | BytesNode
  | TextNode
  | StructNode
  | ListNode
  | WhenNode
  | OptionalNode
  | SwitchNode
  | FixedNode
  | ChecksumNode
  | CompressedNode
  | SealedNode
  | MessagesNode
  | CustomNode;

export type JsonNode =
  | ObjectNode
  | StringNode
  | IntegerNode
  | NumberNode
  | BooleanNode
  | NullNode
  | ArrayNode
  | RecordNode
  | TupleNode
  | OneOfNode
  | LiteralNode
  | AnyNode;

export type Node = BinaryNode | JsonNode;
export type NodeKind = Node['kind'];

/** A node that is known to decode to `Out`; the type exists for the compiler only. */
export type Typed<Out, N extends Node = Node> = N & { readonly __out?: Out };
/** The value type a schema decodes to. */
export type Out<N> = N extends { readonly __out?: infer O } ? O : unknown;

// ---- what decoding gives -----------------------------------------------------------------------------------------------

/**
 * One field of a decoded message: half-open byte range into its buffer, children in order, nested and disjoint.
 * `path` is not stored: it is the names from the root joined as `a.b[2].c` (see `path.ts`).
 */
export interface FieldNode {
  /** Last path segment: a key, or the item's index as text. */
  readonly name: string;
  readonly kind: NodeKind;
  readonly start: number;
  readonly end: number;
  /** For packed bits: offset from the most significant bit of byte `start`, and width. */
  readonly bits?: { readonly offset: number; readonly width: number };
  readonly value: unknown;
  readonly meta: Meta;
  readonly children: readonly FieldNode[];
  /** Decompressed, unmasked or unescaped content with ranges of its own. */
  readonly inner?: InnerBuffer;
  /** Name of the sibling this length, count or checksum was computed from. */
  readonly derived?: string;
}

export interface InnerBuffer {
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly root: FieldNode;
}

export interface CustomCodec {
  decode(bytes: Uint8Array, start: number, end: number): { value: unknown; end: number; problem?: string };
  encode(value: unknown): Uint8Array;
  /** A problem in one sentence, or undefined. */
  validate(value: unknown): string | undefined;
  /** Wrong but writable values, by a stable name. */
  mutants(value: unknown): readonly { readonly name: string; readonly value: unknown }[];
  describe: string;
}

/** Every limit has a default; exceeding one is an expert info, never a hang. */
export interface Limits {
  readonly maxDepth: number;
  readonly maxNodes: number;
  readonly maxItems: number;
  readonly maxBytes: number;
}
export const DEFAULT_LIMITS: Limits = {
  maxDepth: 64,
  maxNodes: 200_000,
  maxItems: 100_000,
  maxBytes: 64 * 1024 * 1024,
};
