import { expect, test } from 'vitest';
import type { Fault, FaultPlan } from '../traffic/control.ts';
import { Bench, type BenchRelay } from './bench-for-tests.ts';
import { FAULT_PRESETS } from './fault-presets.ts';
import { say } from './toy-for-tests.ts';

const line = (text: string, n = 1): string => `${say(text, n)}\n`;
const fault = (kind: Fault['kind'], rest: Partial<Fault> = {}): Fault => ({ id: kind, kind, enabled: true, ...rest });

function faulty(
  faults: Fault[],
  plan: Partial<FaultPlan> = {},
  options: Parameters<Bench['relay']>[0] = {},
): { bench: Bench; relay: BenchRelay } {
  const bench = new Bench();
  bench.control.setFaults({ seed: 1, faults, ...plan });
  return { bench, relay: bench.relay(options) };
}

test('latency delays every frame by as much as asked, in order', () => {
  const { bench, relay } = faulty([fault('latency', { ms: 100, direction: 'toServer' })]);
  relay.client(line('a'));
  bench.advance(30);
  relay.client(line('b'));
  relay.server(line('c'));
  bench.advance(200);
  expect(relay.times()).toEqual([100, 130]);
  expect(relay.times('toClient')).toEqual([30]);
  expect(bench.sink.frames[0]).toMatchObject({ fate: 'delayed', heldMs: 100, touchedBy: ['latency'] });
  expect(bench.control.readMeter()).toMatchObject({ exact: true, changedOnPurpose: 0 });
});

test('jitter varies the delay within its bounds and keeps the order of a stream', () => {
  const { bench, relay } = faulty([fault('latency', { ms: 100, jitterMs: 50 })]);
  for (let i = 0; i < 50; i++) relay.client(line('x', i));
  bench.advance(1000);
  const asked = bench.decisions.map((d) => Number(/[\d.]+/.exec(d.what)![0]));
  expect(Math.min(...asked)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...asked)).toBeLessThanOrEqual(150);
  expect(new Set(asked).size).toBeGreaterThan(40);
  expect(relay.sent()).toBe(Array.from({ length: 50 }, (_, i) => line('x', i)).join(''));
});

test('bandwidth lets bytes out at its rate', () => {
  const { bench, relay } = faulty([fault('bandwidth', { rateKBps: 10 })], {}, { proxy: 'p' });
  relay.client(`${say('x'.repeat(1967))}\n`);
  expect(relay.sent().length).toBeLessThan(600);
  bench.advance(1000);
  expect(relay.sent().length).toBe(2000);
  expect(relay.times().at(-1)).toBeGreaterThanOrEqual(199);
  expect(relay.times().at(-1)).toBeLessThanOrEqual(201);
  relay.client(line('next'));
  bench.advance(100);
  expect(bench.control.readMeter().exact).toBe(true);
});

test('a slicer splits writes, and merges small ones while it waits', () => {
  const { bench, relay } = faulty([fault('slicer', { sliceBytes: 10, sliceVariation: 4, sliceDelayUs: 2000 })]);
  relay.client(line('split me into pieces'));
  bench.advance(100);
  expect(relay.sent()).toBe(line('split me into pieces'));
  const sizes = relay.commands.map((c) => c.text.length);
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(14);
  const merging = faulty([fault('slicer', { sliceBytes: 1000, sliceDelayUs: 5000 })]);
  merging.relay.client(line('one'));
  merging.bench.advance(2);
  merging.relay.client(line('two'));
  merging.bench.advance(20);
  expect(merging.relay.commands.map((c) => c.text)).toEqual([line('one') + line('two')]);
  expect(merging.bench.control.readMeter().exact).toBe(true);
});

test('loss, duplication, reordering and corruption act on datagrams', () => {
  const run = (f: Fault, count: number): { bench: Bench; relay: BenchRelay } => {
    const made = faulty([f], {}, { whole: true });
    for (let i = 0; i < count; i++) made.relay.client(say('x', i));
    made.bench.advance(2000);
    return made;
  };
  const lost = 100_000 - run(fault('loss', { toxicity: 0.1 }), 100_000).relay.commands.length;
  // Three standard deviations of a binomial of 100 000 at 10 %.
  expect(Math.abs(lost - 10_000)).toBeLessThan(285);
  expect(run(fault('duplicate'), 3).relay.sent()).toBe([0, 0, 1, 1, 2, 2].map((n) => say('x', n)).join(''));
  const reordered = run(fault('reorder', { behind: 1, when: 'seq == 1' }), 4).relay;
  expect(reordered.sent()).toBe([0, 2, 1, 3].map((n) => say('x', n)).join(''));
  const corrupt = run(fault('corrupt', { when: 'seq == 1' }), 3);
  const [first, second, third] = corrupt.relay.commands.map((c) => c.text);
  expect([first, third]).toEqual([say('x', 0), say('x', 2)]);
  expect(second).not.toBe(say('x', 1));
  expect(corrupt.bench.sink.frames[1]!.fate).toBe('edited');
  expect(corrupt.bench.control.readMeter().exact).toBe(true);
});

test('a fault finds its message: the second say after go, in every round', () => {
  const { relay } = faulty([fault('loss', { direction: 'toServer', when: 'message == "say"', nth: 2, after: 'go' })]);
  const go = '{"type":"go","host":"h","port":1,"token":"t"}\n';
  relay.client(line('a') + line('b') + line('c'));
  relay.server(go);
  relay.client(line('d') + line('e') + line('f'));
  relay.server(go);
  relay.client(line('g') + line('h') + line('i'));
  expect(relay.sent()).toBe([...'abcdfgi'].map((t) => line(t)).join(''));
});

test('a stall holds everything back for its time', () => {
  const { bench, relay } = faulty([fault('stall', { ms: 500, when: 'text == "now"' })]);
  relay.client(line('a') + line('now') + line('b'));
  expect(relay.sent()).toBe(line('a'));
  bench.advance(500);
  expect(relay.sent()).toBe(line('a') + line('now') + line('b'));
});

test('a connection is reset, half-closed or timed out after its time', () => {
  const run = (f: Fault): string[] => {
    const { bench, relay } = faulty([{ ...f, direction: 'toServer' }]);
    relay.client(line('x'));
    bench.advance(1000);
    return relay.commands.map((c) => `${c.at} ${c.what} ${c.direction}`);
  };
  expect(run(fault('reset', { ms: 300 }))).toEqual(['0 send toServer', '300 reset toServer', '300 reset toClient']);
  expect(run(fault('half-close', { ms: 300 }))).toEqual(['0 send toServer', '300 end toServer']);
  expect(run(fault('timeout', { ms: 300 }))).toEqual(['300 end toServer', '300 end toClient']);
  expect(run(fault('timeout', { ms: 0 }))).toEqual([]);
  expect(run(fault('reset', { ms: 100, when: 'text == "x"' }))).toEqual([
    '0 send toServer',
    '100 reset toServer',
    '100 reset toClient',
  ]);
});

test('slow close puts the end off, and refuse turns new connections away', () => {
  const { bench, relay } = faulty([fault('slow-close', { ms: 700 }), fault('refuse', { toxicity: 0.5, proxy: 'p' })]);
  relay.relay.ended('toServer');
  bench.advance(1000);
  expect(relay.commands).toMatchObject([{ at: 700, what: 'end' }]);
  const refused = Array.from({ length: 1000 }, (_, i) => bench.control.refuses('p', i)).filter(Boolean).length;
  expect(refused).toBeGreaterThan(420);
  expect(refused).toBeLessThan(580);
  expect(bench.control.refuses('q', 1)).toBe(false);
});

test('a timed scenario acts in its windows and repeats', () => {
  const { bench, relay } = faulty(
    [fault('loss', { from: 1, to: 2 }), fault('stall', { id: 'gap', ms: 500, from: 3, to: 3.5 })],
    { repeatAfter: 4 },
  );
  const passed: number[] = [];
  for (let i = 0; i < 80; i++) {
    const before = relay.sent().length;
    relay.client(line('x', i));
    if (relay.sent().length > before) passed.push(bench.time);
    bench.advance(100);
  }
  expect(passed.filter((t) => t % 4000 >= 1000 && t % 4000 < 2000)).toEqual([]);
  expect(passed.filter((t) => t % 4000 >= 3000 && t % 4000 < 3500)).toEqual([]);
  expect(passed.length).toBe(50);
  expect(bench.control.readMeter().exact).toBe(true);
});

test('a bandwidth window opens and closes on time', () => {
  const { bench, relay } = faulty([fault('bandwidth', { rateKBps: 1, from: 1, to: 2 })]);
  relay.client(line('free'));
  bench.advance(1100);
  relay.client(line('slow'));
  expect(relay.sent()).toBe(line('free'));
  bench.advance(2000);
  relay.client(line('free again'));
  expect(relay.times()).toHaveLength(3);
  expect(relay.times().at(-1)).toBe(3100);
});

test('the same seed and input give the identical decisions, another seed others', () => {
  const run = (seed: number): unknown => {
    const { bench, relay } = faulty(
      [
        fault('latency', { ms: 20, jitterMs: 20, toxicity: 0.5 }),
        fault('loss', { toxicity: 0.2 }),
        fault('corrupt', { toxicity: 0.2 }),
      ],
      { seed },
      { whole: true },
    );
    for (let i = 0; i < 300; i++) {
      relay.client(say('x', i));
      relay.server(say('y', i));
    }
    bench.advance(1000);
    return bench.decisions;
  };
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});

test('scope and direction are kept, and what is off is off', () => {
  const { bench, relay } = faulty([
    fault('loss', { id: 'a', proxy: 'other' }),
    fault('loss', { id: 'b', connection: 9 }),
    fault('loss', { id: 'c', enabled: false }),
    fault('loss', { id: 'd', direction: 'toClient' }),
  ]);
  relay.client(line('x').slice(0, 5));
  expect(relay.sent()).toBe(line('x').slice(0, 5));
  relay.server(line('x'));
  expect(relay.sent('toClient')).toBe('');
  expect(bench.decisions.map((d) => d.by)).toEqual(['d']);
});

test('a plan that cannot work is refused and the old one stays', () => {
  const bench = new Bench();
  bench.control.setFaults({ seed: 5, faults: [fault('latency', { ms: 1 })] });
  expect(() => bench.control.setFaults({ seed: 1, faults: [fault('latency')] })).toThrow(/latency needs ms/);
  expect(() => bench.control.setFaults({ seed: 1, faults: [fault('loss', { when: 'x ==' })] })).toThrow(/Fault loss/);
  expect(() => bench.control.setFaults({ seed: 1, faults: [fault('loss', { toxicity: 2 })] })).toThrow(
    /between 0 and 1/,
  );
  expect(bench.control.faults().seed).toBe(5);
});

test('every preset can be set', () => {
  const bench = new Bench();
  for (const preset of FAULT_PRESETS) {
    bench.control.setFaults(preset.plan);
    const relay = bench.relay();
    relay.client(line(preset.id));
    bench.advance(100_000);
    expect(relay.sent()).toBe(line(preset.id));
  }
  expect(FAULT_PRESETS.map((p) => p.id)).toEqual(['3g', 'bad-wifi', 'train', 'satellite', 'lag-spike']);
});
