/** ENet 1.3 for Node. See README.md. */
export {
  type ConnectEvent,
  type DisconnectEvent,
  type DisconnectReason,
  type HostEvent,
  PacketEvent,
} from './event.ts';
export { Host, type HostOptions, type HostStatistics } from './host.ts';
export { type Packet, PacketFlag } from './packet.ts';
export type { Address, Peer, PeerEvents, PeerState } from './peer.ts';
export { type Delivery, type NetworkConditions, SimulatedNetwork } from './simulated-network.ts';
export type { ChannelStatistics, PeerStatistics } from './statistics.ts';
export { createHost, UdpHost, type UdpHostEvents, type UdpHostOptions } from './udp-host.ts';
