/** Shares a host's bandwidth among its peers: send windows, throttle limits, and the limits told to the other sides. */
import type { Host } from './host.ts';
import { type Peer, uint32s } from './peer.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  MAXIMUM_WINDOW_SIZE,
  MINIMUM_WINDOW_SIZE,
  THROTTLE_SCALE,
  WINDOW_SIZE_SCALE,
} from './protocol.ts';

/** The send window that a bandwidth (bytes/s, 0 = unlimited) allows. */
export function windowFor(bandwidth: number): number {
  if (bandwidth === 0) return MAXIMUM_WINDOW_SIZE;
  return clampWindow(Math.floor(bandwidth / WINDOW_SIZE_SCALE) * MINIMUM_WINDOW_SIZE);
}

/** The send window that two bandwidths allow together: the smaller, where 0 means unlimited. */
export function windowForBoth(mine: number, theirs: number): number {
  return windowFor(mine === 0 || theirs === 0 ? Math.max(mine, theirs) : Math.min(mine, theirs));
}

/** Puts a window into the limits of the protocol. */
export function clampWindow(size: number): number {
  return Math.min(Math.max(size, MINIMUM_WINDOW_SIZE), MAXIMUM_WINDOW_SIZE);
}

/** Adjusts the throttle limits of all connected peers to what was sent in the last `elapsed` ms. */
export function throttleBandwidth(host: Host, elapsed: number): void {
  const { now } = host;
  const connected = [...host.peers].filter(isConnected);
  let remaining = connected.length;
  if (remaining === 0) return;
  let sent = 0xffffffff;
  let bandwidth = 0xffffffff;
  if (host.outgoingBandwidth !== 0) {
    sent = connected.reduce((sum, peer) => sum + peer.outgoingDataTotal, 0);
    bandwidth = Math.floor((host.outgoingBandwidth * elapsed) / 1000);
  }

  // Peers that cannot even take their share are limited first; what they leave is shared by the others.
  let adjusted = connected.some((peer) => peer.incomingBandwidth !== 0);
  while (remaining > 0 && adjusted) {
    adjusted = false;
    const throttle = sent <= bandwidth ? THROTTLE_SCALE : Math.floor((bandwidth * THROTTLE_SCALE) / sent);
    for (const peer of connected) {
      if (peer.incomingBandwidth === 0 || peer.outgoingThrottleEpoch === now) continue;
      const own = Math.floor((peer.incomingBandwidth * elapsed) / 1000);
      if (Math.floor((throttle * peer.outgoingDataTotal) / THROTTLE_SCALE) <= own) continue;
      limit(peer, Math.max(Math.floor((own * THROTTLE_SCALE) / peer.outgoingDataTotal), 1));
      peer.outgoingThrottleEpoch = now;
      adjusted = true;
      remaining--;
      bandwidth -= own;
      sent -= own;
    }
  }
  if (remaining > 0) {
    const throttle = sent <= bandwidth ? THROTTLE_SCALE : Math.max(Math.floor((bandwidth * THROTTLE_SCALE) / sent), 0);
    for (const peer of connected) if (peer.outgoingThrottleEpoch !== now) limit(peer, throttle);
  }
  if (host.recalculateBandwidthLimits) tellLimits(host, connected);
}

function limit(peer: Peer, throttleLimit: number): void {
  peer.throttleLimit = throttleLimit;
  peer.throttle = Math.min(peer.throttle, throttleLimit);
  peer.incomingDataTotal = 0;
  peer.outgoingDataTotal = 0;
}

/** Divides the incoming bandwidth: who sends less than its share keeps what it sends, the others divide the rest. */
function tellLimits(host: Host, connected: readonly Peer[]): void {
  const { now } = host;
  host.recalculateBandwidthLimits = false;
  let remaining = connected.length;
  let bandwidth = host.incomingBandwidth;
  let share = 0;
  let adjusted = bandwidth !== 0;
  while (remaining > 0 && adjusted) {
    adjusted = false;
    share = Math.floor(bandwidth / remaining);
    for (const peer of connected) {
      if (peer.incomingThrottleEpoch === now) continue;
      if (peer.outgoingBandwidth > 0 && peer.outgoingBandwidth >= share) continue;
      peer.incomingThrottleEpoch = now;
      adjusted = true;
      remaining--;
      bandwidth -= peer.outgoingBandwidth;
    }
  }
  for (const peer of connected) {
    const incoming = peer.incomingThrottleEpoch === now ? peer.outgoingBandwidth : share;
    const fields = uint32s(incoming, host.outgoingBandwidth);
    peer.queueControl(Command.bandwidthLimit | COMMAND_FLAG_ACKNOWLEDGE, fields);
  }
}

function isConnected(peer: Peer): boolean {
  return peer.state === 'connected' || peer.state === 'disconnect-later';
}
