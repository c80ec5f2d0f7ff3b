import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpAddress } from '../capture/ip-address.ts';
import { defineProtocol } from '../protocol/define-protocol.ts';
import { literal, object } from '../schema/builders.ts';
import { toHex } from '../schema/characters.ts';
import { writePcapng } from './pcapng.ts';
import { connection, joined, readCapture, sampleOfAllCarriers, source } from './sample-for-tests.ts';

const lines = defineProtocol({
  id: 'lines',
  title: 'Lines',
  transports: ['tcp', 'tls'],
  framing: { kind: 'lines' },
  messages: [{ name: 'line', direction: 'both', node: object({ type: literal('line') }) }],
  json: { discriminator: { key: 'type', keep: true } },
});
const choose = () => ({ protocol: lines, confidence: 1 });
const write = (of = sampleOfAllCarriers()): Uint8Array => joined(writePcapng(of, { application: 'Interpose test' }));

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

test('reading the file back gives the same connections and frames, for every carrier', () => {
  const sample = sampleOfAllCarriers();
  const back = readCapture(write(sample), choose);
  const named = sample.connections.map((c) => ({ ...c, protocol: 'lines' }));
  // Datagram carriers have no opening of their own on the wire: their connections begin with their first frame.
  const inOrder = back.connections.toSorted((a, b) => a.id - b.id);
  expect(inOrder.map((c) => ({ ...c, protocol: 'lines' }))).toEqual(named);
  const expected = [...sample.frames()].map(({ frame, waitedMs, mark, comment }) => ({
    ...frame,
    ...(waitedMs > 0 ? { waitedMs } : {}),
    ...(mark === undefined ? {} : { mark }),
    ...(comment === undefined ? {} : { comment }),
  }));
  expect(back.frames).toEqual(expected);
  expect(back.notes).toMatchObject({ problems: [], session: { title: 'Sample' } });
});

test('any frames of any size and time come back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          conn: fc.constantFrom(1, 2, 3),
          direction: fc.constantFrom('toServer' as const, 'toClient' as const),
          // An empty line is no frame, and a CR before the end of a line belongs to that end.
          bytes: fc
            .uint8Array({ minLength: 1, maxLength: 300 })
            .map((bytes) => bytes.map((b) => (b === 10 || b === 13 ? 11 : b))),
        }),
        { maxLength: 40 },
      ),
      (frames) => {
        const carriers = {
          1: {},
          2: { carrier: { opcode: 'binary', compressed: false, fragments: 1 } },
          3: {},
        } as const;
        const tails = { 1: { tail: Uint8Array.of(10) }, 2: {}, 3: {} } as const;
        const sample = source(
          [connection(1), connection(2, { transport: 'ws' }), connection(3, { transport: 'udp' })],
          frames.map((f) => ({ ...f, more: { ...carriers[f.conn as 1], ...tails[f.conn as 1] } })),
        );
        const back = readCapture(write(sample), choose);
        expect(back.frames).toEqual([...sample.frames()].map((each) => each.frame));
      },
    ),
    { numRuns: 150 },
  );
});

test('a hole in the recording stays one', () => {
  const sample = source(
    [connection(1)],
    [
      { conn: 1, direction: 'toServer', bytes: 'before', more: { tail: Uint8Array.of(10) } },
      { conn: 1, direction: 'toServer', bytes: '', more: { gapBefore: 100 } },
      { conn: 1, direction: 'toServer', bytes: 'behind', more: { tail: Uint8Array.of(10) } },
    ],
  );
  const back = readCapture(write(sample), choose);
  expect(back.frames.map((f) => [toHex(f.bytes).length / 2, f.gapBefore])).toEqual([
    [6, undefined],
    [0, 100],
    [6, undefined],
  ]);
});

test('a part of a session holds only its own connections, opened when first needed', () => {
  const whole = sampleOfAllCarriers();
  const some = {
    ...whole,
    isWhole: false,
    connections: whole.connections.filter((c) => c.id === 2),
    frames: () => [...whole.frames()].filter((each) => each.frame.conn === 2),
  };
  const back = readCapture(write(some), choose);
  expect(back.connections).toHaveLength(1);
  expect(back.connections[0]).toMatchObject({ transport: 'ws', opened: whole.connections[1]!.opened });
  expect(back.frames).toHaveLength(3);
});

test('nothing of the machine is in the file', () => {
  const text = new TextDecoder('latin1').decode(write());
  for (const word of [process.env.USER, process.env.HOSTNAME, 'Linux', 'x86', 'Intel', 'AMD'])
    if (word !== undefined && word.length > 3) expect(text).not.toContain(word);
});

test('addresses are read in every spelling', () => {
  expect([...parseIpAddress('127.0.0.1')!]).toEqual([127, 0, 0, 1]);
  expect([...parseIpAddress('::ffff:10.0.0.1')!]).toEqual([10, 0, 0, 1]);
  expect(parseIpAddress('fe80::1%eth0')).toHaveLength(16);
  expect([...parseIpAddress('1:2:3:4:5:6:7:8')!].filter((_, i) => i % 2 === 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  for (const bad of ['', 'localhost', '1.2.3', '1.2.3.400', ':::', '1:2', '1::2::3', 'g::'])
    expect(parseIpAddress(bad)).toBeUndefined();
});

test.skipIf(!hasTshark)(
  'tshark finds no malformed packet and no wrong checksum, and shows the payloads (skipped where tshark is not installed)',
  () => {
    const file = join(mkdtempSync(join(tmpdir(), 'interpose-test-')), 'sample.pcapng');
    const sample = sampleOfAllCarriers();
    writeFileSync(file, write(sample));
    const tshark = (...args: string[]): string[] =>
      execFileSync('tshark', ['-n', '-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .split('\n')
        .filter((line) => line !== '');
    const checks = ['tcp', 'udp', 'ip'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);
    const bad = 'tcp.checksum.status==0 || udp.checksum.status==0 || ip.checksum.status==0';
    expect(tshark(...checks, '-Y', `_ws.malformed || ${bad} || tcp.analysis.lost_segment`)).toEqual([]);
    const shown = (filter: string, field: string): string[] =>
      tshark('-Y', filter, '-T', 'fields', '-e', field).flatMap((line) => line.split(','));
    const frames = [...sample.frames()];
    const hexOf = (conn: number): string[] =>
      frames.filter((f) => f.frame.conn === conn).map((f) => toHex(f.frame.bytes));
    expect(shown('tcp.port==50001 && tcp.len>0', 'tcp.payload')).toEqual(hexOf(1).map((hex) => `${hex}0a`));
    // Behind the label of a line of text stands the text itself.
    expect(shown('tcp.port==50005 && websocket.payload', 'text')).toContain('safe');
    expect(shown('udp.port==50003', 'udp.payload').join('')).toBe(hexOf(3).join(''));
    expect(tshark('-Y', 'frame.comment contains "look here"')).toHaveLength(1);
  },
  30_000,
);
