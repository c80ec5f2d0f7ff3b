import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { looksLikeEnet } from './wire.ts';

const CAPTURES = new URL('../../fixtures/captures/mana/', import.meta.url);

test.each(['head-quick.pcap', 'y2011-quick.pcap'])('every datagram of a real session is known as ENet: %s', (name) => {
  const file = readFileSync(new URL(name, CAPTURES));
  let datagrams = 0;
  for (let at = 24; at + 16 <= file.length; ) {
    const size = file.readUInt32LE(at + 8);
    // Ethernet, IPv4 without options, UDP.
    expect(looksLikeEnet(file.subarray(at + 16 + 14 + 20 + 8, at + 16 + size)), `datagram ${datagrams + 1}`).toBe(true);
    datagrams++;
    at += 16 + size;
  }
  expect(datagrams).toBeGreaterThan(200);
});

test('other traffic is not taken for it, but for one datagram in thousands', () => {
  const others = [
    '123401000001000000000000076578616d706c6503636f6d0000010001',
    '2300000000000000',
    'ffffffff54536f7572636520456e67696e6520517565727900',
    '7b2274797065223a2270696e67227d',
    '00'.repeat(12),
    'ff'.repeat(12),
  ];
  for (const hex of others) expect(looksLikeEnet(Buffer.from(hex, 'hex')), hex).toBe(false);
  let state = 1;
  const byte = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  let taken = 0;
  for (let i = 0; i < 30_000; i++) if (looksLikeEnet(Uint8Array.from({ length: 6 + (i % 40) }, byte))) taken++;
  expect(taken).toBeLessThan(15);
});
