import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { udpOfPcap } from './pcap-for-tests.ts';
import { COMMAND_LAYOUTS, type CommandName, type Datagram, readDatagram, writeDatagram } from './wire.ts';

const names = Object.keys(COMMAND_LAYOUTS) as CommandName[];

const commands = fc.array(
  fc
    .record({
      name: fc.constantFrom(...names),
      acknowledge: fc.boolean(),
      unsequenced: fc.boolean(),
      channel: fc.integer({ min: 0, max: 255 }),
      reliableSequence: fc.integer({ min: 0, max: 0xffff }),
      payload: fc.uint8Array({ maxLength: 60 }),
      numbers: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 13, maxLength: 13 }),
    })
    .map(({ numbers, payload, ...command }) => {
      const layout = COMMAND_LAYOUTS[command.name];
      const carries = layout.some(([field]) => field === 'dataLength');
      const values: Record<string, number> = {};
      for (const [index, [field, size]] of layout.entries()) {
        values[field] = field === 'dataLength' ? payload.length : numbers[index]! % 2 ** (8 * size);
      }
      return { ...command, values, ...(carries ? { payload } : {}) };
    }),
  { minLength: 1, maxLength: 8 },
);

const datagrams = fc.record({
  peerId: fc.integer({ min: 0, max: 0xfff }),
  sessionId: fc.integer({ min: 0, max: 3 }),
  sentTime: fc.integer({ min: 0, max: 0xffff }),
  compress: fc.boolean(),
  connectId: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
  commands,
});

/** Every range lies inside its parent, in order, and the commands cover the datagram without a hole. */
function checkRanges(datagram: Datagram): void {
  let position = Math.max(...datagram.header.map(({ end }) => end));
  for (const command of datagram.commands) {
    expect(command.start).toBe(position);
    let at = command.start;
    for (const field of command.fields) {
      expect(field.start).toBe(at);
      at = field.end;
    }
    if (command.payload !== undefined) {
      expect(command.payload.start).toBe(at);
      at = command.payload.end;
    }
    expect(command.end).toBe(at);
    position = at;
  }
  expect(datagram.consumed).toBe(position);
}

test('what is written is read back: every command, every field, with ranges that cover the datagram', () => {
  fc.assert(
    fc.property(datagrams, ({ connectId, ...datagram }) => {
      const checksummed = connectId !== undefined;
      const seed = datagram.peerId === 0xfff ? 0 : connectId;
      const bytes = writeDatagram({
        ...datagram,
        ...(seed === undefined || !checksummed ? {} : { checksumWith: seed }),
      });
      const read = readDatagram(bytes, checksummed ? { checksum: true, connectId } : {});
      expect(read.problem).toBeUndefined();
      expect([read.peerId, read.sessionId, read.sentTime]).toEqual([
        datagram.peerId,
        datagram.sessionId,
        datagram.sentTime,
      ]);
      expect(read.checksum?.valid).toBe(checksummed ? true : undefined);
      checkRanges(read);
      const again = read.commands.map(
        ({ name, acknowledge, unsequenced, channel, reliableSequence, values, payload }) => ({
          name,
          acknowledge,
          unsequenced,
          channel,
          reliableSequence,
          values,
          ...(payload === undefined ? {} : { payload: read.bytes.slice(payload.start, payload.end) }),
        }),
      );
      expect(again).toEqual(datagram.commands);
    }),
    { numRuns: 400, seed: 7 },
  );
});

test('a datagram cut anywhere still gives the commands before the cut and says what is missing', () => {
  const bytes = writeDatagram({
    peerId: 3,
    sentTime: 99,
    commands: [
      { name: 'acknowledge', values: { receivedSequence: 5 } },
      { name: 'sendReliable', acknowledge: true, payload: new Uint8Array(20) },
      {
        name: 'sendFragment',
        acknowledge: true,
        values: { fragmentCount: 2, totalLength: 30 },
        payload: new Uint8Array(15),
      },
    ],
  });
  for (let length = 0; length < bytes.length; length++) {
    const read = readDatagram(bytes.subarray(0, length));
    const whole = [4, 12, 38].includes(length);
    expect(read.problem === undefined).toBe(whole);
    expect(read.commands.length).toBe(length >= 38 ? 2 : length >= 12 ? 1 : 0);
    expect(read.consumed).toBeLessThanOrEqual(length);
  }
});

test('a wrong checksum is reported, and not judged when the connect id is unknown', () => {
  const bytes = writeDatagram({ peerId: 1, checksumWith: 77, commands: [{ name: 'ping' }] });
  expect(readDatagram(bytes, { checksum: true, connectId: 77 }).checksum?.valid).toBe(true);
  expect(readDatagram(bytes, { checksum: true, connectId: 78 }).checksum?.valid).toBe(false);
  expect(readDatagram(bytes, { checksum: true }).checksum?.valid).toBeUndefined();
});

test('every datagram of the recordings is read to its end; 1.3.0 states an impossible MTU and is taken as it is', () => {
  const mtus = new Set<number>();
  for (const name of ['head-quick', 'y2011-quick']) {
    for (const { bytes } of udpOfPcap(readFileSync(new URL(`./fixtures/${name}.pcap`, import.meta.url)))) {
      const read = readDatagram(bytes);
      expect(read.problem).toBeUndefined();
      checkRanges(read);
      for (const command of read.commands) if (command.name === 'verifyConnect') mtus.add(command.values['mtu']!);
    }
  }
  expect([...mtus].toSorted((a, b) => a - b)).toEqual([1400, 91_750_400]);
});
