/** Reads the UDP datagrams of a little-endian pcap file over Ethernet and IPv4: just enough for the recordings here. */
import type { ObservedDatagram } from './wire.ts';

export function* udpOfPcap(file: Uint8Array): Generator<ObservedDatagram & { index: number }> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  let at = 24;
  for (let index = 1; at + 16 <= file.length; index++) {
    const time = view.getUint32(at, true) * 1000 + view.getUint32(at + 4, true) / 1000;
    const length = view.getUint32(at + 8, true);
    const ip = at + 16 + 14;
    const udp = ip + (file[ip]! & 15) * 4;
    const address = (from: number): string => file.subarray(from, from + 4).join('.');
    if (file[ip + 9] === 17) {
      yield {
        time,
        source: { address: address(ip + 12), port: view.getUint16(udp) },
        destination: { address: address(ip + 16), port: view.getUint16(udp + 2) },
        bytes: file.subarray(udp + 8, udp + view.getUint16(udp + 4)),
        index,
      };
    }
    at += 16 + length;
  }
}
