/**
 * How ENet did on a connection that has ended, kept in its details, so that sessions, their copies and their statistics have it. Of a
 * relayed connection each side is the link of the proxy with that peer; of a captured one, what that peer sent.
 */
import type { Connection } from './frame.ts';

export interface EnetFigures {
  readonly side: 'client' | 'server';
  /** Milliseconds; absent when no acknowledgement told. */
  readonly rttMs?: number;
  readonly rttVarianceMs?: number;
  /** Reliable commands sent more than once. */
  readonly resent: number;
  /** Relayed: mean share of commands lost. */
  readonly lossShare?: number;
  /** Captured: unreliable packets that came too late to be delivered. */
  readonly late?: number;
  /** Captured: reliable commands that are not in the capture. */
  readonly missing?: number;
  readonly channels: readonly EnetChannelFigures[];
}

export interface EnetChannelFigures {
  readonly channel: number;
  readonly packets: number;
  readonly resent: number;
}

const NUMBERS = ['rttMs', 'rttVarianceMs', 'resent', 'lossShare', 'late', 'missing'] as const;

export function enetDetails(figures: readonly EnetFigures[]): Record<string, string | number> {
  const details: Record<string, string | number> = {};
  for (const each of figures) {
    for (const name of NUMBERS) {
      const value = each[name];
      if (value !== undefined) details[`enet.${each.side}.${name}`] = Math.round(value * 1000) / 1000;
    }
    for (const { channel, packets, resent } of each.channels)
      details[`enet.${each.side}.channel ${channel}`] = `${packets} packets, ${resent} resent`;
  }
  return details;
}

/** The figures of a connection, the client's side first; none when it was not ENet or has not ended. */
export function enetFigures({ details }: Pick<Connection, 'details'>): EnetFigures[] {
  return (['client', 'server'] as const).flatMap((side) => {
    const resent = details[`enet.${side}.resent`];
    if (typeof resent !== 'number') return [];
    const known = NUMBERS.flatMap((name) => {
      const value = details[`enet.${side}.${name}`];
      return typeof value === 'number' ? [[name, value] as const] : [];
    });
    const prefix = `enet.${side}.channel `;
    const channels = Object.entries(details).flatMap(([name, text]) => {
      const counts = name.startsWith(prefix) ? /^(\d+) packets, (\d+) resent$/.exec(String(text)) : null;
      return counts === null
        ? []
        : [{ channel: Number(name.slice(prefix.length)), packets: Number(counts[1]), resent: Number(counts[2]) }];
    });
    return [{ side, resent, ...Object.fromEntries(known), channels }];
  });
}
