import { expect, test } from 'vitest';
import { createDice } from '../traffic/clock.ts';
import { Bench } from './bench-for-tests.ts';
import { type Codec, createMessageCodec, createStreamCodecs } from './codec.ts';
import { isLoopback, parseEndpointUrl, parseHostPort, printEndpointUrl } from './endpoint-url.ts';
import { createMeter } from './meter.ts';
import { say, TOY } from './toy-for-tests.ts';

const line = (text: string, n = 1): string => `${say(text, n)}\n`;
const OTHER = { ...TOY, id: 'other', framing: { kind: 'nul' as const }, recognise: () => 0 };

test('a million mixed messages in random pieces pass without one byte or place changed', () => {
  const bench = new Bench();
  const dice = createDice(11);
  // Only the last commands are looked at: the meter does the comparing.
  const relay = bench.relay({ protocol: { ...TOY, handoffs: [], correlations: [] } });
  bench.sink.frame = () => 1;
  const frames = [1, 7, 40, 200].map((size) => new TextEncoder().encode(`${'m'.repeat(size)}\n`));
  const block = new Uint8Array(frames.reduce((sum, f) => sum + f.length, 0) * 25);
  let at = 0;
  while (at < block.length) {
    for (const f of frames) {
      block.set(f, at);
      at += f.length;
    }
  }
  for (let sent = 0; sent < 1_000_000; sent += 100) {
    for (let from = 0; from < block.length; ) {
      const to = Math.min(block.length, from + 1 + dice.below(3000));
      relay.relay.received('toServer', block.subarray(from, to));
      from = to;
    }
    if (sent % 50_000 === 0) {
      const isOn = (sent / 50_000) % 5 === 1;
      bench.control.setRules(
        isOn ? [{ id: 'no', enabled: true, when: 'frame.size == 9999', actions: [{ do: 'drop' }] }] : [],
      );
    }
    relay.commands.length = 0;
  }
  expect(bench.control.readMeter()).toMatchObject({
    exact: true,
    frames: 1_000_000,
    changedOnPurpose: 0,
    bytes: block.length * 10_000,
  });
});

test('with nothing active every chunk goes on at once, as large as it came', () => {
  const bench = new Bench();
  const relay = bench.relay({ protocol: { ...TOY, handoffs: [], correlations: [] } });
  const chunks = [line('a').slice(0, 3), line('a').slice(3) + line('b'), '\n', line('c') + line('d').slice(0, 7)];
  for (const chunk of chunks) relay.client(chunk);
  expect(relay.commands.map((c) => c.text)).toEqual(chunks);
  bench.control.setRules([{ id: 'off', enabled: false, when: '', actions: [{ do: 'drop' }] }]);
  bench.control.setFaults({ seed: 1, faults: [{ id: 'elsewhere', kind: 'loss', enabled: true, proxy: 'another' }] });
  relay.client(line('d').slice(7, 9));
  expect(relay.commands.at(-1)!.text).toBe(line('d').slice(7, 9));
});

test('the meter sees a lost byte, a changed byte, a swapped order and a frame that never left', () => {
  const check = (act: (lane: ReturnType<ReturnType<typeof createMeter>['lane']>) => void): boolean => {
    const meter = createMeter();
    act(meter.lane(false));
    return meter.read().exact;
  };
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  expect(
    check((lane) => {
      lane.came(bytes(1, 2, 3));
      lane.came(bytes(4, 5));
      lane.went(bytes(1));
      lane.went(bytes(2, 3, 4, 5));
    }),
  ).toBe(true);
  expect(
    check((lane) => {
      lane.came(bytes(1, 2, 3));
      lane.went(bytes(1, 2, 4));
    }),
  ).toBe(false);
  expect(
    check((lane) => {
      lane.came(bytes(1, 2));
      lane.went(bytes(1, 2, 3));
    }),
  ).toBe(false);
  expect(
    check((lane) => {
      const first = lane.arrived([bytes(1, 2)]);
      const second = lane.arrived([bytes(3, 4)]);
      lane.settle(second, true);
      lane.went(bytes(3, 4));
      lane.settle(first, true);
      lane.went(bytes(1, 2));
    }),
  ).toBe(false);
  expect(
    check((lane) => {
      const dropped = lane.arrived([bytes(1, 2)]);
      const kept = lane.arrived([bytes(3, 4)]);
      lane.settle(dropped, false);
      lane.settle(kept, true);
      lane.went(bytes(3, 4));
    }),
  ).toBe(true);
  const whole = createMeter();
  const lane = whole.lane(true);
  lane.came(bytes(1, 2));
  lane.came(bytes(3));
  lane.went(bytes(1));
  lane.went(bytes(2, 3));
  expect(whole.read().exact).toBe(false);
});

test('latency percentiles come out near what was measured', () => {
  const meter = createMeter();
  const lane = meter.lane(false);
  for (let i = 1; i <= 1000; i++) lane.took(i / 1000);
  const { p50Ms, p99Ms } = meter.read();
  expect(p50Ms).toBeGreaterThan(0.45);
  expect(p50Ms).toBeLessThan(0.56);
  expect(p99Ms).toBeGreaterThan(0.95);
  expect(p99Ms).toBeLessThan(1.1);
});

test('a protocol is recognised while the bytes already pass, and the frames are recorded with the time they came', () => {
  const bench = new Bench();
  const relay = bench.relay({ protocol: [OTHER, TOY] });
  relay.client('{"type":');
  expect(relay.sent()).toBe('{"type":');
  bench.advance(50);
  relay.client(`"say","text":"late","seq":1}\n${line('b')}`);
  expect(bench.sink.connections.get(1)!.protocol).toBe('toy');
  expect(bench.sink.texts()).toEqual([say('late'), say('b')]);
  relay.server(line('answer'));
  expect(bench.sink.frames.map((f) => f.mono)).toEqual([50_000, 50_000, 50_000]);
});

test('bytes nobody is sure about are recorded after a while', () => {
  const bench = new Bench();
  const relay = bench.relay({ protocol: [{ ...TOY, recognise: () => 0.2 }] });
  relay.client(line('a'));
  bench.advance(299);
  expect(bench.sink.frames).toEqual([]);
  bench.advance(1);
  expect(bench.sink.texts()).toEqual([say('a')]);
  expect(bench.sink.frames[0]!.mono).toBe(0);
});

test('rules act on the very first frame when its protocol is recognised by it', () => {
  const bench = new Bench();
  bench.control.setRules([{ id: 'r', enabled: true, when: 'text == "first"', actions: [{ do: 'drop' }] }]);
  const relay = bench.relay({ protocol: [TOY] });
  relay.client(line('first') + line('second'));
  expect(relay.sent()).toBe(line('second'));
});

test('another protocol may be put in place of the one in use', () => {
  const bench = new Bench();
  const relay = bench.relay();
  relay.client(`${line('x')}half`);
  relay.relay.decodeAs(OTHER);
  relay.client('a\0b\0');
  expect(relay.sent()).toBe(`${line('x')}halfa\0b\0`);
  expect(bench.sink.texts()).toEqual([say('x'), 'half', 'a', 'b']);
  expect(bench.sink.connections.get(1)!.protocol).toBe('other');
  expect(bench.control.readMeter().exact).toBe(true);
});

test('a dissector that throws costs its meaning, not the frame', () => {
  const bench = new Bench();
  const broken = {
    ...TOY,
    dissect: () => {
      throw new Error('oh no');
    },
  };
  bench.control.setRules([{ id: 'r', enabled: true, when: 'text == "x"', actions: [{ do: 'drop' }] }]);
  const relay = bench.relay({ protocol: broken });
  relay.client(line('x') + line('y'));
  expect(relay.sent()).toBe(line('x') + line('y'));
  expect(bench.sink.remarks[0]!.info.text).toMatch(/went on as it came: oh no/);
});

test('a codec that throws is taken out of the road', () => {
  const bench = new Bench();
  const broken = (): Codec => ({
    ...createMessageCodec(),
    push: () => {
      throw new Error('cannot cut');
    },
  });
  bench.control.setRules([
    { id: 'r', enabled: true, when: 'text == "x"', direction: 'toServer', actions: [{ do: 'drop' }] },
  ]);
  const protocol = { ...TOY, handoffs: [], correlations: [] };
  const relay = bench.relay({ protocol, codecs: { toServer: broken(), toClient: broken() } });
  relay.client('one');
  relay.client('two');
  relay.server('three');
  relay.server('four');
  expect(relay.sent()).toBe('onetwo');
  expect(relay.sent('toClient')).toBe('threefour');
  expect(bench.sink.texts()).toEqual(['one', 'two', 'three', 'four']);
  expect(bench.sink.remarks.map((r) => r.info.text)).toEqual(Array(2).fill('Frames are no longer cut: cannot cut'));
  expect(bench.control.readMeter().exact).toBe(true);
});

test('a reset is passed on after what came before it', () => {
  const bench = new Bench();
  bench.control.setFaults({ seed: 1, faults: [{ id: 'slow', kind: 'latency', enabled: true, ms: 50 }] });
  const relay = bench.relay();
  relay.client(line('last'));
  relay.relay.wasReset('toServer');
  expect(relay.commands).toEqual([]);
  bench.advance(100);
  expect(relay.commands.map((c) => `${c.at} ${c.what} ${c.direction}`)).toEqual([
    '50 send toServer',
    '50 reset toServer',
  ]);
});

test('an edited frame keeps its delimiters, or gets the ones its length asks for', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const text = (b: Uint8Array): string => new TextDecoder().decode(b);
  const lines = createStreamCodecs({ kind: 'lines' }).toServer;
  const [unit] = lines.push(bytes('one\r\n'));
  expect(text(lines.wrap(bytes('two'), {}, unit))).toBe('two\r\n');
  expect(text(lines.wrap(bytes('two'), {}))).toBe('two\n');
  const prefixed = createStreamCodecs({ kind: 'length-prefix', size: 2, endian: 'be' }).toServer;
  const [first] = prefixed.push(Uint8Array.of(0, 2, 104, 105));
  expect(first).toMatchObject({ head: Uint8Array.of(0, 2), payload: bytes('hi') });
  expect(prefixed.wrap(bytes('hello'), {}, first)).toEqual(Uint8Array.of(0, 5, ...bytes('hello')));
  const both = createStreamCodecs({
    kind: 'detect',
    candidates: [
      { kind: 'length-prefix', size: 4, endian: 'be' },
      { kind: 'length-prefix', size: 4, endian: 'le' },
    ],
  });
  both.toServer.push(Uint8Array.of(2, 0, 0, 0, 104, 105, 1, 0, 0, 0, 33));
  expect(both.toClient.wrap(bytes('yes'), {})).toEqual(Uint8Array.of(3, 0, 0, 0, ...bytes('yes')));
});

test('endpoint URLs are read and printed, and say what is wrong with them', () => {
  expect(parseEndpointUrl('tcp://[::1]:7000')).toEqual({ scheme: 'tcp', host: '::1', port: 7000, path: '' });
  expect(parseEndpointUrl('ws://game.example/play?x=1')).toEqual({
    scheme: 'ws',
    host: 'game.example',
    port: 80,
    path: '/play?x=1',
  });
  expect(printEndpointUrl(parseEndpointUrl('wss://[fe80::1]:8443/a'))).toBe('wss://[fe80::1]:8443/a');
  for (const [text, why] of [
    ['127.0.0.1:7000', /not an endpoint URL/],
    ['ftp://x:1', /scheme must be one of/],
    ['tcp://:7000', /names no host/],
    ['tcp://host', /names no port/],
    ['tcp://host:70000', /above 65535/],
  ] as const)
    expect(() => parseEndpointUrl(text)).toThrow(why);
  expect(parseHostPort('[::1]:5')).toEqual({ host: '::1', port: 5 });
  expect(parseHostPort('nothing')).toBeUndefined();
  expect(['127.8.0.1', '::1', 'localhost', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
  expect(['10.0.0.1', '0.0.0.0', 'example.com'].some(isLoopback)).toBe(false);
});
