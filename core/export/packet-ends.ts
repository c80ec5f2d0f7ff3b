/** Addresses and ports for made-up packets: the recorded ones where packets can carry them, else stand-ins with a name. */
import { asIpv6, parseIpAddress } from '../capture/ip-address.ts';
import type { PacketEnd } from '../capture/packet-builder.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';

/** Ports on which tools expect TLS; the plain stream inside it would be shown as broken TLS there. */
const TLS_PORTS = new Set([443, 465, 636, 853, 989, 990, 992, 993, 995, 5061, 5671, 8883]);

export class PacketEnds {
  /** Which name a stand-in address was given for. */
  readonly names: { readonly address: Uint8Array; readonly name: string }[] = [];
  readonly #standIns = new Map<string, Uint8Array>();

  constructor(connections: readonly Connection[]) {
    for (const connection of connections) this.of(connection);
  }

  of(connection: Connection): { readonly client: PacketEnd; readonly server: PacketEnd } {
    const { id, transport } = connection;
    let client = this.#address(connection.client, 'client');
    let server = this.#address(connection.server, 'server');
    if (client.length !== server.length) [client, server] = [asIpv6(client), asIpv6(server)];
    const isSealed = transport === 'tls' || transport === 'wss';
    const port = connection.server.port;
    return {
      // A client without a known port gets one of its own, so that its packets are one stream.
      client: { address: client, port: connection.client.port || 49_152 + (id % 16_384), station: 1 },
      server: { address: server, port: isSealed && TLS_PORTS.has(port) ? port + 10_000 : port || 1, station: 2 },
    };
  }

  #address(end: Endpoint, side: string): Uint8Array {
    const known = parseIpAddress(end.address);
    if (known !== undefined) return known;
    const name = end.address === '' ? side : end.address;
    let standIn = this.#standIns.get(name);
    if (standIn === undefined) {
      // 198.18.0.0/15 is set aside for tests; nobody on the network has such an address.
      const i = this.#standIns.size + 1;
      standIn = Uint8Array.of(198, 18 + ((i >> 16) & 1), (i >> 8) & 255, i & 255);
      this.#standIns.set(name, standIn);
      this.names.push({ address: standIn, name: name.replaceAll(/[^\w.:-]/g, '-').slice(0, 200) });
    }
    return standIn;
  }
}
