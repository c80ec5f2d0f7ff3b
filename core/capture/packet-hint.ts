/**
 * What our pcapng export says beside the packets, so that reading the file back gives the same session: which connection this is,
 * and what of a frame packets cannot say. It stands as JSON in a packet option of the range that the format leaves to
 * applications (the highest bit set); other tools skip it, and without it the file is read like any other capture.
 */
import { fromHex } from '../schema/characters.ts';
import type { Carrier, Connection, Fate, Origin, Transport } from '../traffic/frame.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import type { FrameDraft, TrafficSink } from '../traffic/sink.ts';
import type { Packet } from './packet.ts';

export const HINT_OPTION = 0x8049;
/** Comments our export writes for readers of the file begin like this. */
export const OWN_COMMENT = 'Interpose: ';

export interface SessionHint {
  /** Wall clock, seconds. */
  readonly began: number;
  readonly title: string;
}

/** The connection a packet opens; `id` is its number in the exported session. */
export type ConnectionHint = Omit<Connection, 'id'> & { readonly id: number };

export interface FrameHint {
  readonly origin?: Origin;
  readonly fate?: Fate;
  /** Hex. */
  readonly sent?: string;
  readonly touchedBy?: readonly string[];
  readonly waitedMs?: number;
  readonly carrier?: Carrier;
  readonly mark?: string;
  /** Datagram carriers: the frame goes on in the next packet. */
  readonly more?: boolean;
  /** So many bytes before it are missing, as the sequence numbers show too. */
  readonly gap?: number;
}

export interface PacketHint {
  /** In the head of the file. */
  readonly session?: SessionHint;
  readonly connection?: ConnectionHint;
  readonly frame?: FrameHint;
  /** On a datagram with `connection`: it goes to the client. */
  readonly fromServer?: boolean;
}

/** What goes with the frame that a packet brings. */
export interface PacketNote {
  readonly frame?: FrameHint;
  readonly comment?: string;
}

export function isOwnComment(comment: string): boolean {
  return comment.startsWith(OWN_COMMENT);
}

export function noteOf({ hint, comment }: Packet): PacketNote | undefined {
  const frame = hint?.frame;
  if (frame === undefined && comment === undefined) return undefined;
  return { ...(frame === undefined ? {} : { frame }), ...(comment === undefined ? {} : { comment }) };
}

/** Hands a frame to the sink with what its packet said about it. */
export function applyHint(sink: TrafficSink, draft: FrameDraft, note: PacketNote | undefined): number {
  if (note === undefined) return sink.frame(draft);
  const { origin, fate, sent, touchedBy, waitedMs, carrier, mark } = note.frame ?? {};
  const n = sink.frame({
    ...draft,
    ...(origin === undefined ? {} : { origin }),
    ...(fate === undefined ? {} : { fate }),
    ...(sent === undefined ? {} : { sent: fromHex(sent) }),
    ...(touchedBy === undefined ? {} : { touchedBy }),
    ...(carrier === undefined ? {} : { carrier: { ...draft.carrier, ...carrier } as Carrier }),
  });
  if (waitedMs !== undefined) sink.update(n, { heldMs: waitedMs });
  if (mark !== undefined || note.comment !== undefined) sink.markInOrder?.(n, mark, note.comment);
  return n;
}

const TRANSPORTS: readonly string[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];
const OPCODES: readonly string[] = ['text', 'binary', 'ping', 'pong', 'close'];

/** Anything may stand in a file: what does not fit is left out. */
export function parseHint(text: string): PacketHint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const connection = readConnection(value.connection);
  const frame = readFrame(value.frame);
  const { session } = value;
  return {
    ...(isRecord(session) && number(session.began) !== undefined
      ? { session: { began: number(session.began)!, title: typeof session.title === 'string' ? session.title : '' } }
      : {}),
    ...(connection === undefined ? {} : { connection }),
    ...(frame === undefined ? {} : { frame }),
    ...(value.fromServer === true ? { fromServer: true } : {}),
  };
}

function readConnection(value: unknown): ConnectionHint | undefined {
  if (!isRecord(value) || typeof value.transport !== 'string' || !TRANSPORTS.includes(value.transport))
    return undefined;
  const { client, server } = value;
  if (!isEndpoint(client) || !isEndpoint(server)) return undefined;
  return {
    id: Math.max(0, Math.trunc(number(value.id) ?? 0)),
    transport: value.transport as Transport,
    client: { address: client.address, port: client.port },
    server: { address: server.address, port: server.port },
    protocol: typeof value.protocol === 'string' ? value.protocol : '',
    opened: number(value.opened) ?? 0,
    details: scalars(value.details),
    ...(isRecord(value.options) ? { options: texts(value.options) } : {}),
    ...optionalText('proxy', value.proxy),
    ...optionalText('role', value.role),
    ...optionalText('ending', value.ending),
    ...optionalNumber('closed', value.closed),
    ...optionalNumber('journey', value.journey),
  };
}

function readFrame(value: unknown): FrameHint | undefined {
  if (!isRecord(value)) return undefined;
  const { origin, fate, sent, touchedBy, carrier, more } = value;
  return {
    ...(ORIGINS.includes(origin as Origin) ? { origin: origin as Origin } : {}),
    ...(FATES.includes(fate as Fate) ? { fate: fate as Fate } : {}),
    ...(typeof sent === 'string' && /^(?:[0-9a-f]{2})*$/.test(sent) ? { sent } : {}),
    ...(Array.isArray(touchedBy) ? { touchedBy: touchedBy.filter((each) => typeof each === 'string') } : {}),
    ...optionalNumber('waitedMs', value.waitedMs),
    ...optionalText('mark', value.mark),
    ...(isRecord(carrier) ? { carrier: readCarrier(carrier) } : {}),
    ...(more === true ? { more } : {}),
    ...optionalNumber('gap', value.gap),
  };
}

function readCarrier(value: Record<string, unknown>): Carrier {
  const { opcode, compressed, channel, reliable, unsequenced } = value;
  if (typeof channel === 'number')
    return { channel: channel & 0xff, reliable: reliable === true, unsequenced: unsequenced === true };
  if (typeof opcode !== 'string' || !OPCODES.includes(opcode)) return {};
  return {
    opcode: opcode as 'text',
    compressed: compressed === true,
    fragments: Math.max(1, Math.trunc(number(value.fragments) ?? 1)),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
function isEndpoint(value: unknown): value is { address: string; port: number } {
  return (
    isRecord(value) &&
    typeof value.address === 'string' &&
    typeof value.port === 'number' &&
    value.port >= 0 &&
    value.port <= 65_535
  );
}
function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
function optionalNumber<K extends string>(key: K, value: unknown): { [P in K]?: number } {
  return number(value) === undefined ? {} : ({ [key]: value } as { [P in K]?: number });
}
function optionalText<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return typeof value === 'string' ? ({ [key]: value } as { [P in K]?: string }) : {};
}
function scalars(value: unknown): Record<string, string | number | boolean> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((each): each is [string, string | number | boolean] =>
      ['string', 'number', 'boolean'].includes(typeof each[1]),
    ),
  );
}
function texts(value: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}
