/** Networks by name, for testers who think in places rather than milliseconds. */
import type { Fault, FaultPlan } from '../traffic/control.ts';

export interface FaultPreset {
  readonly id: string;
  readonly title: string;
  readonly plan: FaultPlan;
}

/** A fault that is on, both ways unless said. */
const fault = (id: string, kind: Fault['kind'], rest: Partial<Fault> = {}): Fault => ({
  id,
  kind,
  enabled: true,
  ...rest,
});

export const FAULT_PRESETS: readonly FaultPreset[] = [
  {
    id: '3g',
    title: '3G: slow and far',
    plan: {
      seed: 1,
      faults: [
        fault('3g latency', 'latency', { ms: 150, jitterMs: 50 }),
        fault('3g down', 'bandwidth', { direction: 'toClient', rateKBps: 95 }),
        fault('3g up', 'bandwidth', { direction: 'toServer', rateKBps: 40 }),
      ],
    },
  },
  {
    id: 'bad-wifi',
    title: 'Bad Wi-Fi: jitter, short stalls; loss on datagrams',
    plan: {
      seed: 1,
      faults: [
        fault('wifi latency', 'latency', { ms: 30, jitterMs: 28 }),
        fault('wifi loss', 'loss', {
          when: 'transport == "udp" || (transport == "enet" && !carrier.reliable)',
          toxicity: 0.03,
        }),
        fault('wifi stall', 'stall', { ms: 600, from: 6, to: 6.6 }),
      ],
      repeatAfter: 9,
    },
  },
  {
    id: 'train',
    title: 'Train: good, then a tunnel, then good again',
    plan: {
      seed: 1,
      faults: [
        fault('train latency', 'latency', { ms: 80, jitterMs: 40 }),
        fault('train edge', 'bandwidth', { rateKBps: 20, from: 20, to: 26 }),
        fault('train tunnel', 'stall', { ms: 8000, from: 26, to: 34 }),
      ],
      repeatAfter: 60,
    },
  },
  {
    id: 'satellite',
    title: 'Satellite: wide and very far',
    plan: {
      seed: 1,
      faults: [
        fault('satellite latency', 'latency', { ms: 300, jitterMs: 15 }),
        fault('satellite bandwidth', 'bandwidth', { rateKBps: 1250 }),
      ],
    },
  },
  {
    id: 'lag-spike',
    title: 'Lag spike: nothing for a second, every ten seconds',
    plan: { seed: 1, faults: [fault('lag spike', 'stall', { ms: 1000, from: 9, to: 10 })], repeatAfter: 10 },
  },
];
