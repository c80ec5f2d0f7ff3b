import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Segment } from './packet-layers.ts';
import { routeOf } from './route.ts';
import { TcpReassembly } from './tcp-reassembly.ts';

let clock = 0;
function segment(sequence: number, data: string | Uint8Array, flags: Partial<Segment> = {}): Segment {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const n = ++clock;
  return {
    kind: 'tcp',
    packet: { n, time: n, link: 1, bytes, length: bytes.length },
    route: routeOf({ address: 'a', port: 1 }, { address: 'b', port: 2 }),
    sequence: sequence >>> 0,
    acknowledgement: 0,
    syn: false,
    ack: false,
    fin: false,
    rst: false,
    data: bytes,
    missing: 0,
    ...flags,
  };
}
const text = (events: ReturnType<TcpReassembly['push']>): string =>
  events.map((e) => (e.kind === 'data' ? new TextDecoder().decode(e.bytes) : `<${e.kind}>`)).join('');
const feed = (segments: readonly Segment[]): string => {
  const tcp = new TcpReassembly();
  return text([...segments.flatMap((s) => tcp.push(s, true)), ...tcp.end(0, 0)]);
};

test('any segmentation, order, repetition and overlap gives each byte once, also across the wrap of sequence numbers', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.constantFrom(0, 1000, 0xffffffff, 0xfffffff0, 0x7ffffff0),
      fc.array(fc.tuple(fc.nat(200), fc.nat(60)), { maxLength: 20 }),
      fc.integer(),
      (stream, isn, extra, seed) => {
        const pieces: [number, number][] = extra.map(([from, length]) => [
          Math.min(from, stream.length - 1),
          length + 1,
        ]);
        for (let at = 0; at < stream.length; at += 17) pieces.push([at, 17]);
        // A seeded shuffle.
        let state = seed >>> 0;
        const shuffled = pieces
          .map((p) => ({ p, key: (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) }))
          .sort((a, b) => a.key - b.key);
        const tcp = new TcpReassembly();
        const events = [...tcp.push(segment(isn, '', { syn: true }), true)];
        for (const {
          p: [from, length],
        } of shuffled)
          events.push(...tcp.push(segment(isn + 1 + from, stream.slice(from, from + length)), true));
        expect(events.every((e) => e.kind === 'data')).toBe(true);
        expect(events.flatMap((e) => (e.kind === 'data' ? [...e.bytes] : []))).toEqual([...stream]);
      },
    ),
    { numRuns: 500 },
  );
});

test('a hole that stays is a gap, and the stream goes on behind it', () => {
  expect(feed([segment(100, '', { syn: true }), segment(101, 'abc'), segment(107, 'ghi')])).toBe('abc<gap>ghi');
});

test('a hole the receiver acknowledged is given up before the end', () => {
  const tcp = new TcpReassembly();
  tcp.push(segment(100, '', { syn: true }), true);
  tcp.push(segment(104, 'def'), true);
  const events = Array.from({ length: 80 }, () =>
    tcp.push(segment(1, '', { ack: true, acknowledgement: 107 }), false),
  ).flat();
  expect(events[0]).toMatchObject({ kind: 'gap', missing: 3 });
  expect(text(events)).toBe('<gap>def');
});

test('starting in the middle works', () => {
  expect(feed([segment(5000, 'mid'), segment(5003, 'dle')])).toBe('middle');
});

test('repeated bytes with other content are remarked, a keep-alive is not', () => {
  expect(feed([segment(1, 'hello'), segment(1, 'hellO')])).toBe('hello<remark>');
  expect(feed([segment(1, 'hello'), segment(5, '\0')])).toBe('hello');
});

test('both ends closing, in either order, ends both directions; a reset ends them at once', () => {
  const tcp = new TcpReassembly();
  tcp.push(segment(1, 'x', { fin: true }), true);
  const events = tcp.push(segment(9, 'y', { fin: true }), false);
  expect(text(events)).toBe('y<ended>');
  expect(tcp.isOver).toBe(true);
  const other = new TcpReassembly();
  other.push(segment(1, 'x'), true);
  expect(other.push(segment(2, '', { rst: true }), true)).toMatchObject([{ kind: 'ended', how: 'reset' }]);
});

test('what waits behind a hole is bounded', () => {
  const tcp = new TcpReassembly();
  tcp.push(segment(0, '', { syn: true }), true);
  let gaps = 0;
  for (let i = 0; i < 10_000; i++)
    gaps += tcp.push(segment(100 + 2 * i, 'z'), true).filter((e) => e.kind === 'gap').length;
  expect(gaps).toBeGreaterThan(0);
});

test('bytes sent again are compared with those delivered, as far back as they are remembered', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(1, 0xfffff000, 0x7fffff00),
      fc.nat(),
      fc.nat(3000),
      fc.option(fc.nat()),
      (sizes, isn, place, length, wrongAt) => {
        const tcp = new TcpReassembly();
        const total = sizes.reduce((a, b) => a + b, 0);
        const stream = Uint8Array.from({ length: total }, (_, i) => (i * 7 + (i >> 8)) & 255);
        let at = 0;
        for (const size of sizes) {
          tcp.push(segment(isn + at, stream.subarray(at, at + size)), true);
          at += size;
        }
        const from = place % total;
        // A lone byte before the next one is a keep-alive, whatever it holds.
        const again = stream.slice(from, from + Math.max(2, length));
        if (again.length < 2) return;
        const wrong = wrongAt === null ? undefined : wrongAt % again.length;
        if (wrong !== undefined) again[wrong]! ^= 1;
        const events = tcp.push(segment(isn + from, again), true);
        const isRemembered = wrong !== undefined && total - (from + wrong) <= 64 * 1024;
        expect(events.map((e) => e.kind)).toEqual(isRemembered ? ['remark'] : []);
      },
    ),
    { numRuns: 200 },
  );
});
