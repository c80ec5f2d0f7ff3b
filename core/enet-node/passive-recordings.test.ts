import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type PassiveEvent, PassiveObserver } from './wire.ts';
import { udpOfPcap } from './pcap-for-tests.ts';

const directory = new URL('./fixtures/', import.meta.url);

interface Expected {
  readonly frame: number;
  readonly src_port: number;
  readonly dst_port: number;
  readonly channel: number;
  readonly reliable: boolean;
  readonly length: number;
  readonly id: string;
}

function expectedOf(name: string): Expected[] {
  const text = readFileSync(new URL(`${name}.expected.jsonl`, directory), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Expected);
}

function follow(name: string, from = 0): PassiveEvent[] {
  const observer = new PassiveObserver();
  const events: PassiveEvent[] = [];
  for (const datagram of udpOfPcap(readFileSync(new URL(`${name}.pcap`, directory)))) {
    if (datagram.index >= from) events.push(...observer.observe(datagram));
  }
  return [...events, ...observer.finish()];
}

function packets(events: readonly PassiveEvent[]): (PassiveEvent & { kind: 'packet' })[] {
  return events.filter((event) => event.kind === 'packet');
}

for (const name of ['head-quick', 'y2011-quick']) {
  test(`the recording ${name} gives every message once, in order of completion`, () => {
    expect(existsSync(new URL(`${name}.pcap`, directory))).toBe(true);
    const found = packets(follow(name)).map((event) => ({
      frame: event.index,
      src_port: (event.fromClient ? event.connection.client : event.connection.server).port,
      dst_port: (event.fromClient ? event.connection.server : event.connection.client).port,
      channel: event.channel,
      reliable: event.reliable,
      length: event.data.length,
      id: `0x${((event.data[0]! << 8) | event.data[1]!).toString(16).padStart(4, '0')}`,
    }));
    const wanted = expectedOf(name).map(({ frame, src_port, dst_port, channel, reliable, length, id }) => {
      return { frame, src_port, dst_port, channel, reliable, length, id };
    });
    expect(found).toEqual(wanted);
  });
}
