import { expect, test } from 'vitest';
import { loadRecording } from '../../app/cli/load-recording.ts';
import { readProtocolChoice } from '../../app/cli/protocol-options.ts';
import { recordingPath } from '../../fixtures/captures/recording.ts';
import { makePlan } from '../replay/plan.ts';
import { readdressed } from './readdress.ts';

const choice = readProtocolChoice({ text: () => undefined, texts: () => [] });

test('every message that hands a client over leads elsewhere, and nothing else is changed', async () => {
  const { recording } = await loadRecording(recordingPath('mana/y2011-quick.pcap'), choice);
  const asked: number[] = [];
  const other = readdressed(recording, ({ port }) => {
    asked.push(port);
    return { address: '127.0.0.7', port: port + 10_000 };
  });
  const changed = recording.frames.filter(({ bytes }, i) => other.frames[i]!.bytes !== bytes);
  expect(new Set(changed.map(({ messages }) => messages[0]!.name))).toEqual(new Set(['APMSG_CHAR_SELECT_RESPONSE']));
  const plain = (value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);
  for (const frame of changed) {
    const now = other.frames.find(({ n }) => n === frame.n)!;
    for (const [key, value] of Object.entries(frame.messages[0]!.fields as Record<string, unknown>)) {
      const expected = key.endsWith('Address') ? '127.0.0.7' : key.endsWith('Port') ? Number(value) + 10_000 : value;
      expect([key, plain((now.messages[0]!.fields as Record<string, unknown>)[key])]).toEqual([key, plain(expected)]);
    }
  }
  // They are those by which the recording was handed over.
  const led = [...makePlan(recording).handedOver.values()].map(({ to }) => to.port);
  expect(led.length).toBeGreaterThan(1);
  expect(asked).toEqual(expect.arrayContaining(led));
});
