/** Where packets go: the two ends and the texts that connections are known by, made once for all packets between the same ends. */
import type { Endpoint } from '../traffic/frame.ts';

export interface Route {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly from: string;
  readonly to: string;
  /** The same text in both directions. */
  readonly pair: string;
}

interface Known {
  readonly route: Route;
  /** Both addresses as they stand in the IP header. */
  readonly addresses: Uint8Array;
}

/** A place each, the newest wins: routes of packets that come close together are found again, and memory is bounded. */
const PLACES = 4096;

export class Routes {
  readonly #known: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** @param at where the source address stands, followed by the destination address; `size` bytes each: 4 or 16 */
  of(header: Uint8Array, at: number, size: number, sourcePort: number, destinationPort: number): Route {
    let hash = Math.imul(sourcePort, 0x9e3779b1) ^ Math.imul(destinationPort, 0x85ebca6b);
    const end = at + 2 * size;
    for (let i = at; i < end; i++) hash = Math.imul(hash ^ header[i]!, 0x01000193);
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.#known[place];
    if (known !== undefined && isSame(known, header, at, size, sourcePort, destinationPort)) return known.route;
    const write = size === 4 ? dotted : colons;
    const route = routeOf(
      { address: write(header, at), port: sourcePort },
      { address: write(header, at + size), port: destinationPort },
    );
    this.#known[place] = { route, addresses: header.slice(at, end) };
    return route;
  }
}

function isSame(
  { route, addresses }: Known,
  header: Uint8Array,
  at: number,
  size: number,
  sourcePort: number,
  destinationPort: number,
): boolean {
  if (route.source.port !== sourcePort || route.destination.port !== destinationPort) return false;
  if (addresses.length !== 2 * size) return false;
  for (let i = 0; i < addresses.length; i++) if (addresses[i] !== header[at + i]) return false;
  return true;
}

export function routeOf(source: Endpoint, destination: Endpoint): Route {
  const from = `${source.address}|${source.port}`;
  const to = `${destination.address}|${destination.port}`;
  return { source, destination, from, to, pair: from < to ? `${from}>${to}` : `${to}>${from}` };
}

function dotted(b: Uint8Array, at: number): string {
  return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros as `::`. */
function colons(b: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((b[at + 2 * i]! << 8) | b[at + 2 * i + 1]!).toString(16));
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  if (best.from < 0) return groups.join(':');
  return `${groups.slice(0, best.from).join(':')}::${groups.slice(best.from + best.length).join(':')}`;
}
