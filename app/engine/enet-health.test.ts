import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from './start-engine.ts';

test('how ENet did is told also of connections that ended, here in an imported capture', async () => {
  const home = mkdtempSync(join(tmpdir(), 'interpose-test-'));
  const { engine, close } = await startEngine({ home, serve: false, log: 'quiet' });
  try {
    const path = join(import.meta.dirname, '../../fixtures/captures/mana/head-quick.pcap');
    await engine.call('files.import', { path });
    const told = await engine.call('stats.enet', {});
    expect(told).toHaveLength(10);
    const [client, server] = told.filter(({ conn }) => conn === 4);
    expect(client).toMatchObject({ side: 'client', ended: true, resends: 0, channels: [{ channel: 0, packets: 14 }] });
    expect(server).toMatchObject({ side: 'server', ended: true, resends: 0, channels: [{ channel: 0, packets: 24 }] });
    expect(client!.rttMs).toBeGreaterThan(0);
  } finally {
    await close();
    rmSync(home, { recursive: true, force: true });
  }
});
