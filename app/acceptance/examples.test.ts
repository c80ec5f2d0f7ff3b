/**
 * Every example line of `interpose help <command>` works as it stands: in a folder with the files it names, with nothing replaced
 * but ports that may be taken on this machine and numbers that would make it long.
 */
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingPath } from '../../fixtures/captures/recording.ts';
import { loadFixture } from '../../fixtures/index.ts';
import { COMMANDS } from '../cli/commands.ts';
import { CommandLine, type Ended, type FrameLine, jsonLines, ROOT } from './command-line.ts';

const line = new CommandLine();
afterAll(() => line.end());

/** One player at a table of three house bots who play the same story every time: the same answers give the same game. */
const STORY = { gameType: 'one_kyoku', houseBots: '3', repeat: 'yes' };
const mjsonp = await loadFixture('mjsonp');
let game: string;
let free: number;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

const example = (name: string): string => COMMANDS.find((c) => c.name === name)!.example;
/** The server of the examples is on 11600, the proxy before it on 11601. */
const here = (text: string): string =>
  text
    .replaceAll('127.0.0.1:11601', '127.0.0.1:0')
    .replaceAll('127.0.0.1:11600', game)
    .replaceAll('port 11600', `port ${game.split(':')[1]}`);

async function runs(name: string, change: (text: string) => string = here): Promise<Ended> {
  const ended = await line.shell(change(example(name)));
  // Remarks are allowed, errors are not.
  expect(ended.err).not.toContain('interpose: ');
  expect(ended.code).toBe(0);
  return ended;
}

async function playOnce(url: string): Promise<void> {
  await mjsonp.startClients({ endpoints: { game: url }, seed: 1, once: true, options: STORY }).done;
}

beforeAll(async () => {
  const server = await mjsonp.startServer({ seed: 1, options: STORY });
  line.onEnd(() => server.close());
  game = new URL(server.endpoints['game']!.replace('tcp:', 'http:')).host;
  free = await freePort();
  copyFileSync(recordingPath('mjsonp/game.pcap'), line.path('game.pcap'));
  copyFileSync(join(ROOT, 'docs/examples/skirmish.protocol.yaml'), line.path('interpose.protocol.yaml'));
  // The example of `proxy` makes the recording that the others read.
  const proxy = line.spawn('bash', ['-c', here(example('proxy')).replace('interpose', `exec ${await command()}`)]);
  await playOnce((await proxy.ready(1)).get('mjsonp')!);
  const ended = await proxy.stop();
  expect(ended).toMatchObject({ code: 0, err: '' });
  for (const name of ['login', 'monday', 'tuesday'])
    copyFileSync(line.path('game.ipsession'), line.path(`${name}.ipsession`));
});

async function command(): Promise<string> {
  return `'${process.execPath}' --disable-warning=ExperimentalWarning '${join(ROOT, 'app/cli/interpose.ts')}'`;
}

/** Starts an example that goes on until a signal, waits for a sign of life, and ends it. */
async function goesOn<T>(
  name: string,
  change: (text: string) => string,
  look: (out: string) => T | undefined,
  meanwhile: (found: T) => unknown = () => undefined,
): Promise<Ended> {
  const running = line.spawn('bash', ['-c', change(example(name)).replace('interpose', `exec ${await command()}`)], {
    // Nothing is opened on anybody's screen.
    env: { CI: 'true', DISPLAY: '', WAYLAND_DISPLAY: '' },
  });
  await meanwhile(await running.find(look));
  const ended = await running.stop('SIGINT');
  expect(ended.code).toBe(0);
  return ended;
}
const pageOf = (out: string): string | undefined =>
  /^Interpose is at (http:\/\/127\.0\.0\.1:\d+\/)#token=\S+$/m.exec(out)?.[1];

test('every command has an implementation', () => {
  const missing = COMMANDS.filter((c) => !existsSync(join(ROOT, 'app/cli/commands', `${c.name}.ts`)));
  expect(missing.map((c) => c.name)).toEqual([]);
});

test('start', async () => {
  line.path(
    'interpose.yaml',
    `proxies:\n  - { name: game, listen: "tcp://127.0.0.1:0", upstream: "tcp://${game}", protocol: mjsonp }\n`,
  );
  const { out } = await goesOn(
    'start',
    (text) => text,
    pageOf,
    async (page) => {
      const answer = await fetch(page);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('<div id="root"');
    },
  );
  expect(out).toMatch(/^ready game tcp:\/\/127\.0\.0\.1:\d+\n/);
});

test('demo', async () => {
  const { out } = await goesOn('demo', (text) => text, pageOf);
  for (const world of ['mana', 'muddery', 'mjsonp', 'socketchat', 'fco'])
    expect(out).toMatch(new RegExp(`^ready ${world}`, 'm'));
});

test('decode', async () => {
  expect(jsonLines<FrameLine>(await runs('decode'))).toHaveLength(3404);
});

test('capture', async ({ skip }) => {
  const hasTool = ['tcpdump', 'dumpcap'].some((tool) => spawnSync(tool, ['--version']).status === 0);
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !hasTool)
    return skip('capturing needs Linux, tcpdump or dumpcap, and the rights of root');
  await goesOn(
    'capture',
    (text) => here(text).replace('game.ipsession', 'captured.ipsession'),
    (out) => (out.includes('capturing on') ? true : undefined),
    () => playOnce(`tcp://${game}`),
  );
  const frames = jsonLines<FrameLine>(await line.run(['decode', 'captured.ipsession', '--as', 'mjsonp']));
  expect(frames.some((f) => f.message === 'end_game')).toBe(true);
  return undefined;
});

test('replay', async () => {
  await runs('replay');
  expect(JSON.parse(readFileSync(line.path('verdict.json'), 'utf8'))).toBeTypeOf('object');
});

test('stand-in', async () => {
  const text = example('stand-in').replace('11600', String(free));
  await goesOn(
    'stand-in',
    () => text,
    (out) => (out.includes(String(free)) ? true : undefined),
    () => playOnce(`tcp://127.0.0.1:${free}`),
  );
});

test('fuzz', async () => {
  const port = await freePort();
  const { code, out, err } = await line.shell(
    example('fuzz')
      .replaceAll('11600', String(port))
      .replace('npm run', `npm --prefix '${ROOT}' run`)
      .replace('--cases 2000', '--cases 25'),
  );
  // 0 or 1: whether it finds something is not the point here.
  expect([0, 1], `${out}${err}`).toContain(code);
  expect(existsSync(line.path('findings'))).toBe(true);
});

test('diff', () => runs('diff'));

test('check', async () => {
  // One round of one player shows less than 80 % of the protocol.
  const { code, err } = await line.shell(example('check'));
  expect([0, 1], err).toContain(code);
  expect(readFileSync(line.path('check.xml'), 'utf8')).toContain('<testsuite');
  await runs('check', (text) => text.replace('80', '5'));
});

test('coverage', async () => {
  expect((await runs('coverage')).out).toMatch(/^mjsonp: \d+ % seen/);
});

test('stats', async () => {
  expect((await runs('stats')).out).toMatch(/mjsonp +c2s +join +1/);
});

test('export', async () => {
  await runs('export');
  expect(readFileSync(line.path('game.html'), 'utf8')).toMatch(/<html|<!doctype html>/i);
});

test('import', async () => {
  await runs('import', (text) => text.replace('game.ipsession', 'imported.ipsession'));
  expect(jsonLines<FrameLine>(await line.run(['decode', 'imported.ipsession']))).toHaveLength(3404);
});

test('session', () => runs('session'));

test('protocols', async () => {
  expect((await runs('protocols')).out).toContain('### dahai');
});

test('schema', async () => {
  expect((await runs('schema')).out).toContain('nothing wrong');
});

test('ca', async () => {
  await runs('ca');
  expect(readFileSync(line.path('interpose-ca.pem'), 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
});

test('doctor', async () => {
  expect((await runs('doctor')).out).toMatch(/✓ Server tcp:/);
});
