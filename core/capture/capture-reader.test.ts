import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaptureReader } from './capture-reader.ts';
import { PacketLayers } from './packet-layers.ts';

function pcap(little: boolean, nano: boolean, link: number, packets: readonly Uint8Array[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(24 + packets.reduce((n, p) => n + 16 + p.length, 0)));
  out.setUint32(0, nano ? 0xa1b23c4d : 0xa1b2c3d4, little);
  out.setUint16(4, 2, little);
  out.setUint16(6, 4, little);
  out.setUint32(16, 65_535, little);
  out.setUint32(20, link, little);
  let at = 24;
  for (const [i, p] of packets.entries()) {
    out.setUint32(at, 1_700_000_000 + i, little);
    out.setUint32(at + 4, nano ? 500_000_000 : 500_000, little);
    out.setUint32(at + 8, p.length, little);
    out.setUint32(at + 12, p.length + 7, little);
    new Uint8Array(out.buffer).set(p, at + 16);
    at += 16 + p.length;
  }
  return new Uint8Array(out.buffer);
}

function block(little: boolean, type: number, body: Uint8Array): Uint8Array {
  const size = 12 + ((body.length + 3) & ~3);
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(0, type, little);
  view.setUint32(4, size, little);
  new Uint8Array(view.buffer).set(body, 8);
  view.setUint32(size - 4, size, little);
  return new Uint8Array(view.buffer);
}
function words(little: boolean, ...values: readonly [32 | 16, number][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.reduce((n, [w]) => n + w / 8, 0)));
  let at = 0;
  for (const [width, value] of values) {
    if (width === 32) view.setUint32(at, value, little);
    else view.setUint16(at, value, little);
    at += width / 8;
  }
  return new Uint8Array(view.buffer);
}
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]));

test.each([
  [true, false],
  [false, false],
  [true, true],
  [false, true],
])('pcap, little endian %s, nanoseconds %s', (little, nano) => {
  const reader = new CaptureReader();
  const packets = reader.push(pcap(little, nano, 1, [new Uint8Array([1, 2, 3]), new Uint8Array([4])]));
  reader.end();
  expect(packets.map((p) => [p.n, p.time, [...p.bytes], p.length])).toEqual([
    [1, 1_700_000_000.5, [1, 2, 3], 10],
    [2, 1_700_000_001.5, [4], 8],
  ]);
  expect(reader.notes.problems).toEqual([]);
});

test.each([true, false])(
  'pcapng, little endian %s: interfaces of their own link and resolution, comments, drops, secrets',
  (le) => {
    const comment = new TextEncoder().encode('look here');
    const file = join(
      block(le, 0x0a0d0d0a, words(le, [32, 0x1a2b3c4d], [16, 1], [16, 0], [32, 0xffffffff], [32, 0xffffffff])),
      block(le, 1, words(le, [16, 1], [16, 0], [32, 0])),
      // if_tsresol = 9 (nanoseconds)
      block(le, 1, join(words(le, [16, 113], [16, 0], [32, 0], [16, 9], [16, 1]), new Uint8Array([9, 0, 0, 0]))),
      block(
        le,
        6,
        join(
          words(le, [32, 0], [32, 0], [32, 1_500_000], [32, 2], [32, 2]),
          new Uint8Array([7, 8, 0, 0]),
          words(le, [16, 1], [16, comment.length]),
          comment,
          new Uint8Array(3),
        ),
      ),
      block(
        le,
        6,
        join(words(le, [32, 1], [32, 0], [32, 2_500_000_000], [32, 1], [32, 1]), new Uint8Array([9, 0, 0, 0])),
      ),
      block(le, 0x99, new Uint8Array(8)),
      block(le, 10, join(words(le, [32, 0x544c534b], [32, 4]), new Uint8Array([1, 2, 3, 4]))),
      block(
        le,
        5,
        join(
          words(le, [32, 0], [32, 0], [32, 0], [16, 5], [16, 8]),
          le ? words(le, [32, 12], [32, 0]) : words(le, [32, 0], [32, 12]),
        ),
      ),
    );
    for (const size of [1, 7, file.length]) {
      const reader = new CaptureReader();
      const packets = [];
      for (let at = 0; at < file.length; at += size) packets.push(...reader.push(file.slice(at, at + size)));
      reader.end();
      expect(packets.map((p) => [p.link, p.time, [...p.bytes], p.comment])).toEqual([
        [1, 1.5, [7, 8], 'look here'],
        [113, 2.5, [9], undefined],
      ]);
      expect(reader.notes).toMatchObject({ dropped: 12, problems: [] });
      expect([...reader.notes.secrets[0]!.bytes]).toEqual([1, 2, 3, 4]);
    }
  },
);

test('a cut file gives its whole packets and says where it ends', () => {
  const reader = new CaptureReader();
  const packets = reader.push(pcap(true, false, 1, [new Uint8Array(50), new Uint8Array(50)]).slice(0, 100));
  reader.end();
  expect(packets).toHaveLength(1);
  expect(reader.notes.problems[0]).toContain('cut in the middle of packet 2');
});

test('other files are named as such', () => {
  const reader = new CaptureReader();
  reader.push(new TextEncoder().encode('not a capture at all'));
  reader.end();
  expect(reader.notes.problems[0]).toContain('neither a pcap nor a pcapng');
});

test('nothing a file or packet holds makes the readers throw', () => {
  const base = pcap(true, false, 1, [new Uint8Array(60).fill(0x45), new Uint8Array(60).fill(0x60)]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 12 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(0, 1, 101, 113, 276, 12),
      (flips, body, link) => {
        const file = base.slice();
        for (const [at, value] of flips) file[at] = value;
        const layers = new PacketLayers();
        const reader = new CaptureReader();
        for (const packet of reader.push(file)) layers.read(packet);
        layers.read({ n: 1, time: 0, link, bytes: body, length: body.length });
        reader.end();
      },
    ),
    { numRuns: 5000 },
  );
});
