/** What a wrong message leaves behind for others: a server whose shared state goes bad while nobody is answered oddly at the time. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { loadRecording } from '../../../app/cli/load-recording.ts';
import { readProtocolChoice } from '../../../app/cli/protocol-options.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { countSends, isSend } from '../../fuzz/script.ts';
import { Closers } from '../../io/testing/replay-world.ts';
import type { Recording } from '../../replay/recording.ts';
import { openReproduction } from './reproduction.ts';
import { prepare } from './start-campaign.ts';
import { freePort, fuzz, ROOT } from './testing/fuzz-world.ts';

const closers = new Closers();
afterAll(() => closers.closeAll());

const MARKET = join(ROOT, 'core/engine/fuzz/testing/small-market.mjs');
const visit = await record();

/** A visit to the sound market, from its real answers. */
async function record(): Promise<Recording> {
  const port = await freePort();
  const server = spawn(process.execPath, [MARKET, String(port)]);
  const said: object[] = [];
  const note = (dir: 'c2s' | 's2c', line: string): void => {
    said.push({ dir, t_ms: said.length * 5, bytes_hex: Buffer.from(`${line}\n`).toString('hex') });
  };
  try {
    const socket = await reached(port);
    const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
    for (const message of [
      { type: 'join', name: 'maria7' },
      { type: 'list' },
      { type: 'reserve', stall: 1, amount: 1 },
      { type: 'reserve', stall: 2, amount: 1 },
    ]) {
      const line = JSON.stringify(message);
      note('c2s', line);
      socket.write(`${line}\n`);
      note('s2c', (await answers.next()).value as string);
    }
    socket.destroy();
  } finally {
    server.kill();
  }
  const folder = mkdtempSync(join(tmpdir(), 'interpose-market-'));
  closers.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'visit.jsonl');
  writeFileSync(file, said.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const choice = readProtocolChoice({
    text: (name) => (name === 'as' ? 'small-market' : undefined),
    texts: (name) => (name === 'protocol-file' ? [MARKET.replace('.mjs', '.protocol.yaml')] : []),
  });
  return (await loadRecording(file, choice)).recording;
}

async function reached(port: number): Promise<ReturnType<typeof connect>> {
  for (let i = 0; ; i++) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isThere) return socket;
    if (i > 200) throw new Error('the market does not open');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function market(...bugs: readonly string[]) {
  const port = await freePort();
  const [recorded] = [...visit.connections.values()];
  const { address, port: was } = recorded!.connection.server;
  return {
    recording: visit,
    to: { [`${address}:${was}`]: `tcp://127.0.0.1:${port}` },
    target: `exec '${process.execPath}' '${MARKET}' ${port} ${bugs.join(' ')}`,
    lanes: 4,
  };
}

test.each([
  ['shut', /others are refused when they send list: error/],
  ['spoilt', /others are told what breaks the description of stalls: .*item/],
  ['torn', /others are told different things by stalls .*price/],
  ['bare', /others find stalls stalls empty when they send list/],
])('a state that others see is found, made small and seen again: %s', async (bug, title) => {
  const how = await market(bug);
  const { status } = await fuzz(closers, { ...how, cases: 60, maxFindings: 1 });
  expect(status.error).toBeUndefined();
  expect(status.findings).toMatchObject([{ oracle: 'state', message: 'reserve', confirmed: { times: 3, of: 3 } }]);
  const [finding] = status.findings;
  expect(finding!.title).toMatch(title);
  // The name, and what is wrong.
  expect(countSends(finding!.script)).toBe(2);
  const wrong = finding!.script.steps.findLast(isSend)!;
  expect(wrong).toMatchObject({ message: 'reserve', mutated: true });

  expect(await isSeenAgain(how, finding!)).toBe(true);
  expect(await isSeenAgain(await market(), finding!)).toBe(false);
});

async function isSeenAgain(how: Awaited<ReturnType<typeof market>>, finding: Finding): Promise<boolean> {
  const reproduction = await openReproduction({ ...how, allow: [], rng: 1 });
  try {
    return (await reproduction.shows(finding)) !== undefined;
  } finally {
    await reproduction.close();
  }
}

test('what one may say changes what others are told as it should', async () => {
  const how = await market('few');
  const { seed, close } = await prepare({ ...how, allow: [] });
  closers.add(close);
  const taking = (amount: unknown): Finding => {
    const bytes = Buffer.from(JSON.stringify({ type: 'reserve', stall: 1, amount }));
    const steps = seed.base.steps.map((step) =>
      isSend(step) && step.message === 'reserve' ? { ...step, bytes, mutated: true } : step,
    );
    return {
      oracle: 'state',
      key: 'state|reserve|amount|no reserve error',
      title: '',
      evidence: [],
      script: { steps: steps.slice(0, steps.findIndex((step) => isSend(step) && step.mutated) + 1) },
      message: 'reserve',
      caseId: '1:0:none',
      refusals: [],
    } as unknown as Finding;
  };
  // Others find nothing left, and rightly so.
  expect(await isSeenAgain(how, taking(99))).toBe(false);
  // Nobody may take so many.
  const lenient = await market('few', 'greedy');
  expect(await isSeenAgain(lenient, taking(100))).toBe(true);
});

test('a market that takes no wrong amounts is sound, also when others rightly take all there is', async () => {
  const { status } = await fuzz(closers, { ...(await market('few')), cases: 400 });
  expect(status.findings.map(({ title }) => title)).toEqual([]);
  expect(status).toMatchObject({ state: 'done', cases: 400 });
  expect(status.unconfirmed).toEqual([]);
});
