/**
 * How ENet did on a connection that has ended, kept in its details, so that sessions, their copies and their statistics have it. Of a
 * relayed connection each side is the link of the proxy with that peer; of a captured one, what that peer sent.
 */
import type { EnetBlame } from './enet-blame.ts';
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
  /** What waited longest behind lost reliable commands. */
  readonly blame: readonly EnetBlame[];
}

export interface EnetChannelFigures {
  readonly channel: number;
  readonly packets: number;
  readonly resent: number;
}

/** Kept of a side, worst first, and of each as many frames. */
const KEPT_BLAMES = 10;
const KEPT_FRAMES = 50;
const BLAME = /^([\d.]+) ms behind number (\d+) of channel (\d+), frames ([\d ]*)$/;
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
    const worst = each.blame.toSorted((a, b) => b.waitedMs - a.waitedMs).slice(0, KEPT_BLAMES);
    for (const [i, { channel, sequence, waitedMs, frames }] of worst.entries()) {
      const ms = Math.round(waitedMs * 1000) / 1000;
      details[`enet.${each.side}.waited ${i + 1}`] =
        `${ms} ms behind number ${sequence} of channel ${channel}, frames ${frames.slice(0, KEPT_FRAMES).join(' ')}`;
    }
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
    const blame = Array.from({ length: KEPT_BLAMES }, (_, i) =>
      BLAME.exec(String(details[`enet.${side}.waited ${i + 1}`] ?? '')),
    ).flatMap((told): EnetBlame[] => {
      if (told === null) return [];
      const [, waitedMs, sequence, channel, frames = ''] = told;
      const numbers = frames === '' ? [] : frames.split(' ').map(Number);
      return [{ channel: Number(channel), sequence: Number(sequence), waitedMs: Number(waitedMs), frames: numbers }];
    });
    return [{ side, resent, ...Object.fromEntries(known), channels, blame }];
  });
}
