import { expect, test } from 'vitest';
import { Bench } from './bench-for-tests.ts';
import { say } from './toy-for-tests.ts';

const line = (text: string, n = 1): string => `${say(text, n)}\n`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const stop = { id: 'b', filter: 'text == "stop"', enabled: true, limitMs: 30_000, onLimit: 'forward' as const };

test('a held frame stops its direction, keeps the order, and the other direction goes on', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, direction: 'toServer' }]);
  const { client, server, sent } = bind(bench);
  client(line('go') + line('stop') + line('later'));
  server(line('stop'));
  expect(sent('toServer')).toBe(line('go'));
  expect(sent('toClient')).toBe(line('stop'));
  expect(bench.control.held()).toMatchObject([
    { n: 2, direction: 'toServer', breakpoint: 'b', message: 'say', size: say('stop').length },
  ]);
  expect(bench.sink.frames[1]!.fate).toBe('held');
  bench.advance(250);
  expect(bench.control.decide([2], { action: 'forward' })).toBe(1);
  expect(sent('toServer')).toBe(line('go') + line('stop') + line('later'));
  expect(bench.sink.frames[1]).toMatchObject({ fate: 'forwarded', heldMs: 250 });
  expect(bench.sink.frames[2]).toMatchObject({ fate: 'forwarded', heldMs: 250 });
  expect(bench.control.held()).toEqual([]);
  expect(bench.control.decide([2], { action: 'forward' })).toBe(0);
  expect(bench.control.readMeter()).toMatchObject({ exact: true, changedOnPurpose: 0 });
});

function bind(bench: Bench): {
  client(t: string): void;
  server(t: string): void;
  sent(d: 'toServer' | 'toClient'): string;
} {
  const relay = bench.relay();
  return { client: (t) => relay.client(t), server: (t) => relay.server(t), sent: (d) => relay.sent(d) };
}

test('a held frame can be edited, dropped or duplicated; the original is kept', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, filter: '' }]);
  const { client, sent } = bind(bench);
  client(line('a') + line('b') + line('c') + line('d'));
  bench.control.decide([1], { action: 'edit', bytes: bytes(say('A', 100)) });
  bench.control.decide([2], { action: 'drop' });
  bench.control.decide([3], { action: 'duplicate', times: 2 });
  bench.control.decide([4], { action: 'edit', bytes: bytes(say('d')) });
  expect(sent('toServer')).toBe(line('A', 100) + line('c').repeat(3) + line('d'));
  expect(bench.sink.frames.map((f) => f.fate)).toEqual(['edited', 'dropped', 'duplicated', 'forwarded']);
  expect(bench.sink.frames[0]!.bytes).toEqual(bytes(say('a')));
  expect(bench.sink.frames[0]!.sent).toEqual(bytes(say('A', 100)));
  expect(bench.control.readMeter().exact).toBe(true);
});

test('a hold ends by itself with the outcome chosen', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 1000, onLimit: 'drop' }]);
  const { client, sent } = bind(bench);
  client(line('stop') + line('next'));
  expect(bench.control.held()[0]!.until).toBeCloseTo(1_000_001, 3);
  bench.advance(999);
  expect(sent('toServer')).toBe('');
  bench.advance(1);
  expect(sent('toServer')).toBe(line('next'));
  expect(bench.sink.frames[0]).toMatchObject({ fate: 'dropped', heldMs: 1000 });
});

test('a held frame may be given more time, or all the time there is', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 1000, onLimit: 'drop' }]);
  const { client, sent } = bind(bench);
  client(line('stop'));
  const until = bench.control.held()[0]!.until!;
  expect(bench.control.extend([1, 7], 2000)).toBe(1);
  expect(bench.control.held()[0]!.until).toBeCloseTo(until + 2, 3);
  bench.advance(2999);
  expect(bench.control.held()).toHaveLength(1);
  bench.control.extend([1], 0);
  expect(bench.control.held()[0]!.until).toBeUndefined();
  bench.advance(3_600_000);
  expect(sent('toServer')).toBe('');
  expect(bench.control.extend([1], 5000)).toBe(1);
  expect(bench.control.held()[0]!.until).toBeUndefined();
  bench.control.releaseAll();
  expect(sent('toServer')).toBe(line('stop'));
  expect(bench.control.extend([1], 5000)).toBe(0);
});

test('time given to a held frame is over some day', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 1000, onLimit: 'drop' }]);
  const { client } = bind(bench);
  client(line('stop'));
  bench.control.extend([1], 2000);
  bench.advance(3000);
  expect(bench.control.held()).toEqual([]);
  expect(bench.sink.frames[0]).toMatchObject({ fate: 'dropped', heldMs: 3000 });
});

test('a hold without limit waits for as long as it takes', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 0 }]);
  const { client, sent } = bind(bench);
  client(line('stop'));
  bench.advance(3_600_000);
  expect(sent('toServer')).toBe('');
  expect(bench.control.releaseAll()).toBe(1);
  expect(sent('toServer')).toBe(line('stop'));
});

test('panic releases everything, passes raw, and turning it off restores rules', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 0 }]);
  bench.control.setRules([{ id: 'r', enabled: true, when: 'text == "x"', actions: [{ do: 'drop' }] }]);
  bench.control.setFaults({ seed: 1, faults: [{ id: 'slow', kind: 'latency', enabled: true, ms: 5000 }] });
  const { client, sent } = bind(bench);
  client(line('stop') + line('later') + '{"type":"sa');
  expect(sent('toServer')).toBe('');
  bench.control.setPanic(true);
  expect(sent('toServer')).toBe(`${line('stop')}${line('later')}{"type":"sa`);
  client(`y","text":"x","seq":1}\n${line('x')}`);
  expect(sent('toServer').endsWith(line('x') + line('x'))).toBe(true);
  bench.control.setPanic(false);
  bench.control.setFaults({ seed: 1, faults: [] });
  client(line('x'));
  expect(bench.sink.frames.map((f) => f.fate)).toEqual(['forwarded', 'delayed', 'forwarded', 'forwarded', 'dropped']);
  expect(bench.control.readMeter().exact).toBe(true);
});

test('nothing is held, and what is held goes on, when nobody is there to decide', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 0 }]);
  const { client, sent } = bind(bench);
  client(line('stop'));
  bench.control.setAttended(false);
  client(line('stop', 2));
  expect(sent('toServer')).toBe(line('stop') + line('stop', 2));
  bench.control.setAttended(true);
  client(line('stop', 3));
  expect(bench.control.held().length).toBe(1);
});

test('frames held from several clients are released in the commanded order within one tick', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 0 }]);
  const relays = [bench.relay(), bench.relay(), bench.relay()];
  relays.forEach((relay, i) => relay.client(line('stop', i)));
  bench.advance(40);
  expect(bench.control.release([3, 1, 99, 2])).toEqual([3, 1, 2]);
  const order = relays.flatMap((relay, i) => relay.commands.map((c) => ({ i, at: c.at })));
  expect(order.every((o) => o.at === 40)).toBe(true);
  expect(bench.sink.frames.every((f) => f.heldMs === 40)).toBe(true);
});

test('an end waits behind what is held, and a lost destination drops it', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([{ ...stop, limitMs: 0 }]);
  const one = bench.relay();
  one.client(line('stop'));
  one.relay.ended('toServer');
  expect(one.commands).toEqual([]);
  bench.control.releaseAll();
  expect(one.commands.map((c) => c.what)).toEqual(['send', 'end']);
  const two = bench.relay();
  two.client(line('stop'));
  two.relay.closed();
  expect(bench.control.held()).toEqual([]);
  expect(bench.sink.frames[1]!.fate).toBe('dropped');
});

test('a frame whose first bytes are gone is let through as it is when a hold begins', () => {
  const bench = new Bench();
  const { client, sent } = bind(bench);
  client(line('stop').slice(0, 10));
  bench.control.setBreakpoints([stop]);
  client(`${line('stop').slice(10)}${line('stop', 2)}`);
  expect(sent('toServer')).toBe(line('stop'));
  expect(bench.control.held().map((h) => h.n)).toEqual([2]);
});

test('a frame that never ends is let go after a while', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([stop]);
  const { client, sent } = bind(bench);
  client('no newline here');
  bench.advance(4999);
  expect(sent('toServer')).toBe('');
  bench.advance(1);
  expect(sent('toServer')).toBe('no newline here');
  client(`, yet\n${line('stop')}`);
  expect(sent('toServer')).toBe('no newline here, yet\n');
  expect(bench.control.readMeter().exact).toBe(true);
});

test('injected frames land at a boundary, ahead of what is held', () => {
  const bench = new Bench();
  const relay = bench.relay();
  relay.client(line('whole') + line('split').slice(0, 5));
  const [n] = relay.relay.inject({ connection: 1, direction: 'toServer', bytes: bytes(say('ours')) });
  expect(relay.sent()).toBe(line('whole') + line('split').slice(0, 5));
  relay.client(line('split').slice(5) + line('after'));
  expect(relay.sent()).toBe(line('whole') + line('split') + line('ours') + line('after'));
  expect(bench.sink.frames[n! - 1]).toMatchObject({ origin: 'injected', fate: 'forwarded' });
  bench.control.setBreakpoints([stop]);
  relay.client(line('stop'));
  relay.relay.inject({ connection: 1, direction: 'toServer', bytes: bytes(say('first')) });
  expect(relay.sent().endsWith(line('after') + line('first'))).toBe(true);
  expect(bench.control.readMeter().exact).toBe(true);
});

test('an injection repeats as a burst or at an interval', () => {
  const bench = new Bench();
  const relay = bench.relay();
  const inject = { connection: 1, direction: 'toClient' as const, bytes: bytes(say('tick')) };
  expect(relay.relay.inject({ ...inject, repeat: 3 }).length).toBe(3);
  expect(relay.relay.inject({ ...inject, repeat: 3, intervalMs: 100 }).length).toBe(1);
  bench.advance(1000);
  expect(relay.times('toClient')).toEqual([0, 0, 0, 0, 100, 200]);
});

test('the answer to an injected request can be absorbed, so that a lock step goes on', () => {
  const bench = new Bench();
  const relay = bench.relay();
  relay.relay.inject({ connection: 1, direction: 'toServer', bytes: bytes('{"type":"ask"}'), absorbAnswer: true });
  relay.server(line('news'));
  relay.server('{"type":"answer"}\n');
  relay.server('{"type":"answer"}\n');
  expect(relay.sent('toClient')).toBe(`${line('news')}{"type":"answer"}\n`);
  expect(bench.sink.frames[2]).toMatchObject({ fate: 'dropped', touchedBy: ['absorbed answer'] });
});

test('a script may edit, drop or pass, and one that does not answer costs a second', () => {
  const bench = new Bench();
  const relay = bench.relay();
  bench.control.setInterceptor({
    wants: (_connection, direction) => direction === 'toServer',
    frame: (subject, answer) => {
      const [fields] = subject.fields as [{ text: string }];
      if (fields.text === 'edit') answer({ action: 'edit', bytes: bytes(say('EDIT')) });
      else if (fields.text === 'drop') answer({ action: 'drop' });
      else if (fields.text !== 'silent') answer({ action: 'forward' });
    },
  });
  relay.client(line('edit') + line('drop') + line('pass') + line('silent') + line('pass'));
  expect(relay.sent()).toBe(line('EDIT') + line('pass'));
  expect(bench.control.held()).toEqual([]);
  bench.advance(1000);
  expect(relay.sent()).toBe(line('EDIT') + line('pass') + line('silent') + line('pass'));
  bench.control.setInterceptor(undefined);
  relay.client(line('drop'));
  expect(relay.sent().endsWith(line('drop'))).toBe(true);
});

test('a broken filter is refused with its place', () => {
  const bench = new Bench();
  expect(() => bench.control.setBreakpoints([{ ...stop, filter: 'text == ' }])).toThrow(/Breakpoint b: .*at \d+/);
  expect(() => bench.control.decide([1], { action: 'edit' } as never)).toThrow(/needs the bytes/);
});

test('frames can be held while nothing is recorded', () => {
  const bench = new Bench();
  bench.control.setBreakpoints([stop]);
  const relay = bench.relay();
  bench.sink.frame = () => 0;
  relay.client(line('stop') + line('stop', 2) + line('later'));
  const held = bench.control.held().map((h) => h.n);
  expect(new Set(held).size).toBe(2);
  bench.control.decide([held[0]!], { action: 'drop' });
  expect(relay.sent()).toBe('');
  bench.control.decide([held[1]!], { action: 'forward' });
  expect(relay.sent()).toBe(line('stop', 2) + line('later'));
});
