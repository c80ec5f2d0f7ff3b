/** Round-trip time, its variance, and the throttle that follows it. */
import { NEVER } from './connection-state.ts';
import type { Peer } from './peer.ts';

/** Takes a measured round-trip time (ms, at least 1) into a peer's averages. */
export function measureRoundTrip(peer: Peer, roundTripTime: number, now: number): void {
  if (peer.lastReceiveTime === NEVER) {
    peer.roundTripTime = roundTripTime;
    peer.roundTripTimeVariance = (roundTripTime + 1) >> 1;
  } else {
    throttle(peer, roundTripTime);
    peer.roundTripTimeVariance -= peer.roundTripTimeVariance >> 2;
    const difference = Math.abs(roundTripTime - peer.roundTripTime);
    peer.roundTripTimeVariance += difference >> 2;
    if (roundTripTime >= peer.roundTripTime) peer.roundTripTime += difference >> 3;
    else peer.roundTripTime -= difference >> 3;
  }
  peer.lowestRoundTripTime = Math.min(peer.lowestRoundTripTime, peer.roundTripTime);
  peer.highestRoundTripTimeVariance = Math.max(peer.highestRoundTripTimeVariance, peer.roundTripTimeVariance);
  if (peer.throttleEpoch === NEVER || now - peer.throttleEpoch >= peer.throttleInterval) {
    peer.lastRoundTripTime = peer.lowestRoundTripTime;
    peer.lastRoundTripTimeVariance = Math.max(peer.highestRoundTripTimeVariance, 1);
    peer.lowestRoundTripTime = peer.roundTripTime;
    peer.highestRoundTripTimeVariance = peer.roundTripTimeVariance;
    peer.throttleEpoch = now;
  }
}

/** Sends more of the unreliable packets when round trips are short, fewer when they grow. */
function throttle(peer: Peer, roundTripTime: number): void {
  if (peer.lastRoundTripTime <= peer.lastRoundTripTimeVariance) peer.throttle = peer.throttleLimit;
  else if (roundTripTime <= peer.lastRoundTripTime) {
    peer.throttle = Math.min(peer.throttle + peer.throttleAcceleration, peer.throttleLimit);
  } else if (roundTripTime > peer.lastRoundTripTime + 2 * peer.lastRoundTripTimeVariance) {
    peer.throttle = Math.max(peer.throttle - peer.throttleDeceleration, 0);
  }
}

/** Time since the 16-bit `sentTime`, as ENet reads it: -1 when it lies in the future. */
export function elapsed(now: number, sentTime: number): number {
  const low = now % 65536;
  if ((sentTime & 0x8000) > (low & 0x8000)) return low + 65536 - sentTime;
  return low >= sentTime ? low - sentTime : -1;
}
