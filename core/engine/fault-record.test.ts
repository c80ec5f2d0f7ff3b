import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startEngine } from '../../app/engine/start-engine.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { openSession } from '../session/session-reader.ts';
import type { FaultPlan } from '../traffic/control.ts';
import { faultsOf } from './fault-record.ts';
import { createLog } from './log.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A visit to the chat through faults, recorded. */
async function visit(home: string, name: string, plan: FaultPlan): Promise<string> {
  const server = await socketchat.startServer({ pace: 'fast' });
  const session = join(home, `${name}.ipsession`);
  const log = createLog('warnings', () => undefined);
  const { engine, close } = await startEngine({ serve: false, home, session, log });
  try {
    await engine.call('faults.set', { plan });
    const { url } = await engine.call('proxy.start', {
      spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream: server.endpoints['plain']!, protocol: 'socketchat' },
    });
    await socketchat.startClients({ endpoints: { plain: url! }, pace: 'fast', once: true }).done;
  } finally {
    await close();
    await server.close();
  }
  return session;
}

/** By message rather than by number: which frame comes first on two connections is not the faults' affair. */
function decisionsIn(path: string): string[] {
  const session = openSession(path, []);
  const rows = session.db
    .prepare(
      `SELECT f.conn AS conn, d.what AS what, (SELECT count(*) FROM frames AS g WHERE g.conn = f.conn AND g.direction = f.direction AND g.n < f.n) AS at
       FROM fault_decisions AS d JOIN frames AS f ON f.n = d.n WHERE d.fault <> 'plan'`,
    )
    .all() as { conn: number; what: string; at: number }[];
  session.close();
  return rows.map(({ conn, what, at }) => `${conn}/${at} ${what}`).sort();
}

test('a session holds the plan of its faults, and with it the same decisions are had again', async () => {
  const home = mkdtempSync(join(tmpdir(), 'interpose-faults-'));
  closers.push(() => rmSync(home, { recursive: true, force: true }));
  const plan: FaultPlan = {
    seed: 7,
    faults: [{ id: 'late', enabled: true, kind: 'latency', ms: 1, jitterMs: 1, toxicity: 0.4, direction: 'toServer' }],
  };
  const first = await visit(home, 'first', plan);
  expect(faultsOf(first)).toEqual(plan);
  const again = await visit(home, 'again', faultsOf(first));
  const decisions = decisionsIn(first);
  expect(decisions.length).toBeGreaterThan(3);
  expect(decisionsIn(again)).toEqual(decisions);
  const without = await visit(home, 'without', { seed: 7, faults: [] });
  expect(() => faultsOf(without)).toThrow(/No faults acted/);
});
