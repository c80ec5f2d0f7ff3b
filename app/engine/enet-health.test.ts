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

test('below each frame of a capture are its commands, and between them those that brought none', async () => {
  const home = mkdtempSync(join(tmpdir(), 'interpose-test-'));
  const { engine, close } = await startEngine({ home, serve: false, log: 'quiet' });
  try {
    const path = join(import.meta.dirname, '../../fixtures/captures/mana/head-quick.pcap');
    await engine.call('files.import', { path });
    const { packet } = await engine.call('frame.get', { n: 1 });
    expect(packet?.title).toBe('ENet');
    expect(packet?.root.children.map(({ name }) => name)).toEqual(['datagram', 'sendReliable']);
    expect(packet?.hex.startsWith('80004f0886000001001f0500')).toBe(true);
    const all = await engine.call('carrier.list', {});
    expect(all.more).toBe(false);
    expect(all.rows[0]).toMatchObject({
      id: 1,
      direction: 'toServer',
      after: 0,
      size: 52,
      commands: [{ name: 'connect' }],
    });
    const row = await engine.call('carrier.get', { id: 1 });
    expect(row.root.children.map(({ name }) => name)).toEqual(['datagram', 'connect']);
    await expect(engine.call('carrier.get', { id: 1_000_000 })).rejects.toMatchObject({ code: 'not-found' });
    // Page after page, and narrowed, they are the same rows.
    const ids = all.rows.map(({ id }) => id);
    const paged: number[] = [];
    for (let more = true; more; ) {
      const page = await engine.call('carrier.list', { behind: paged.at(-1) ?? 0, limit: 7 });
      paged.push(...page.rows.map(({ id }) => id));
      more = page.more;
    }
    expect(paged).toEqual(ids);
    const ofOne = await engine.call('carrier.list', { conn: 2, command: 'acknowledge' });
    expect(ofOne.rows.length).toBeGreaterThan(0);
    expect(ofOne.rows.length).toBeLessThan(ids.length);
    for (const { conn, commands } of ofOne.rows) {
      expect(conn).toBe(2);
      expect(commands.some(({ name }) => name === 'acknowledge')).toBe(true);
    }
    const late = await engine.call('carrier.list', { since: 10 });
    expect(late.rows.map(({ id }) => id)).toEqual(all.rows.filter(({ after }) => after >= 10).map(({ id }) => id));
  } finally {
    await close();
    rmSync(home, { recursive: true, force: true });
  }
});
