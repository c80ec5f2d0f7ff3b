/** UDP datagrams → connections and frames: ENet put back together where the datagrams are ENet's, else a frame a datagram. */
import { looksLikeEnet, type PassiveConnection, type PassiveEvent, PassiveObserver } from '../enet-node/wire.ts';
import type { Direction, Link, Protocol } from '../protocol/protocol.ts';
import { BlameList } from '../traffic/enet-blame.ts';
import { enetDetails, type EnetFigures } from '../traffic/enet-figures.ts';
import type { Carrier, ExpertInfo } from '../traffic/frame.ts';
import type { FrameDraft } from '../traffic/sink.ts';
import type { CaptureOptions } from './capture-traffic.ts';
import { concat } from './concat.ts';
import { chooseAs, type ConnectionNumbers, openedAs } from './hinted-connection.ts';
import { applyHint, type ConnectionHint, noteOf, type PacketNote } from './packet-hint.ts';
import type { Datagram } from './packet-layers.ts';

export interface DatagramFlows {
  push(datagram: Datagram): void;
  end(time: number): void;
}

interface PlainFlow {
  readonly id: number;
  readonly clientKey: string;
  /** Said by an export of ours: datagrams hold whole frames, whatever the carrier was. */
  readonly hint: ConnectionHint | undefined;
  /** Start of a frame that goes on in the next datagram. */
  parts: Uint8Array[];
  protocol: Protocol | undefined;
  readonly link: Link;
  last: number;
}
interface EnetFlow {
  readonly id: number;
  link: Link;
  protocol: Protocol | undefined;
  /** Who is the client was guessed, and what they say shows that it is the other one. */
  isSwapped: boolean;
  /** By who sent what waited. */
  readonly blames: Record<Direction, BlameList>;
}

const NONE = new Uint8Array(0);
/** Seconds of silence after which the next datagram between two endpoints begins a new connection. */
const SILENCE_SECONDS = 120;

export function createDatagramFlows(
  options: CaptureOptions,
  numbers: ConnectionNumbers,
  maxFlows: number,
  began: () => number,
): DatagramFlows {
  const { sink, choose, serverPorts, keepCarrier = false } = options;
  const plain = new Map<string, PlainFlow>();
  const enetPairs = new Set<string>();
  // Stragglers of a connection that has ended still belong to it; what the observer forgets is forgotten here too.
  const enet = new WeakMap<PassiveConnection, EnetFlow>();
  const isServer = (port: number): boolean => serverPorts?.has(port) === true;
  const observer = new PassiveObserver({
    keepHeads: keepCarrier,
    guessServer: (one, other) =>
      isServer(one.port) !== isServer(other.port)
        ? isServer(one.port)
          ? one
          : other
        : one.port <= other.port
          ? one
          : other,
  });

  const monoOf = (time: number): number => Math.max(0, Math.round((time - began()) * 1e6));
  const record = (
    conn: number,
    direction: Direction,
    bytes: Uint8Array,
    time: number,
    carrier: Carrier,
    expert: readonly ExpertInfo[],
    note?: PacketNote,
    headers?: Uint8Array,
  ): number => {
    const mono = monoOf(time);
    const draft: FrameDraft = {
      conn,
      direction,
      time,
      mono,
      carrier,
      bytes,
      head: NONE,
      tail: NONE,
      headers,
      origin: 'wire',
      fate: 'forwarded',
      expert,
    };
    return applyHint(sink, draft, note);
  };
  const recogniseOnce = (
    flow: { id: number; link: Link; protocol: Protocol | undefined },
    direction: Direction,
    bytes: Uint8Array,
    hint?: ConnectionHint,
  ): void => {
    if (flow.protocol !== undefined) return;
    const chosen = (hint === undefined ? choose : chooseAs(options, hint))(
      { toServer: direction === 'toServer' ? bytes : NONE, toClient: direction === 'toClient' ? bytes : NONE },
      flow.link,
    );
    if (chosen === undefined) return;
    flow.protocol = chosen.protocol;
    if (hint?.protocol !== chosen.protocol.id) sink.changed(flow.id, { protocol: chosen.protocol.id });
  };

  function enetFlow(connection: PassiveConnection, time: number): EnetFlow {
    let flow = enet.get(connection);
    if (flow === undefined) {
      const { client, server } = connection;
      const link: Link = { transport: 'enet', serverPort: server.port, clientPort: client.port };
      const blames = { toServer: new BlameList(), toClient: new BlameList() };
      flow = { id: numbers.next(), link, protocol: undefined, isSwapped: false, blames };
      enet.set(connection, flow);
      sink.opened({
        id: flow.id,
        transport: 'enet',
        client: { ...client },
        server: { ...server },
        protocol: '',
        opened: time,
        details: details(connection),
      });
    }
    return flow;
  }

  /** Joined in the middle, with ports that tell nothing: the first message is more likely one way than the other. */
  function settleSides(
    flow: EnetFlow,
    { client, server }: PassiveConnection,
    fromClient: boolean,
    bytes: Uint8Array,
  ): void {
    if (isServer(client.port) !== isServer(server.port)) return;
    const likely = (one: boolean, link: Link): number =>
      choose({ toServer: one ? bytes : NONE, toClient: one ? NONE : bytes }, link)?.protocol.recognise(
        { toServer: one ? bytes : NONE, toClient: one ? NONE : bytes },
        link,
      ) ?? 0;
    const other: Link = { transport: 'enet', serverPort: client.port, clientPort: server.port };
    if (likely(!fromClient, other) <= likely(fromClient, flow.link)) return;
    flow.isSwapped = true;
    flow.link = other;
    sink.changed(flow.id, { client: { ...server }, server: { ...client } });
  }

  function apply(event: PassiveEvent): void {
    const time = event.time / 1000;
    if (event.connection === undefined) return;
    const flow = enetFlow(event.connection, time);
    switch (event.kind) {
      case 'packet': {
        if (flow.protocol === undefined && !event.connection.clientKnown) {
          settleSides(flow, event.connection, event.fromClient, event.data);
        }
        const direction: Direction = event.fromClient !== flow.isSwapped ? 'toServer' : 'toClient';
        recogniseOnce(flow, direction, event.data);
        const expert: ExpertInfo[] = event.outOfOrder
          ? [
              {
                severity: 'note',
                group: 'transport',
                code: 'out-of-order',
                text: 'captured after packets that follow it',
              },
            ]
          : [];
        const { channel, reliable, unsequenced } = event;
        const n = record(
          flow.id,
          direction,
          event.data,
          time,
          { channel, reliable, unsequenced },
          expert,
          undefined,
          event.heads,
        );
        flow.blames[direction].note(event, n);
        return;
      }
      case 'gap': {
        const count = event.last - event.first + 1;
        const text = `the capture lacks ${count} reliable ENet ${count === 1 ? 'command' : 'commands'} on channel ${event.channel} (${event.reason})`;
        sink.remark(flow.id, time, { severity: 'warning', group: 'transport', code: 'gap', text });
        return;
      }
      case 'unreadable':
        sink.remark(flow.id, time, {
          severity: 'warning',
          group: 'malformed',
          code: 'not-enet',
          text: `an ENet datagram cannot be read: ${event.reason}`,
        });
        return;
      case 'accept':
        sink.changed(flow.id, { details: details(event.connection) });
        return;
      case 'close': {
        const who = (event.byClient === true) !== flow.isSwapped ? 'client' : 'server';
        const ending =
          event.reason === 'disconnect'
            ? `${who} disconnected${event.data ? ` (data ${event.data})` : ''}`
            : event.reason === 'end'
              ? 'capture ended'
              : event.reason;
        sink.changed(flow.id, {
          details: { ...details(event.connection), ...enetDetails(figures(event.connection, flow)) },
        });
        sink.closed(flow.id, time, ending);
        return;
      }
      case 'commands': {
        const direction: Direction = event.fromClient !== flow.isSwapped ? 'toServer' : 'toClient';
        sink.commands?.({ conn: flow.id, direction, time, mono: monoOf(time), headers: event.heads });
        return;
      }
      case 'open':
      case 'late':
    }
  }

  function closePlain({ id, hint }: PlainFlow, time: number, ending: string): void {
    if (hint === undefined) sink.closed(id, time, ending);
    else if (hint.closed !== undefined) sink.closed(id, hint.closed, hint.ending ?? ending);
  }

  /** A connection of an exported session begins: its first datagram comes from whoever spoke first. */
  function hintedFlow(hint: ConnectionHint, datagram: Datagram, key: string, source: string): PlainFlow {
    const before = plain.get(key);
    if (before !== undefined) closePlain(before, before.last, 'address reused');
    const id = numbers.next(hint);
    const connection = openedAs(hint, id);
    sink.opened(connection);
    const { transport, client, server } = connection;
    const flow: PlainFlow = {
      id,
      clientKey: datagram.packet.hint?.fromServer === true ? datagram.route.to : source,
      hint,
      parts: [],
      protocol: undefined,
      link: { transport, serverPort: server.port, clientPort: client.port },
      last: datagram.packet.time,
    };
    plain.set(key, flow);
    return flow;
  }

  function plainFlow(datagram: Datagram, key: string, source: string): PlainFlow {
    const hint = datagram.packet.hint?.connection;
    if (hint !== undefined) return hintedFlow(hint, datagram, key, source);
    const known = plain.get(key);
    const { time } = datagram.packet;
    if (known !== undefined && (known.hint !== undefined || time - known.last <= SILENCE_SECONDS)) return known;
    if (known !== undefined) sink.closed(known.id, known.last, 'silent for long');
    const toKnown = isServer(datagram.route.destination.port);
    const fromClient = toKnown === isServer(datagram.route.source.port) ? true : toKnown;
    const { source: from, destination: to } = datagram.route;
    const [client, server] = fromClient ? [from, to] : [to, from];
    const id = numbers.next();
    sink.opened({ id, transport: 'udp', client, server, protocol: '', opened: time, details: {} });
    const flow: PlainFlow = {
      id,
      clientKey: fromClient ? source : datagram.route.to,
      hint: undefined,
      parts: [],
      protocol: undefined,
      link: { transport: 'udp', serverPort: server.port, clientPort: client.port },
      last: time,
    };
    plain.set(key, flow);
    return flow;
  }

  return {
    push(datagram) {
      const { from: source, pair: key } = datagram.route;
      const hint = datagram.packet.hint?.connection;
      if (
        hint === undefined &&
        datagram.missing === 0 &&
        !plain.has(key) &&
        (enetPairs.has(key) || looksLikeEnet(datagram.data))
      ) {
        enetPairs.add(key);
        for (const event of observer.observe({
          time: datagram.packet.time * 1000,
          source: datagram.route.source,
          destination: datagram.route.destination,
          bytes: datagram.data,
          index: datagram.packet.n,
        }))
          apply(event);
        if (enetPairs.size > maxFlows) enetPairs.delete(enetPairs.values().next().value!);
        return;
      }
      const flow = plainFlow(datagram, key, source);
      flow.last = datagram.packet.time;
      const direction: Direction = flow.clientKey === source ? 'toServer' : 'toClient';
      if (flow.hint !== undefined && datagram.packet.hint?.frame?.more === true) {
        flow.parts.push(datagram.data);
        return;
      }
      const bytes = flow.parts.length === 0 ? datagram.data : concat([...flow.parts.splice(0), datagram.data]);
      recogniseOnce(flow, direction, bytes, flow.hint);
      const expert: ExpertInfo[] =
        datagram.missing > 0
          ? [
              {
                severity: 'warning',
                group: 'transport',
                code: 'cut',
                text: `the capture kept only the start: ${datagram.missing} bytes are missing`,
              },
            ]
          : [];
      record(flow.id, direction, bytes, datagram.packet.time, {}, expert, noteOf(datagram.packet));
      if (plain.size > maxFlows) {
        const [oldest, victim] = plain.entries().next().value!;
        plain.delete(oldest);
        closePlain(victim, victim.last, 'silent for long');
      }
    },
    end(time) {
      for (const event of observer.finish()) apply({ ...event, time: time * 1000 });
      for (const flow of plain.values()) closePlain(flow, time, 'capture ended');
    },
  };
}

function details(connection: PassiveConnection): Record<string, string | number | boolean> {
  return {
    ...(connection.channelCount === undefined ? {} : { channels: connection.channelCount }),
    ...(connection.connectData === undefined ? {} : { 'connect data': connection.connectData }),
    ...(connection.midStream ? { 'mid-stream': true } : {}),
    ...(connection.checksum === 'none' ? {} : { checksum: connection.checksum }),
    ...(connection.compressed ? { compressed: true } : {}),
  };
}

/** What each side sent, as far as the capture shows it. */
function figures(connection: PassiveConnection, { isSwapped, blames }: EnetFlow): EnetFigures[] {
  return (['client', 'server'] as const).map((side) => {
    const isClient = (side === 'client') !== isSwapped;
    const sent = isClient ? connection.toServer : connection.toClient;
    return {
      side,
      ...(sent.roundTripTime === undefined
        ? {}
        : { rttMs: sent.roundTripTime, rttVarianceMs: sent.roundTripTimeVariance }),
      resent: sent.repeats,
      late: sent.late,
      missing: sent.missing,
      channels: connection
        .channels(isClient)
        .map(({ channel, packets, repeats }) => ({ channel, packets, resent: repeats })),
      blame: blames[side === 'client' ? 'toServer' : 'toClient'].list,
    };
  });
}
