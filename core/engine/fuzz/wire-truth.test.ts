/** What the journal says was sent is what came at the target, byte for byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { JournalLine } from '../../fuzz/journal.ts';
import { Closers, recordVisit, startServer } from '../../io/testing/replay-world.ts';
import { fuzz } from './testing/fuzz-world.ts';
import { type Came, wiretap } from './testing/wiretap.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

test('each case of a campaign is found at the target as it was written down', async () => {
  const { recording, endpoints } = await recordVisit('socketchat');
  const world = await startServer(closers, 'socketchat', { seed: 1, pace: 'fast' });
  const { url, came } = await wiretap(closers, world.endpoints['plain']!);
  const [recorded] = Object.keys(endpoints);
  const to = { [recorded!]: url };
  const { path, status } = await fuzz(closers, { recording, to, cases: 120, lanes: 4 });
  expect(status).toMatchObject({ state: 'done', cases: 120 });

  const arrived = new Map<string, Came[]>();
  for (const one of came) {
    const bytes = Buffer.concat(one.parts);
    const key = `${bytes.length}:${crc32(bytes)}`;
    arrived.set(key, [...(arrived.get(key) ?? []), one]);
  }
  const lines = readFileSync(join(path, 'journal.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const missing: string[] = [];
  let connections = 0;
  for (const line of lines) {
    const entry = JSON.parse(line) as JournalLine;
    if (entry.what !== 'done') continue;
    for (const [length, crc] of Object.values(entry.sent ?? {})) {
      connections += 1;
      const key = `${length}:${crc}`;
      if (arrived.get(key)?.pop() === undefined) missing.push(entry.id);
    }
  }
  expect(connections).toBeGreaterThan(100);
  // What is on its way when the server closes reaches nobody: nothing else may be missing.
  const closed = [...arrived.values()].flat().filter((one) => one.isEndedByServer).length;
  expect(missing.length, missing.join(', ')).toBeLessThanOrEqual(Math.min(closed, connections / 10));
});
