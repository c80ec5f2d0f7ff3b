/**
 * The pure part of enet-node, for looking at ENet traffic that others send: datagrams as values with byte ranges, and
 * an observer that puts the packets of captured datagrams back together.
 */
export { crc32 } from './crc32.ts';
export { type CommandHead, type HeadDatagram, joinHeads, packCommandHead, readCommandHeads } from './command-heads.ts';
export {
  type ByteRange,
  checksumOf,
  COMMAND_LAYOUTS,
  type CommandName,
  type Datagram,
  type DatagramCommand,
  type DatagramField,
  readDatagram,
  type ReadOptions,
} from './datagram.ts';
export { type CommandToWrite, type DatagramToWrite, writeDatagram } from './write-datagram.ts';
export { PacketFlag } from './packet.ts';
export { RangeCoder } from './range-coder.ts';
export { looksLikeEnet } from './recognition.ts';
export {
  type Endpoint,
  type ObservedDatagram,
  type ObserverOptions,
  type PassiveEvent,
  PassiveObserver,
} from './passive.ts';
export type { PassiveConnection } from './passive-connection.ts';
export type { FlowEvent, FlowStatistics } from './passive-flow.ts';
