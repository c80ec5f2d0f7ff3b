import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTraffic } from '../../core/engine/files/read-traffic.ts';
import type { CarrierCommands, TrafficSink } from '../../core/traffic/sink.ts';
import { BatchSink, sayBatch } from './frame-batch.ts';
import { readProtocolChoice } from './protocol-options.ts';
import { readOnThread } from './read-on-thread.ts';

const CAPTURES = join(import.meta.dirname, '../../fixtures/captures');
const NAMES = ['mjsonp/game.pcap', 'mana/head-quick.pcap', 'muddery/muddery080_webclient.pcap'];
const choice = readProtocolChoice({ text: () => undefined, texts: () => [] });

/** Keeps all it is told, in order. */
class Witness implements TrafficSink {
  readonly isFull = false;
  readonly told: unknown[] = [];
  #connections = 0;
  #frames = 0;
  onDrain(): void {
    // Never full.
  }
  nextConnectionId(): number {
    return ++this.#connections;
  }
  opened(...told: unknown[]): void {
    this.told.push(['opened', ...told]);
  }
  changed(...told: unknown[]): void {
    this.told.push(['changed', ...told]);
  }
  closed(...told: unknown[]): void {
    this.told.push(['closed', ...told]);
  }
  update(...told: unknown[]): void {
    this.told.push(['update', ...told]);
  }
  commands({ headers, ...told }: CarrierCommands): void {
    this.told.push(['commands', told, Buffer.from(headers).toString('hex')]);
  }
  remark(...told: unknown[]): void {
    this.told.push(['remark', ...told]);
  }
  frame(draft: Parameters<TrafficSink['frame']>[0]): number {
    const { bytes, head, tail, headers, ...rest } = draft;
    const parts = [bytes, head, tail, headers].map((one) => one && Buffer.from(one).toString('hex'));
    this.told.push(['frame', rest, parts]);
    return ++this.#frames;
  }
}

test.each(NAMES)('a sink is told the same in batches: %s', async (name) => {
  const path = join(CAPTURES, name);
  const direct = new Witness();
  await readTraffic(path, choice, direct, { keepCarrier: true });
  const later = new Witness();
  const batches = new BatchSink();
  const sayAll = async (): Promise<void> => {
    const batch = batches.take();
    if (batch !== undefined) sayBatch(structuredClone(batch), later);
  };
  await readTraffic(path, choice, batches, { afterChunk: sayAll, keepCarrier: true });
  await sayAll();
  expect(direct.told.length).toBeGreaterThan(40);
  expect(later.told).toEqual(direct.told);
});

test('a file read on a thread tells the same, and a damaged one says where it stops', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'interpose-thread-'));
  try {
    const whole = readFileSync(join(CAPTURES, NAMES[0]!));
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, whole.subarray(0, whole.length - 10));
    const direct = new Witness();
    const { problems } = await readTraffic(cut, choice, direct);
    const threaded = new Witness();
    const result = await readOnThread(cut, [], threaded, {});
    expect(threaded.told).toEqual(direct.told);
    expect(result.problems).toEqual(problems);
    expect(problems).toHaveLength(1);
    writeFileSync(cut, 'no capture at all');
    await expect(readOnThread(cut, [], new Witness(), {})).rejects.toThrow('neither a pcap nor a pcapng');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
