/** Made-up packets around real payloads: Ethernet, IPv4 or IPv6, TCP or UDP, with right lengths and checksums. */

export interface PacketEnd {
  /** 4 or 16 bytes; both ends of a packet have as many. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Last byte of its made-up, locally administered hardware address. */
  readonly station: number;
}

export interface TcpFields {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn?: boolean;
  readonly ack?: boolean;
  readonly psh?: boolean;
  readonly fin?: boolean;
}

const ETHERNET = 14;
const TCP = 6;
const UDP = 17;
/** Largest TCP payload and UDP datagram that fit an IP packet of either version without fragments. */
export const MAX_SEGMENT = 65_535 - 40 - 20;
export const MAX_DATAGRAM = 65_535 - 40 - 8;

export function tcpPacket(from: PacketEnd, to: PacketEnd, fields: TcpFields, payload: Uint8Array): Uint8Array {
  // A SYN says how large segments may get, as every stack does.
  const options = fields.syn === true ? 4 : 0;
  const { packet, at } = ipPacket(from, to, TCP, 20 + options + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(at, from.port);
  view.setUint16(at + 2, to.port);
  view.setUint32(at + 4, fields.sequence >>> 0);
  view.setUint32(at + 8, fields.ack === true ? fields.acknowledgement >>> 0 : 0);
  view.setUint8(at + 12, ((20 + options) / 4) << 4);
  view.setUint8(
    at + 13,
    (fields.fin === true ? 1 : 0) |
      (fields.syn === true ? 2 : 0) |
      (fields.psh === true ? 8 : 0) |
      (fields.ack === true ? 16 : 0),
  );
  view.setUint16(at + 14, 65_535);
  if (options > 0) {
    view.setUint16(at + 20, 0x0204);
    view.setUint16(at + 22, MAX_SEGMENT);
  }
  packet.set(payload, at + 20 + options);
  view.setUint16(at + 16, transportChecksum(packet, at, from, to, TCP));
  return packet;
}

export function udpPacket(from: PacketEnd, to: PacketEnd, payload: Uint8Array): Uint8Array {
  const { packet, at } = ipPacket(from, to, UDP, 8 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint16(at, from.port);
  view.setUint16(at + 2, to.port);
  view.setUint16(at + 4, 8 + payload.length);
  packet.set(payload, at + 8);
  // 0 would mean "no checksum".
  view.setUint16(at + 6, transportChecksum(packet, at, from, to, UDP) || 0xffff);
  return packet;
}

function ipPacket(
  from: PacketEnd,
  to: PacketEnd,
  protocol: number,
  size: number,
): { packet: Uint8Array<ArrayBuffer>; at: number } {
  const isV4 = from.address.length === 4;
  const header = isV4 ? 20 : 40;
  const packet = new Uint8Array(ETHERNET + header + size);
  const view = new DataView(packet.buffer);
  packet.set([2, 0, 0, 0, 0, to.station, 2, 0, 0, 0, 0, from.station]);
  view.setUint16(12, isV4 ? 0x0800 : 0x86dd);
  if (isV4) {
    packet[ETHERNET] = 0x45;
    view.setUint16(ETHERNET + 2, header + size);
    // Don't fragment.
    view.setUint16(ETHERNET + 6, 0x4000);
    packet[ETHERNET + 8] = 64;
    packet[ETHERNET + 9] = protocol;
    packet.set(from.address, ETHERNET + 12);
    packet.set(to.address, ETHERNET + 16);
    view.setUint16(ETHERNET + 10, folded(sum(packet, ETHERNET, ETHERNET + header)));
  } else {
    packet[ETHERNET] = 0x60;
    view.setUint16(ETHERNET + 4, size);
    packet[ETHERNET + 6] = protocol;
    packet[ETHERNET + 7] = 64;
    packet.set(from.address, ETHERNET + 8);
    packet.set(to.address, ETHERNET + 24);
  }
  return { packet, at: ETHERNET + header };
}

/** Over the pseudo header (addresses, protocol, length) and everything from `at` on; the checksum field is still 0. */
function transportChecksum(packet: Uint8Array, at: number, from: PacketEnd, to: PacketEnd, protocol: number): number {
  const pseudo =
    sum(from.address, 0, from.address.length) + sum(to.address, 0, to.address.length) + protocol + (packet.length - at);
  return folded(pseudo + sum(packet, at, packet.length));
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  let at = from;
  for (; at + 1 < to; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < to) total += bytes[at]! << 8;
  return total;
}

function folded(total: number): number {
  let folding = total;
  while (folding > 0xffff) folding = (folding & 0xffff) + Math.floor(folding / 65_536);
  return ~folding & 0xffff;
}
