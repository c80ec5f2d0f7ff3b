/** A connection as its row in the file. */
import type { Transport } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';

export interface ConnectionRow {
  readonly id: number;
  readonly proxy: string | null;
  readonly transport: string;
  readonly client_address: string;
  readonly client_port: number;
  readonly server_address: string;
  readonly server_port: number;
  readonly protocol: string;
  readonly options: string;
  readonly opened: number;
  readonly closed: number | null;
  readonly ending: string | null;
  readonly role: string | null;
  readonly journey: number | null;
  readonly details: string;
}

const TRANSPORTS: readonly string[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];

export function connectionOf(row: ConnectionRow): Connection {
  const options = record(row.options) as Record<string, string>;
  return {
    id: row.id,
    ...(row.proxy === null ? {} : { proxy: row.proxy }),
    transport: (TRANSPORTS.includes(row.transport) ? row.transport : 'tcp') as Transport,
    client: { address: row.client_address, port: row.client_port },
    server: { address: row.server_address, port: row.server_port },
    protocol: row.protocol,
    ...(Object.keys(options).length === 0 ? {} : { options }),
    opened: row.opened,
    ...(row.closed === null ? {} : { closed: row.closed }),
    ...(row.ending === null ? {} : { ending: row.ending }),
    ...(row.role === null ? {} : { role: row.role }),
    ...(row.journey === null ? {} : { journey: row.journey }),
    details: record(row.details) as Connection['details'],
  };
}

/** A file from elsewhere may hold anything: what is no JSON object reads as an empty one. */
function record(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
    return value as Record<string, unknown>;
  } catch {
    return {};
  }
}
