import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from './start-engine.ts';

test('a client is called by the name it logged in with, or joined with; a channel with a password is nobody', async () => {
  const home = mkdtempSync(join(tmpdir(), 'interpose-test-'));
  const { engine, close } = await startEngine({ home, serve: false, log: 'quiet' });
  const namesIn = async (file: string): Promise<readonly (string | undefined)[]> => {
    await engine.call('files.import', { path: join(import.meta.dirname, '../../fixtures/captures', file) });
    return (await engine.call('connections.list', {})).map(({ clientName }) => clientName);
  };
  try {
    expect(await namesIn('mana/head-quick.pcap')).toEqual([undefined, undefined, 'alice', undefined, undefined]);
    expect(await namesIn('mjsonp/game.pcap')).toEqual(['shanten1', 'shanten2', 'furo3', 'shanten4']);
    expect(await namesIn('socketchat/session_newline.jsonl')).toEqual(['alice1']);
  } finally {
    await close();
    rmSync(home, { recursive: true, force: true });
  }
});
