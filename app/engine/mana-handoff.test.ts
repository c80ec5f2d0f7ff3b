import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSession } from '../../core/session/session-reader.ts';
import { protocols } from '../../dissectors/index.ts';
import { mana } from '../../fixtures/mana/mana.ts';
import { startEngine } from './start-engine.ts';

const RUNS = 20;

test.each(['2011', 'head'])(
  '%s: clients that know only the account listener play their whole story through the proxy, 20 of 20',
  async (dialect) => {
    const folder = mkdtempSync(join(tmpdir(), 'interpose-mana-'));
    const path = join(folder, 'mana.ipsession');
    const server = await mana.startServer({ seed: 7, pace: 'fast', options: { dialect } });
    const started = await startEngine({
      serve: false,
      home: folder,
      log: 'quiet',
      session: path,
      proxies: [
        {
          name: 'account',
          listen: 'enet://127.0.0.1:0',
          upstream: server.endpoints['account']!,
          protocol: 'mana',
          role: 'account',
        },
      ],
    });
    try {
      const listener = started.engine.proxies.list()[0]!.url!;
      for (let run = 0; run < RUNS; run++) {
        const report = await mana.startClients({
          endpoints: { account: listener },
          seed: run,
          pace: 'fast',
          options: { dialect },
        }).done;
        expect(report.messages['<GPMSG_CONNECT_RESPONSE'] ?? 0, `run ${run + 1}`).toBeGreaterThan(0);
        expect(report.messages['<CPMSG_CONNECT_RESPONSE'] ?? 0, `run ${run + 1}`).toBeGreaterThan(0);
      }
    } finally {
      await started.close();
      await server.close();
    }
    const session = openSession(path, protocols);
    try {
      const connections = session.connections();
      const roles = new Set(connections.map((c) => c.role));
      expect([...roles].sort()).toEqual(['account', 'chat', 'game']);
      // Each game and chat connection belongs to the journey of the account connection that handed it over.
      const handedOver = connections.filter((c) => c.role !== 'account');
      const journeys = new Set(connections.filter((c) => c.role === 'account').map((c) => c.journey));
      expect(handedOver.length).toBeGreaterThanOrEqual(2 * RUNS);
      expect(handedOver.filter((c) => c.journey === undefined || !journeys.has(c.journey))).toEqual([]);
      // A server change leads on from one game server to the other.
      const games = handedOver.filter((c) => c.role === 'game');
      expect(new Set(games.map((c) => c.server.port)).size).toBe(2);
      let edited = 0;
      for (const frame of session.each()) {
        if (frame.fate === 'edited') edited++;
        const bad = session.experts(frame.n).filter((e) => e.severity === 'error');
        expect(bad, `frame ${frame.n}`).toEqual([]);
      }
      expect(edited).toBeGreaterThanOrEqual(RUNS);
    } finally {
      session.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
