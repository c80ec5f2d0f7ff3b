/** Endpoints as the passive observer compares and names them. */
import type { Endpoint } from './passive-event.ts';

export function lowerPort(one: Endpoint, other: Endpoint): Endpoint {
  return one.port <= other.port ? one : other;
}

export function same(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address;
}

export function flowKey(from: string, to: string, peerId: number, session: number): string {
  return `${from}>${to} ${peerId} ${session}`;
}

export function pairKey(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

export function nameOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}
