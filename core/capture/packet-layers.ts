/** Packet → TCP segment or UDP datagram: link layer, VLAN tags, IPv4 (with fragments) and IPv6 (with extension headers). */
import { toHex } from '../schema/characters.ts';
import { FragmentStore } from './ip-fragments.ts';
import type { Packet } from './packet.ts';
import { type Route, Routes } from './route.ts';

export interface Segment {
  readonly kind: 'tcp';
  readonly packet: Packet;
  readonly route: Route;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly data: Uint8Array;
  /** Bytes the capture left out of this segment (snap length). */
  readonly missing: number;
}

export interface Datagram {
  readonly kind: 'udp';
  readonly packet: Packet;
  readonly route: Route;
  readonly data: Uint8Array;
  readonly missing: number;
}

export const LINK = { null: 0, ethernet: 1, raw: 101, loop: 108, sll: 113, ipv4: 228, ipv6: 229, sll2: 276 } as const;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const TCP = 6;
const UDP = 17;
const FRAGMENT = 44;
/** IPv6 extension headers that are skipped by their length: hop-by-hop, routing, destination, mobility, HIP, shim6. */
const EXTENSIONS = new Set([0, 43, 60, 135, 139, 140]);

const FRAGMENT_KEPT = 'IP fragment';
const LINK_NAMES: Readonly<Record<number, string>> = {
  9: 'PPP',
  50: 'PPP',
  105: 'Wi-Fi',
  127: 'Wi-Fi',
  189: 'USB',
  220: 'USB',
};
const ETHERNET_NAMES: Readonly<Record<number, string>> = {
  0x0806: 'ARP',
  0x8847: 'MPLS',
  0x8848: 'MPLS',
  0x8863: 'PPPoE',
  0x8864: 'PPPoE',
  0x88cc: 'LLDP',
  0x88e5: 'MACsec',
};
const named = (name: string | undefined): string => (name === undefined ? '' : ` (${name})`);

export class PacketLayers {
  readonly #fragments = new FragmentStore();
  readonly #routes = new Routes();
  /** Packets that hold neither TCP nor UDP, by reason. */
  readonly skipped = new Map<string, number>();

  read(packet: Packet): Segment | Datagram | undefined {
    const found = this.#link(packet);
    if (typeof found === 'string') {
      this.skipped.set(found, (this.skipped.get(found) ?? 0) + 1);
      return undefined;
    }
    return found;
  }

  /** A sentence when none of so many packets could be used. */
  whyNothing(packets: number): string | undefined {
    if (packets === 0) return 'there are no packets in the file';
    const reasons = [...this.skipped].filter(([reason]) => reason !== FRAGMENT_KEPT).sort((a, b) => b[1] - a[1]);
    const lost = reasons.reduce((sum, [, count]) => sum + count, 0);
    if (lost < packets) return undefined;
    const told = reasons.slice(0, 3).map(([reason, count]) => `${count} × ${reason}`);
    return `none of the ${packets} packets holds TCP or UDP that can be read: ${told.join(', ')}`;
  }

  #link(packet: Packet): Segment | Datagram | string {
    const b = packet.bytes;
    switch (packet.link) {
      case LINK.ethernet: {
        let at = 12;
        while (VLAN_TAGS.has(be16(b, at)) && at + 4 < b.length) at += 4;
        return this.#network(packet, be16(b, at), at + 2);
      }
      case LINK.sll:
        return this.#tagged(packet, be16(b, 14), 16);
      case LINK.sll2:
        return this.#tagged(packet, be16(b, 0), 20);
      case LINK.null:
      case LINK.loop:
        return this.#byVersion(packet, 4);
      // 12 and 14 are what some systems write for raw IP.
      case LINK.raw:
      case LINK.ipv4:
      case LINK.ipv6:
      case 12:
      case 14:
        return this.#byVersion(packet, 0);
      default:
        return `link type ${packet.link}${named(LINK_NAMES[packet.link])}`;
    }
  }

  #tagged(packet: Packet, type: number, at: number): Segment | Datagram | string {
    let next = at;
    let kind = type;
    while (VLAN_TAGS.has(kind) && next + 4 <= packet.bytes.length) {
      kind = be16(packet.bytes, next + 2);
      next += 4;
    }
    return this.#network(packet, kind, next);
  }

  #byVersion(packet: Packet, at: number): Segment | Datagram | string {
    const version = (packet.bytes[at] ?? 0) >> 4;
    return version === 4 ? this.#ipv4(packet, at) : version === 6 ? this.#ipv6(packet, at) : 'no IP';
  }

  #network(packet: Packet, type: number, at: number): Segment | Datagram | string {
    if (type === IPV4) return this.#ipv4(packet, at);
    if (type === IPV6) return this.#ipv6(packet, at);
    return `Ethernet type 0x${type.toString(16).padStart(4, '0')}${named(ETHERNET_NAMES[type])}`;
  }

  #ipv4(packet: Packet, at: number): Segment | Datagram | string {
    const b = packet.bytes;
    const header = (b[at]! & 15) * 4;
    if (b[at]! >> 4 !== 4 || header < 20 || at + header > b.length) return 'cut IPv4 header';
    // A total length of 0 is what segmentation offload leaves in captures: then the packet's own length counts.
    const total = be16(b, at + 2) || packet.length - at;
    const missing = Math.max(0, at + total - b.length);
    const payload = b.subarray(at + header, Math.min(b.length, at + Math.max(total, header)));
    const fragment = be16(b, at + 6);
    if ((fragment & 0x3fff) !== 0) {
      const whole = this.#fragments.add(
        `${hexOf(b, at + 12, at + 20)}/${b[at + 9]}/${be16(b, at + 4)}`,
        (fragment & 0x1fff) * 8,
        (fragment & 0x2000) !== 0,
        payload,
        packet.time,
      );
      return whole === undefined ? FRAGMENT_KEPT : this.#transport(packet, b[at + 9]!, at + 12, 4, whole, 0);
    }
    return this.#transport(packet, b[at + 9]!, at + 12, 4, payload, missing);
  }

  #ipv6(packet: Packet, at: number): Segment | Datagram | string {
    const b = packet.bytes;
    if (b[at]! >> 4 !== 6 || at + 40 > b.length) return 'cut IPv6 header';
    const length = be16(b, at + 4) || packet.length - at - 40;
    const end = Math.min(b.length, at + 40 + length);
    const missing = Math.max(0, at + 40 + length - b.length);
    let next = b[at + 6]!;
    let from = at + 40;
    for (let i = 0; i < 16; i++) {
      if (next === FRAGMENT && from + 8 <= end) {
        const place = be16(b, from + 2);
        const payload = b.subarray(from + 8, end);
        const protocol = b[from]!;
        if ((place & 0xfff9) === 0) [next, from] = [protocol, from + 8];
        else {
          const whole = this.#fragments.add(
            `${hexOf(b, at + 8, at + 40)}/${be16(b, from + 4)}.${be16(b, from + 6)}`,
            place & 0xfff8,
            (place & 1) === 1,
            payload,
            packet.time,
          );
          return whole === undefined ? FRAGMENT_KEPT : this.#transport(packet, protocol, at + 8, 16, whole, 0);
        }
      } else if (EXTENSIONS.has(next) && from + 8 <= end) [next, from] = [b[from]!, from + (b[from + 1]! + 1) * 8];
      else if (next === 51 && from + 8 <= end) [next, from] = [b[from]!, from + (b[from + 1]! + 2) * 4];
      else break;
    }
    return from > end ? 'cut IPv6 header' : this.#transport(packet, next, at + 8, 16, b.subarray(from, end), missing);
  }

  /** @param addresses where the addresses stand in the packet, `size` bytes each */
  #transport(
    packet: Packet,
    protocol: number,
    addresses: number,
    size: 4 | 16,
    b: Uint8Array,
    missing: number,
  ): Segment | Datagram | string {
    if (protocol === UDP) {
      if (b.length < 8) return 'cut UDP header';
      const length = be16(b, 4);
      const end = length >= 8 ? Math.min(b.length, length) : b.length;
      return {
        kind: 'udp',
        packet,
        route: this.#routes.of(packet.bytes, addresses, size, be16(b, 0), be16(b, 2)),
        data: b.subarray(8, end),
        missing,
      };
    }
    if (protocol !== TCP) return `IP protocol ${protocol}`;
    const header = ((b[12] ?? 0) >> 4) * 4;
    if (header < 20 || header > b.length) return 'cut TCP header';
    const flags = b[13]!;
    return {
      kind: 'tcp',
      packet,
      route: this.#routes.of(packet.bytes, addresses, size, be16(b, 0), be16(b, 2)),
      sequence: be32(b, 4),
      acknowledgement: be32(b, 8),
      fin: (flags & 1) !== 0,
      syn: (flags & 2) !== 0,
      rst: (flags & 4) !== 0,
      ack: (flags & 16) !== 0,
      data: b.subarray(header),
      missing,
    };
  }
}

function be16(b: Uint8Array, at: number): number {
  return ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
}
function be32(b: Uint8Array, at: number): number {
  return (be16(b, at) * 65_536 + be16(b, at + 2)) >>> 0;
}
function hexOf(b: Uint8Array, from: number, to: number): string {
  return toHex(b.subarray(from, to));
}
