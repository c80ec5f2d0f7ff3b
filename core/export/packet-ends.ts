/** Addresses and ports for made-up packets: the recorded ones where packets can carry them, else stand-ins with a name. */
import { asIpv6, parseIpAddress } from '../capture/ip-address.ts';
import type { PacketEnd } from '../capture/packet-builder.ts';
import type { Connection, Endpoint } from '../traffic/frame.ts';
import { HTTP_PORTS, TCP_PORTS, UDP_PORTS } from './known-ports.ts';

export class PacketEnds {
  /** Which name a stand-in address was given for. */
  readonly names: { readonly address: Uint8Array; readonly name: string }[] = [];
  readonly #standIns = new Map<string, Uint8Array>();

  constructor(connections: readonly Connection[]) {
    for (const connection of connections) this.of(connection);
  }

  of(connection: Connection): { readonly client: PacketEnd; readonly server: PacketEnd } {
    let client = this.#address(connection.client, 'client');
    let server = this.#address(connection.server, 'server');
    if (client.length !== server.length) [client, server] = [asIpv6(client), asIpv6(server)];
    // A client without a known port gets one of its own, so that its packets are one stream.
    const port = connection.client.port || 49_152 + (connection.id % 16_384);
    return {
      client: { address: client, port: writtenPort(connection, port), station: 1 },
      server: { address: server, port: writtenPort(connection, connection.server.port || 1), station: 2 },
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

/** The recorded port, unless tools would take what is written there for something else. */
function writtenPort({ transport, protocol }: Connection, port: number): number {
  const isDatagram = transport === 'enet' || transport === 'udp';
  const known = isDatagram ? UDP_PORTS : TCP_PORTS;
  // What no protocol of ours explains is best left to the tool.
  const isPlain = (transport === 'tcp' || transport === 'udp') && protocol === '';
  const isUpgrade = (transport === 'ws' || transport === 'wss') && HTTP_PORTS.has(port);
  if (isPlain || isUpgrade || !known.has(port)) return port;
  let moved = port;
  do moved = 1024 + ((moved - 1024 + 20_011 + 64_512) % 64_512);
  while (known.has(moved));
  return moved;
}
