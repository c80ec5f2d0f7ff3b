/** Which lanes there are and where an arrow of a connection starts and ends. Pure. */
import type { ConnectionStatus } from '../../../core/contract/verbs.ts';

export interface Lane {
  readonly id: string;
  readonly kind: 'client' | 'server';
  readonly title: string;
  readonly sub: string;
  /** Share of the width, 0..1. */
  readonly x: number;
}

export interface LanePlan {
  readonly lanes: readonly Lane[];
  /** Connection → its client's and its server's lane. */
  readonly ends: ReadonlyMap<number, readonly [client: Lane, server: Lane]>;
}

/** Width of the time axis. */
export const LANE_TIME = 74;
/** Room beside the outermost lanes, for the latencies written there. */
const MARGIN = 28;

/** Where a share of the width lies, in pixels. */
export function laneX(share: number, width: number): number {
  return LANE_TIME + MARGIN + share * Math.max(0, width - LANE_TIME - 2 * MARGIN);
}

export type LanesBy = 'connection' | 'client';

type LaneConnection = Pick<
  ConnectionStatus,
  'id' | 'client' | 'server' | 'protocol' | 'role' | 'journey' | 'proxy' | 'clientName'
>;

/** More lanes than this cannot be told apart: connections beyond are left out. */
export const MOST_LANES = 14;

/** Who a client is: what it calls itself on any of its connections, or where it comes from when that is a machine of its own. */
export function clientTitle(own: readonly Pick<LaneConnection, 'clientName' | 'client'>[], fallback: string): string {
  const name = own.find((each) => each.clientName !== undefined)?.clientName;
  if (name !== undefined) return name;
  const address = own[0]?.client.address ?? '';
  return address === '' || isLoopback(address) ? fallback : address;
}

const isLoopback = (address: string): boolean => /^(127\.|::1$|::ffff:127\.|localhost$)/.test(address);

export function planLanes(
  connections: readonly LaneConnection[],
  by: LanesBy,
  names: { client(n: number): string },
): LanePlan {
  const clients = new Map<string, { fallback: string; own: LaneConnection[] }>();
  const servers = new Map<string, { title: string; sub: string }>();
  const keys = new Map<number, readonly [string, string]>();
  for (const each of connections) {
    const server = `${each.server.address}:${each.server.port}`;
    const client = by === 'client' ? `j${each.journey ?? `c${each.id}`}` : `c${each.id}`;
    if (!clients.has(client) && clients.size + servers.size >= MOST_LANES) continue;
    const entry = clients.get(client) ?? {
      fallback: by === 'client' && each.journey !== undefined ? names.client(each.journey) : `c${each.id}`,
      own: [],
    };
    entry.own.push(each);
    clients.set(client, entry);
    if (!servers.has(server))
      servers.set(server, { title: each.role || each.proxy || each.protocol || server, sub: server });
    keys.set(each.id, [client, server]);
  }
  const count = clients.size + servers.size;
  // A little more room between the clients and the servers than among them.
  const slots = count + 0.6;
  let at = 0;
  const place = (): number => (at++ + 0.5) / slots;
  const lanes: Lane[] = [];
  for (const [id, { fallback, own }] of clients) {
    const title = by === 'client' ? clientTitle(own, fallback) : fallback;
    const list = own.map((each) => `c${each.id}`).join(', ');
    lanes.push({ id, kind: 'client', title, sub: list === title ? '' : list, x: place() });
  }
  at += 0.6;
  for (const [id, { title, sub }] of servers) lanes.push({ id, kind: 'server', title, sub, x: place() });
  const byId = new Map(lanes.map((lane) => [lane.id, lane]));
  const ends = new Map<number, readonly [Lane, Lane]>();
  for (const [conn, [client, server]] of keys) {
    const [a, b] = [byId.get(client), byId.get(server)];
    if (a !== undefined && b !== undefined) ends.set(conn, [a, b]);
  }
  return { lanes, ends };
}
