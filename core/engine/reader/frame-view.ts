/** One frame in full, for the inspector. */
import { belowView } from '../../capture/below/below-frame.ts';
import type { FieldChange, FrameView, MessageView } from '../../contract/frames.ts';
import type { Verbs } from '../../contract/verbs.ts';
import type { Dissected, DissectedMessage, Protocol } from '../../protocol/protocol.ts';
import type { FieldNode } from '../../schema/nodes.ts';
import { FLAG } from '../../session/frame-index.ts';
import { linkOf, preview } from '../../session/dissection.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Connection, Direction, ExpertInfo, Frame } from '../../traffic/frame.ts';
import { buffersOf, changesBetween, maskSecrets, treeOf } from './field-view.ts';
import { hexOf, jsonSafe } from './value-text.ts';

/** Frames looked back at for the last message of the same name. */
const LOOK_BACK = 2_000_000;
const LATENCIES = 2_000;

/** @throws EngineError `unknown-frame` */
export function frameView(reader: SessionReader, n: number, revealSecrets: boolean): FrameView {
  const frame = reader.frame(n);
  if (frame === undefined) {
    throw new EngineError(
      'unknown-frame',
      reader.has(n)
        ? `Frame ${n} was not recorded: the file could not be written at the time.`
        : `There is no frame ${n}; the session has ${reader.frames}.`,
    );
  }
  const connection = reader.connection(frame.conn);
  if (connection === undefined) throw new EngineError('unknown-connection', `Frame ${n} belongs to no connection.`);
  const expert = reader.experts(n);
  const known = reader.dissect(n, frame.bytes);
  const tree = known === undefined ? undefined : safeTree(known.dissected);
  const options = { revealSecrets, expert };
  const buffers = buffersOf('payload', frame.bytes, tree ?? bytesNode(frame.bytes), options);
  const { mark, comment } = reader.mark(n);
  return {
    n,
    conn: frame.conn,
    connection,
    direction: frame.direction,
    time: frame.time,
    at: frame.time - reader.began,
    origin: frame.origin,
    fate: frame.fate,
    carrier: frame.carrier,
    protocol: known?.protocol.id ?? connection.protocol,
    messages: messagesOf(known?.protocol, known?.dissected, frame, tree, revealSecrets, reader.summary(n)),
    buffers,
    head: hexOf(frame.head),
    tail: hexOf(frame.tail),
    ...sentOf(frame, known, options),
    expert,
    ...partnerOf(reader, n),
    touchedBy: frame.touchedBy ?? [],
    ...(mark === undefined ? {} : { mark }),
    ...(comment === undefined ? {} : { comment }),
    ...previousOf(reader, frame, known?.dissected, revealSecrets, tree),
    waitedMs: reader.index.flags(n) & FLAG.outcome ? reader.outcome(n).waitedMs : 0,
    ...packetOf(frame),
  };
}

function messagesOf(
  protocol: Protocol | undefined,
  dissected: Dissected | undefined,
  frame: Frame,
  tree: FieldNode | undefined,
  revealSecrets: boolean,
  stored: string,
): MessageView[] {
  if (protocol === undefined || dissected === undefined) {
    return [
      {
        name: null,
        summary: stored === '' ? preview(frame.bytes) : stored,
        path: '',
        start: 0,
        end: frame.bytes.length,
        fields: null,
      },
    ];
  }
  return dissected.messages.map((message): MessageView => {
    const doc = message.spec?.meta?.doc;
    const node = tree === undefined ? undefined : nodeAt(tree, message);
    const fields = revealSecrets || node === undefined ? message.fields : maskSecrets(message.fields, node);
    return {
      name: message.name,
      ...(message.id === undefined ? {} : { id: message.id }),
      summary: summary(protocol, message, frame.direction),
      path: message.path,
      start: message.range[0],
      end: message.range[1],
      ...(doc === undefined ? {} : { doc }),
      fields: jsonSafe(fields) ?? null,
    };
  });
}

function nodeAt(tree: FieldNode, message: DissectedMessage): FieldNode | undefined {
  let here: FieldNode | undefined = tree;
  for (const name of message.path.split(/[.[\]]/).filter((part) => part !== '')) {
    here = here?.children.find((child) => child.name === name);
  }
  return here;
}

function summary(protocol: Protocol, message: DissectedMessage, direction: Direction): string {
  try {
    return protocol.summary(message, direction);
  } catch {
    return '';
  }
}

function safeTree(dissected: Dissected): FieldNode | undefined {
  try {
    return dissected.tree();
  } catch {
    return undefined;
  }
}

/** Bytes nobody understands, as a tree of one. */
export function bytesNode(bytes: Uint8Array): FieldNode {
  return { name: 'bytes', kind: 'bytes', start: 0, end: bytes.length, value: bytes, meta: {}, children: [] };
}

/** The frame with what carried it: what stood around it on a stream, or the carrier's own headers. */
function packetOf(frame: Frame): Pick<FrameView, 'packet'> {
  const { head, bytes, tail } = frame;
  const below = belowView(frame);
  if (below !== undefined) {
    const root = treeOf(below.root, { revealSecrets: true, expert: [] });
    return { packet: { title: below.title, hex: hexOf(below.bytes), root } };
  }
  if (head.length === 0 && tail.length === 0) return {};
  const whole = new Uint8Array(head.length + bytes.length + tail.length);
  const children: FieldNode[] = [];
  let at = 0;
  for (const [name, part] of [
    ['before', head],
    ['payload', bytes],
    ['after', tail],
  ] as const) {
    if (part.length === 0) continue;
    whole.set(part, at);
    children.push({ ...bytesNode(part), name, start: at, end: at + part.length });
    at += part.length;
  }
  const root: FieldNode = { name: 'stream', kind: 'struct', start: 0, end: at, value: undefined, meta: {}, children };
  return { packet: { title: 'stream', hex: hexOf(whole), root: treeOf(root, { revealSecrets: true, expert: [] }) } };
}

function sentOf(
  frame: Frame,
  known: { protocol: Protocol; state: unknown; dissected: Dissected } | undefined,
  options: { revealSecrets: boolean; expert: readonly ExpertInfo[] },
): Pick<FrameView, 'sent'> {
  const { sent } = frame;
  if (sent === undefined) return {};
  let after: Dissected | undefined;
  try {
    after = known?.protocol.dissect(sent, frame.direction, known.state as never);
  } catch {
    after = undefined;
  }
  const root = treeOf((after && safeTree(after)) ?? bytesNode(sent), { ...options, expert: [] });
  const changes = after === undefined || known === undefined ? [] : changesOf(known.dissected, after);
  return { sent: { hex: hexOf(sent), root, changes } };
}

function changesOf(before: Dissected, after: Dissected): FieldChange[] {
  const [a, b] = [before.messages[0], after.messages[0]];
  const named = a?.name === b?.name ? [] : [{ path: '', before: a?.name ?? '', after: b?.name ?? '' }];
  return [...named, ...changesBetween(a?.fields, b?.fields)];
}

function partnerOf(reader: SessionReader, n: number): Pick<FrameView, 'partner'> {
  const answer = reader.answer(n);
  const reply = answer === undefined ? reader.answeredBy(n) : undefined;
  if (answer === undefined && reply === undefined) return {};
  const other = answer?.request ?? reply!.reply;
  const ms = answer?.ms ?? reply!.ms;
  const isReply = answer !== undefined;
  const asked = isReply ? other : n;
  const latencies = latenciesLike(reader, asked);
  return {
    partner: {
      n: other,
      message: reader.has(other) ? (reader.messageNames(other)[0] ?? '') : '',
      ms,
      isReply,
      p50Ms: percentile(latencies, 0.5),
      p95Ms: percentile(latencies, 0.95),
    },
  };
}

/** How long the last replies to this kind of request took, sorted. */
function latenciesLike(reader: SessionReader, request: number): number[] {
  const message = reader.has(request) ? reader.index.message(request) : 0;
  const rows = reader.db
    .prepare('SELECT request, micros FROM pairs ORDER BY reply DESC LIMIT ?')
    .all(LATENCIES * 10) as { request: number; micros: number }[];
  const alike: number[] = [];
  for (const row of rows) {
    if (alike.length >= LATENCIES) break;
    if (reader.has(row.request) && reader.index.message(row.request) === message) alike.push(row.micros / 1000);
  }
  return alike.sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

function previousOf(
  reader: SessionReader,
  frame: Frame,
  dissected: Dissected | undefined,
  revealSecrets: boolean,
  tree: FieldNode | undefined,
): Pick<FrameView, 'previous'> {
  const { index } = reader;
  const message = index.message(frame.n);
  if (message === 0 || dissected === undefined) return {};
  const flags = index.flags(frame.n) & FLAG.toClient;
  const end = Math.max(1, frame.n - LOOK_BACK);
  for (let n = frame.n - 1; n >= end; n--) {
    if (index.message(n) !== message || index.conn(n) !== frame.conn || (index.flags(n) & FLAG.toClient) !== flags)
      continue;
    const before = reader.dissect(n)?.dissected.messages[0];
    const [now] = dissected.messages;
    if (before === undefined || now === undefined) return {};
    const node = revealSecrets || tree === undefined ? undefined : nodeAt(tree, now);
    const mask = (fields: unknown): unknown => (node === undefined ? fields : maskSecrets(fields, node));
    return { previous: { n, changes: changesBetween(mask(before.fields), mask(now.fields)) } };
  }
  return {};
}

/** Decodes bytes that are not recorded: what the composer shows while someone types. @throws EngineError */
export function dissectLoose(
  reader: SessionReader,
  args: Verbs['frame.dissect']['args'],
  bytes: Uint8Array,
): Verbs['frame.dissect']['result'] {
  const { protocol, state } = contextOf(reader, args.conn, args.protocol);
  let dissected: Dissected;
  try {
    dissected = protocol.dissect(bytes, args.direction, state as never);
  } catch (error) {
    throw new EngineError(
      'internal',
      `The ${protocol.id} dissector failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const root = treeOf(safeTree(dissected) ?? bytesNode(bytes), { revealSecrets: true, expert: dissected.expert });
  const [first] = dissected.messages;
  return {
    message: first?.name ?? null,
    root,
    fields: jsonSafe(first?.fields) ?? null,
    expert: dissected.expert,
  };
}

/** Protocol and state for writing or reading at the end of a connection, or at the start of a made-up one. @throws EngineError */
export function contextOf(
  reader: SessionReader,
  conn: number | undefined,
  protocolId: string | undefined,
): { protocol: Protocol; state: unknown; connection: Connection | undefined } {
  const connection = conn === undefined ? undefined : reader.connection(conn);
  if (conn !== undefined && connection === undefined) {
    throw new EngineError('unknown-connection', `There is no connection ${conn}.`);
  }
  const id = protocolId ?? connection?.protocol ?? '';
  const protocol = reader.protocol(id);
  if (protocol === undefined) {
    const known = reader.protocols.map((p) => p.id).join(', ');
    throw new EngineError(
      'unknown-protocol',
      id === ''
        ? `The protocol is not known yet; name one of ${known}.`
        : `There is no protocol ${id}. Known: ${known}.`,
    );
  }
  if (connection !== undefined && connection.protocol === id) {
    const after = reader.stateOf(connection.id);
    if (after !== undefined) return { protocol, state: after.state, connection };
  }
  const link =
    connection === undefined ? { transport: protocol.transports[0] ?? 'tcp', serverPort: 0 } : linkOf(connection);
  return { protocol, state: protocol.start(link, connection?.options ?? {}), connection };
}
