/** Networks people play on, as fault plans. Figures are one way; a client sees the sum of both directions. */
import type { Fault, FaultPlan } from '../traffic/control.ts';

interface Preset {
  readonly id: string;
  readonly title: string;
  readonly plan: FaultPlan;
}

type Part = Omit<Fault, 'id' | 'enabled'>;

function preset(id: string, title: string, parts: readonly Part[], repeatAfter?: number): Preset {
  const faults = parts.map((part, i): Fault => ({ id: `${id}-${i + 1}`, enabled: true, ...part }));
  return { id, title, plan: { seed: 1, faults, ...(repeatAfter === undefined ? {} : { repeatAfter }) } };
}

export const FAULT_PRESETS: readonly Preset[] = [
  preset('3g', '3G phone', [
    { kind: 'latency', ms: 100, jitterMs: 40 },
    { kind: 'bandwidth', rateKBps: 96, direction: 'toClient' },
    { kind: 'bandwidth', rateKBps: 40, direction: 'toServer' },
    { kind: 'loss', toxicity: 0.01 },
  ]),
  preset('bad-wifi', 'Bad Wi-Fi', [
    { kind: 'latency', ms: 15, jitterMs: 60 },
    { kind: 'loss', toxicity: 0.04 },
    { kind: 'reorder', toxicity: 0.02, behind: 2 },
    { kind: 'duplicate', toxicity: 0.005 },
  ]),
  preset(
    'train',
    'Train with tunnels',
    [
      { kind: 'latency', ms: 70, jitterMs: 90 },
      { kind: 'bandwidth', rateKBps: 150 },
      { kind: 'stall', from: 20, to: 26 },
      { kind: 'loss', toxicity: 0.2, from: 18, to: 28 },
    ],
    45,
  ),
  preset('satellite', 'Satellite', [
    { kind: 'latency', ms: 300, jitterMs: 20 },
    { kind: 'bandwidth', rateKBps: 1000 },
    { kind: 'loss', toxicity: 0.005 },
  ]),
  preset(
    'lag-spike',
    'Lag spikes',
    [
      { kind: 'latency', ms: 20, jitterMs: 5 },
      { kind: 'latency', ms: 900, jitterMs: 300, from: 8, to: 9.5 },
    ],
    12,
  ),
];
