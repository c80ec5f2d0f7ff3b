import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { startEngine } from '../engine/start-engine.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'interpose-cli-'));
const session = join(folder, 'chat.ipsession');
const capture = join(ROOT, 'fixtures', 'captures', 'mjsonp', 'game.pcap');
const closers: (() => unknown)[] = [];
const NODE = ['--disable-warning=ExperimentalWarning', 'app/cli/interpose.ts'];
const env = { ...process.env, INTERPOSE_HOME: join(folder, 'home'), NODE_DISABLE_COMPILE_CACHE: '1' };

beforeAll(async () => {
  const server = await socketchat.startServer({ seed: 1, pace: 'fast' });
  const started = await startEngine({
    serve: false,
    home: join(folder, 'engine'),
    session,
    log: 'quiet',
    proxies: [
      { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream: server.endpoints['plain']!, protocol: 'socketchat' },
    ],
  });
  const [{ url } = { url: '' }] = started.engine.proxies.list();
  const clients = socketchat.startClients({ endpoints: { plain: url! }, seed: 1, pace: 'fast', once: true });
  await clients.done;
  await started.close();
  await server.close();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** The time-out is far beyond what the command may take: a command that hangs fails here. */
function interpose(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...NODE, ...args], { cwd: ROOT, env, timeout: 50_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

async function chat(): Promise<string> {
  const server = await socketchat.startServer({ seed: 2, pace: 'fast' });
  closers.push(() => server.close());
  return server.endpoints['plain']!;
}

describe('replay', () => {
  test('ends with 0 where all is the same, with a report and JUnit for machines, and records itself', async () => {
    const [report, junit, recorded] = ['verdict.json', 'verdict.xml', 'again.ipsession'].map((name) =>
      join(folder, name),
    );
    const to = await chat();
    const ran = await interpose(
      'replay',
      session,
      '--to',
      to,
      '--report',
      report!,
      '--junit',
      junit!,
      '--session',
      recorded!,
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^same: \d+ of \d+ client messages sent/m);
    expect(JSON.parse(readFileSync(report!, 'utf8'))).toMatchObject({ verdict: 'same' });
    expect(readFileSync(junit!, 'utf8')).toMatch(/failures="0"/);
    const same = await interpose('diff', session, recorded!);
    expect(same.stdout).toMatch(/^(?:same|different): /m);
    expect([0, 1]).toContain(same.code);
  });

  test('ends with 1 where the server is another, plays copies, and compares builds', async () => {
    const to = await chat();
    await interpose('replay', session, '--to', to);
    // The names are registered now, which the recording did not know.
    const again = await interpose('replay', session, '--to', to, '--json', '--timeout', '2');
    expect(again.code).toBe(1);
    const report = JSON.parse(again.stdout) as { verdict: string; rows: { outcome: string }[] };
    expect(report.verdict).toBe('different');
    expect(report.rows.some((row) => row.outcome !== 'same')).toBe(true);
    const builds = await interpose('replay', session, '--to', await chat(), '--against', await chat());
    expect(builds).toMatchObject({ code: 0, stdout: expect.stringMatching(/^same: /m) });
  });

  test('copies have values of their own from a table', async () => {
    const values = join(folder, 'values.csv');
    writeFileSync(values, 'login.Password\nx{copy}\n');
    const ran = await interpose(
      'replay',
      session,
      '--to',
      await chat(),
      '--copies',
      '2',
      '--values',
      values,
      '--filter',
      'conn == 1',
      '--timeout',
      '1',
    );
    expect(ran.stdout).toMatch(/of 2 copies reached the end/);
    expect([0, 1]).toContain(ran.code);
  });

  test('bad input and servers that are gone, deaf or mute end with a sentence and a code, never a hang', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    closers.push(() => mute.close());
    const deaf = await interpose('replay', session, '--to', `tcp://127.0.0.1:${port}`, '--timeout', '1');
    expect(deaf).toMatchObject({ code: 1, stdout: expect.stringMatching(/connection-lost/) });
    mute.close();
    const gone = await interpose('replay', session, '--to', 'tcp://127.0.0.1:1');
    expect(gone).toMatchObject({ code: 1, stdout: expect.stringMatching(/^failed: Nothing listens/) });
    for (const [args, sentence] of [
      [['replay', session, '--to', 'enet://127.0.0.1:1'], /recording is of tcp/],
      [['replay', session, '--to', 'nowhere'], /not an endpoint URL/],
      [['replay', session, '--to', 'tcp://127.0.0.1:1', '--pace', 'soon'], /lockstep/],
      [['replay', session, '--to', 'tcp://127.0.0.1:1', '--filter', 'toClient'], /from the server only/],
      [['replay', session], /needs --to/],
      [['replay', join(folder, 'none.ipsession'), '--to', 'tcp://127.0.0.1:1'], /there is no file/],
    ] as const) {
      const ran = await interpose(...args);
      expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

test('stand-in says where it listens, and lets a replay of its own recording through', async () => {
  const args = [...NODE, 'stand-in', session, '--listen', 'tcp://127.0.0.1:0', '--once'];
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  closers.push(() => child.kill());
  const ended = once(child, 'exit');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = /^ready \S+ (tcp:\S+)$/.exec(line)?.[1];
  const ran = await interpose('replay', session, '--to', url!);
  expect(ran).toMatchObject({ code: 0 });
  expect((await ended)[0]).toBe(0);
});

describe('diff and check', () => {
  test('a session is the same as itself, a capture is another', async () => {
    expect(await interpose('diff', session, session)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^same: /m),
    });
    const other = await interpose('diff', session, capture, '--json');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ verdict: 'different' });
  });

  test('contracts, coverage and expert infos hold or do not, and a broken contract file is explained', async () => {
    const [contracts, junit] = [join(folder, 'contracts.yaml'), join(folder, 'check.xml')];
    writeFileSync(
      contracts,
      'contracts:\n  - name: logins are answered\n    after: message == "login"\n    within: 5s\n    expect: message == "login_result"\n',
    );
    const held = await interpose('check', session, '--contracts', contracts, '--min-coverage', '10', '--junit', junit);
    expect(held).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ logins are answered') });
    expect(readFileSync(junit, 'utf8')).toMatch(/tests="3" failures="0"/);
    const few = await interpose('check', session, '--min-coverage', '100', '--json');
    expect(few.code).toBe(1);
    expect(JSON.parse(few.stdout)).toMatchObject({ held: false });
    writeFileSync(contracts, '- name: odd\n  never: "(("\n');
    const broken = await interpose('check', session, '--contracts', contracts);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringMatching(/contracts\.yaml:1: never: /) });
  });
});
