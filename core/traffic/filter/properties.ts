/** The properties every frame has, whatever its protocol: their names in the language, their types, how to read them. */
import type { FilterSubject } from './subject.ts';

export interface Property {
  readonly type:
    | 'text'
    | 'number'
    | 'bytes'
    | 'direction'
    | 'origin'
    | 'fate'
    | 'severity'
    | 'protocol'
    | 'message'
    | 'flag';
  readonly doc: string;
  readonly unit?: string;
  readonly values?: readonly string[];
  /** `i` is the message within the frame. Several values: any may fit. */
  read(subject: FilterSubject, i: number): unknown;
  /** Several values at once (`any` semantics) instead of one. */
  readonly many?: boolean;
}

const carrier = (subject: FilterSubject, key: string): unknown =>
  (subject.carrier as Readonly<Record<string, unknown>>)[key];

export const PROPERTIES: Readonly<Record<string, Property>> = {
  message: { type: 'message', doc: "the message's name", read: (s, i) => s.names[i] },
  id: { type: 'number', doc: "the message's number, where it has one", read: (s, i) => s.ids[i] },
  protocol: { type: 'protocol', doc: 'dissector', read: (s) => s.protocol },
  dir: { type: 'direction', doc: 'which way it went', values: ['toServer', 'toClient'], read: (s) => s.direction },
  direction: {
    type: 'direction',
    doc: 'which way it went',
    values: ['toServer', 'toClient'],
    read: (s) => s.direction,
  },
  conn: { type: 'number', doc: 'connection number', read: (s) => s.conn },
  n: { type: 'number', doc: 'frame number', read: (s) => s.n },
  'frame.n': { type: 'number', doc: 'frame number', read: (s) => s.n },
  'frame.size': { type: 'number', unit: 'bytes', doc: 'payload size', read: (s) => s.size },
  'frame.time': { type: 'number', unit: 's', doc: 'time since the session began', read: (s) => s.at },
  'frame.bytes': { type: 'bytes', doc: 'the payload', read: (s) => s.bytes },
  'frame.messages': { type: 'number', doc: 'messages in the frame', read: (s) => s.names.length },
  'frame.comment': { type: 'text', doc: 'comment', read: (s) => s.comment },
  origin: {
    type: 'origin',
    doc: 'where it came from',
    values: ['wire', 'injected', 'replayed', 'fuzzed'],
    read: (s) => s.origin,
  },
  fate: {
    type: 'fate',
    doc: 'what became of it',
    values: ['forwarded', 'held', 'edited', 'dropped', 'delayed', 'duplicated'],
    read: (s) => s.fate,
  },
  summary: { type: 'text', doc: 'the summary line', read: (s) => s.summary },
  transport: {
    type: 'text',
    doc: 'carrier',
    values: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
    read: (s) => s.transport,
  },
  proxy: { type: 'text', doc: "the proxy's name", read: (s) => s.proxy },
  role: { type: 'text', doc: "the connection's role", read: (s) => s.role },
  journey: { type: 'number', doc: 'connections of one client share it', read: (s) => s.journey },
  'client.port': { type: 'number', doc: "the client's port", read: (s) => s.client.port },
  'client.address': { type: 'text', doc: "the client's address", read: (s) => s.client.address },
  'server.port': { type: 'number', doc: "the server's port", read: (s) => s.server.port },
  'server.address': { type: 'text', doc: "the server's address", read: (s) => s.server.address },
  'answer.ms': {
    type: 'number',
    unit: 'ms',
    doc: 'time from the request to this answer',
    read: (s) => (Number.isNaN(s.answerMs) ? undefined : s.answerMs),
  },
  'waited.ms': { type: 'number', unit: 'ms', doc: 'time held or delayed', read: (s) => s.waitedMs },
  mark: { type: 'text', doc: 'mark', read: (s) => s.mark },
  comment: { type: 'text', doc: 'comment', read: (s) => s.comment },
  touched: { type: 'text', doc: 'rules and faults that touched it', many: true, read: (s) => s.touchedBy },
  expert: { type: 'flag', doc: 'has expert infos', read: (s) => (s.expert.length > 0 ? true : undefined) },
  'expert.severity': {
    type: 'severity',
    doc: 'severity of its expert infos',
    values: ['note', 'warning', 'error'],
    many: true,
    read: (s) => s.expert.map((e) => e.severity),
  },
  'expert.group': {
    type: 'text',
    doc: 'kind of expert info',
    values: ['malformed', 'schema', 'sequence', 'invariant', 'transport'],
    many: true,
    read: (s) => s.expert.map((e) => e.group),
  },
  'expert.text': {
    type: 'text',
    doc: 'text of its expert infos',
    many: true,
    read: (s) => s.expert.map((e) => e.text),
  },
  'expert.code': {
    type: 'text',
    doc: 'short name of its expert infos',
    many: true,
    read: (s) => s.expert.map((e) => e.code),
  },
  'expert.count': { type: 'number', doc: 'number of expert infos', read: (s) => s.expert.length },
  'carrier.channel': { type: 'number', doc: 'ENet channel', read: (s) => carrier(s, 'channel') },
  'carrier.reliable': { type: 'flag', doc: 'ENet: sent reliably', read: (s) => carrier(s, 'reliable') },
  'carrier.unsequenced': { type: 'flag', doc: 'ENet: sent without sequence', read: (s) => carrier(s, 'unsequenced') },
  'carrier.opcode': {
    type: 'text',
    doc: 'WebSocket opcode',
    values: ['text', 'binary', 'ping', 'pong', 'close'],
    read: (s) => carrier(s, 'opcode'),
  },
  'carrier.compressed': { type: 'flag', doc: 'WebSocket: was compressed', read: (s) => carrier(s, 'compressed') },
  'carrier.fragments': { type: 'number', doc: 'WebSocket fragments', read: (s) => carrier(s, 'fragments') },
};

/** Properties that need no decoding; the rest of a path that starts with one of these words is a property, not a field. */
export function findProperty(keys: readonly string[]): { property: Property; used: number; name: string } | undefined {
  const two = keys.length > 1 ? `${keys[0]}.${keys[1]}` : '';
  if (two !== '' && Object.hasOwn(PROPERTIES, two)) return { property: PROPERTIES[two]!, used: 2, name: two };
  const one = keys[0] ?? '';
  if (Object.hasOwn(PROPERTIES, one) && keys.length === 1) return { property: PROPERTIES[one]!, used: 1, name: one };
  return undefined;
}
