/**
 * Any protobuf. With the text of a `.proto` file (option `proto`) fields have names and types; without one the wire format
 * still shows numbers, texts and nested messages.
 */
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { Direction, MessageSpec, OptionValues, Protocol } from '../../core/protocol/protocol.ts';
import { explains } from '../../core/protocol/recognise-content.ts';
import { custom } from '../../core/schema/builders.ts';
import { equalValues } from '../../core/schema/encode.ts';
import { concat } from '../../core/schema/content.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { DEFAULT_LIMITS } from '../../core/schema/nodes.ts';
import { setPath } from '../../core/schema/path.ts';
import { type ProtoFile, type ProtoType, readProtoFile } from './proto-file.ts';
import { readProto, writeProto } from './protobuf-value.ts';

interface State {
  readonly toServer?: ProtoType | undefined;
  readonly toClient?: ProtoType | undefined;
  readonly file?: ProtoFile | undefined;
  /** What is wrong with the options. */
  readonly problem?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Wrong messages at the level of the wire: what a schema cannot know, but every reader must survive. */
function wrongMessages(value: unknown): readonly { readonly name: string; readonly value: unknown }[] {
  const fields = isFields(value) ? value : {};
  const made: { name: string; value: unknown }[] = [
    { name: 'empty', value: {} },
    { name: 'unknown-field', value: { ...fields, 19999: 1 } },
    { name: 'high-field', value: { ...fields, 536870911: 'x' } },
    { name: 'cut-varint', value: concat([writeProto(withNumbers(fields), undefined), Uint8Array.of(0x08, 0xff)]) },
    {
      name: 'length-lie',
      value: concat([writeProto(withNumbers(fields), undefined), Uint8Array.of(0x0a, 0xff, 0xff, 0x03)]),
    },
    { name: 'wire-type-7', value: concat([writeProto(withNumbers(fields), undefined), Uint8Array.of(0x0f)]) },
    { name: 'field-zero', value: concat([writeProto(withNumbers(fields), undefined), Uint8Array.of(0x00, 0x00)]) },
  ];
  for (const [name, item] of Object.entries(fields)) {
    const { [name]: _gone, ...others } = fields;
    made.push({ name: `without-${name}`, value: others });
    if (typeof item === 'number' || typeof item === 'bigint') {
      for (const [word, other] of [
        ['zero', 0],
        ['one', 1],
        ['minus-one', -1],
        ['large', 2n ** 63n - 1n],
      ] as const) {
        made.push({ name: `${name}-${word}`, value: { ...fields, [name]: other } });
      }
    } else if (typeof item === 'string') {
      for (const [word, other] of [
        ['empty', ''],
        ['long', 'A'.repeat(4096)],
        ['format', '%s%n{0}'],
        ['odd', '\u0000\u202e👨‍👩‍👧'],
      ] as const) {
        made.push({ name: `${name}-${word}`, value: { ...fields, [name]: other } });
      }
    }
  }
  return made.filter((one) => value === undefined || !equalValues(one.value, value));
}

/** Only fields by number can be written without a type. */
function withNumbers(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => /^[1-9]\d*$/.test(name)));
}

const message: MessageSpec = {
  name: 'message',
  direction: 'both',
  node: custom<Fields>('protobuf message', {
    decode: (bytes, start, end) => ({
      value: readProto(bytes.subarray(start, end), undefined, DEFAULT_LIMITS).value,
      end,
    }),
    encode: (value) => writeProto(value, undefined),
    validate: (value) =>
      isFields(value) || value instanceof Uint8Array ? undefined : 'expected fields by number or name.',
    mutants: wrongMessages,
    describe: 'protobuf message',
  }),
  meta: { doc: 'A protobuf message; without a .proto file its fields are numbers.' },
};

/** The last file read: connections of one session share it. */
let lastFile: { text: string; file?: ProtoFile; problem?: string } | undefined;

function fileOf(text: string): { file?: ProtoFile; problem?: string } {
  if (lastFile?.text === text) return lastFile;
  try {
    lastFile = { text, file: readProtoFile(text) };
  } catch (error) {
    lastFile = {
      text,
      problem: `The .proto file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
  return lastFile;
}

function start(options: OptionValues): State {
  const text = options['proto'] ?? '';
  if (text.trim() === '') return {};
  const { file, problem } = fileOf(text);
  if (file === undefined) return { problem };
  const type = (direction: Direction): { type?: ProtoType; problem?: string } => {
    const asked = options[direction] ?? '';
    if (asked === '') {
      const [only, ...more] = file.roots;
      const root = only === undefined || more.length > 0 ? undefined : file.types.get(only);
      if (root !== undefined) return { type: root };
      return { problem: `Say which message is sent (option ${direction}): ${[...file.types.keys()].join(', ')}.` };
    }
    const found = file.types.get(asked) ?? [...file.types.values()].find((one) => one.name.endsWith(`.${asked}`));
    if (found !== undefined) return { type: found };
    return { problem: `The .proto file has no message ${asked}. It has: ${[...file.types.keys()].join(', ')}.` };
  };
  const server = type('toServer');
  const client = type('toClient');
  return { file, toServer: server.type, toClient: client.type, problem: server.problem ?? client.problem };
}

/** An envelope is named by the part of its oneof that is there, any other message by its type. */
function nameOf(type: ProtoType | undefined, value: Readonly<Record<string, unknown>>): string {
  if (type === undefined) return 'message';
  for (const field of type.fields.values()) {
    if (field.oneOf !== undefined && Object.hasOwn(value, field.name)) return field.name;
  }
  return type.name.split('.').at(-1) ?? type.name;
}

export const protobuf: Protocol<State> = defineProtocol<State>({
  id: 'protobuf',
  title: 'Protocol Buffers',
  doc: 'Any protobuf traffic: named fields with a .proto file, numbered ones without.',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  framing: {
    kind: 'detect',
    candidates: [
      { kind: 'length-prefix', size: 4, endian: 'be' },
      { kind: 'length-prefix', size: 4, endian: 'le' },
      { kind: 'length-prefix', size: 2, endian: 'be' },
      { kind: 'length-prefix', size: 'varint', endian: 'le' },
    ],
  },
  options: [
    {
      name: 'proto',
      default: '',
      doc: 'The text of a .proto file, after those of the files it imports; empty: show the wire format.',
    },
    { name: 'toServer', default: '', doc: 'Message type sent to the server; empty: the only type no other one holds.' },
    { name: 'toClient', default: '', doc: 'Message type sent to the client; empty: the only type no other one holds.' },
  ],
  messages: [message],
  start: (_link, options) => start(options),
  dissect: (bytes, direction, state, limits) => {
    const type = state[direction];
    const read = readProto(bytes, type, limits);
    const expert: ExpertInfo[] = [...read.expert];
    if (state.problem !== undefined && type === undefined) {
      expert.push({ severity: 'note', group: 'schema', code: 'option', text: state.problem });
    }
    const broken = read.expert.some((info) => info.severity === 'error');
    const name = broken ? null : nameOf(type, read.value);
    const spec = broken ? {} : { spec: message };
    return {
      messages: [{ name, fields: read.value, range: [0, bytes.length], path: '', ...spec }],
      expert,
      tree: () => read.root,
    };
  },
  classify: (bytes, direction, state) => {
    const type = state[direction];
    if (type === undefined) return { name: 'message' };
    return { name: nameOf(type, readProto(bytes, type, DEFAULT_LIMITS).value) };
  },
  encode: (composed, direction, state, how) => {
    const type = state[direction];
    if (how.original !== undefined && how.override === undefined) {
      const before = readProto(how.original, type, DEFAULT_LIMITS);
      if (equalValues(before.value, composed.fields)) return { bytes: how.original, expert: [] };
    }
    let { fields } = composed;
    for (const [path, value] of Object.entries(how.override ?? {})) fields = setPath(fields, path, value);
    return { bytes: writeProto(fields, type), expert: [] };
  },
  recognise: (sample, link) => {
    const score = explains(protobuf, sample, link);
    const bytes = sample.toServer.length > 0 ? sample.toServer : sample.toClient;
    // Short texts often scan as protobuf by accident; real messages have more than one field.
    const fields = Object.keys(readProto(bytes.subarray(0, 4096), undefined, DEFAULT_LIMITS).value).length;
    return score * (fields >= 2 ? 0.12 : 0.06);
  },
  examples: [
    {
      name: 'number, text, nested message',
      direction: 'toServer',
      hex: '0896011204746573741a020802',
      message: 'message',
      fields: { 1: 150, 2: 'test', 3: { 1: 2 } },
    },
    {
      name: 'fixed sizes and repeated',
      direction: 'toClient',
      hex: '0d0000803f10011002',
      message: 'message',
      fields: { 1: { fixed32: 1065353216 }, 2: [1, 2] },
    },
    {
      name: 'a group, and one within it',
      direction: 'toServer',
      hex: '0b0801130a0161140c1007',
      message: 'message',
      fields: { 1: { group: { 1: 1, 2: { group: { 1: 'a' } } } }, 2: 7 },
    },
    {
      name: 'by a .proto file',
      direction: 'toServer',
      hex: '0a03626f6210031a05000102c801',
      message: 'Login',
      options: {
        proto: 'syntax="proto3"; message Login { string name = 1; sint32 x = 2; repeated int32 items = 3; }',
      },
      fields: { name: 'bob', x: -2, items: [0, 1, 2, 200] },
    },
  ],
});
