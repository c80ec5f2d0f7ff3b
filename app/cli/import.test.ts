import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import { openSession } from '../../core/session/session-reader.ts';

const CLI = join(import.meta.dirname, 'interpose.ts');
const GAME = join(import.meta.dirname, '../../fixtures/captures/mjsonp/game.pcap');
const FRAMES = 3404;

test.skipIf(process.platform === 'win32')(
  'an import onto a full disk either has every frame or says so and leaves no file',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'interpose-import-'));
    const outcomes = new Set<boolean>();
    try {
      // Blocks of 512 or 1024 bytes, by the shell's choice.
      for (const blocks of [400, 900, 1300, 20_000]) {
        const path = join(folder, `${blocks}.ipsession`);
        const { status, stderr } = spawnSync(
          'sh',
          ['-c', `ulimit -f ${blocks}; exec "$0" "$1" import "$2" -o "$3"`, process.execPath, CLI, GAME, path],
          { encoding: 'utf8' },
        );
        outcomes.add(status === 0);
        if (status === 0) {
          const session = openSession(path, protocols);
          expect([...session.each()], `${blocks} blocks`).toHaveLength(FRAMES);
          session.close();
        } else {
          expect([status, stderr]).toEqual([2, expect.stringMatching(/cannot be written: .*Free some space/)]);
          for (const ending of ['', '-wal', '-shm']) expect(existsSync(path + ending)).toBe(false);
        }
      }
      expect([...outcomes].sort()).toEqual([false, true]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
