/** ENet 1.3 for Node. See README.md. */
export {
  type CommandsEvent,
  type ConnectEvent,
  type DisconnectEvent,
  type DisconnectReason,
  type HostEvent,
  PacketEvent,
} from './event.ts';
export { Host } from './host.ts';
export type { HostOptions, HostStatistics } from './host-options.ts';
export { type Packet, PacketFlag } from './packet.ts';
export type { Address, PeerEvents, PeerState } from './connection-state.ts';
export type { Peer } from './peer.ts';
export { type Delivery, type NetworkConditions, SimulatedNetwork } from './simulated-network.ts';
export type { ChannelStatistics, PeerStatistics } from './statistics.ts';
export { createHost, UdpHost, type UdpHostEvents, type UdpHostOptions } from './udp-host.ts';
