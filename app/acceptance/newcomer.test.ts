/** The command line as someone meets it who has never seen it: what it says of itself, and what its reading commands answer. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expectedLines, recordingPath } from '../../fixtures/captures/recording.ts';
import { COMMANDS } from '../cli/commands.ts';
import { CommandLine, type Ended, type FrameLine, jsonLines, ROOT } from './command-line.ts';

const line = new CommandLine();
afterAll(() => line.end());

const GAME = recordingPath('mjsonp/game.pcap');

async function good(...args: string[]): Promise<Ended> {
  const ended = await line.run(args);
  expect(ended.err).toBe('');
  expect(ended.code).toBe(0);
  return ended;
}

test('help lists every command, and each has a page with its options and an example that begins with its name', async () => {
  const { out } = await good('help');
  for (const command of COMMANDS) expect(out).toContain(`  ${command.name}`);
  expect((await good()).out).toBe(out);
  // Few at a time: it is the same small process again and again.
  for (let i = 0; i < COMMANDS.length; i += 4) {
    await Promise.all(
      COMMANDS.slice(i, i + 4).map(async (command) => {
        const page = (await good('help', command.name)).out;
        expect(page).toContain(`Usage: interpose ${command.name}`);
        for (const option of command.options) expect(page).toContain(`--${option.name}`);
        expect(page).toMatch(new RegExp(`Example:\n  interpose ${command.name}`));
        expect(Math.max(...page.split('\n').map((text) => text.length))).toBeLessThanOrEqual(180);
      }),
    );
  }
  expect((await good('decode', '--help')).out).toBe((await good('help', 'decode')).out);
});

test('version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect((await good('--version')).out).toBe(`${version}\n`);
});

test('what is installed as a package can be started and imported: its command by its first line, its library by what is built', () => {
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: { interpose: string };
    exports: Record<string, { types: string; default: string }>;
    files: string[];
  };
  expect(about.files).toContain('build');
  const sourceOf = (built: string, ending: RegExp): string =>
    readFileSync(join(ROOT, built.replace('build/', '').replace(ending, '.ts')), 'utf8');
  expect(sourceOf(about.bin.interpose, /\.js$/)).toMatch(/^#!\/usr\/bin\/env node\n/);
  for (const { types, default: code } of Object.values(about.exports)) {
    expect(sourceOf(types, /\.d\.ts$/)).toBe(sourceOf(code, /\.js$/));
  }
});

test('the script of the README starts the same command with the Node the project brings', async () => {
  const ended = await line.shell(`cd '${ROOT}' && npm run -s interpose -- decode '${GAME}' --as mjsonp --format jsonl`);
  expect(ended.code).toBe(0);
  expect(jsonLines<FrameLine>(ended)).toHaveLength(3404);
});

test('protocols lists all, and describes each with every message and field', async () => {
  const { out } = await good('protocols');
  const ids = ['mana', 'muddery', 'mjsonp', 'socketchat', 'fco', 'json', 'msgpack', 'protobuf', 'text', 'bytes'];
  const listed = JSON.parse((await good('protocols', '--json')).out) as { id: string; messages: number }[];
  expect(listed.map((p) => p.id).toSorted()).toEqual(ids.toSorted());
  for (const id of ids) expect(out).toMatch(new RegExp(`^${id} +`, 'm'));
  for (const id of ['mana', 'muddery', 'mjsonp', 'socketchat', 'fco']) {
    const page = (await good('protocols', id)).out;
    const names = new Set([...page.matchAll(/^### (\S+)/gm)].map(([, name]) => name));
    expect(names.size).toBe(listed.find((p) => p.id === id)!.messages);
  }
  const described = JSON.parse((await good('protocols', 'mjsonp', '--json')).out) as { messages: { name: string }[] };
  expect(described.messages.map((m) => m.name)).toContain('dahai');
});

test('--filter keeps what fits, in every reading command', async () => {
  const rows = expectedLines<{ dir: string; type: string; message: Record<string, unknown> }>(
    'mjsonp/game.expected.jsonl',
  );
  const wanted = rows.filter((r) => r.type === 'dahai' && r.message['actor'] === 1 && r.dir === 's2c');
  const filter = 'message == "dahai" && actor == 1 && dir == toClient';
  const frames = jsonLines<FrameLine>(await good('decode', GAME, '--filter', filter));
  expect(frames.map((f) => f.fields)).toEqual(wanted.map((r) => r.message));
  expect(frames[0]!.n).toBe(rows.indexOf(wanted[0]!) + 1);
  const count = async (text: string): Promise<number> =>
    (JSON.parse((await good('stats', GAME, '--filter', text, '--json')).out) as { frames: number }).frames;
  expect(await count(filter)).toBe(wanted.length);
  expect(await count('frame.size > 300')).toBe(
    rows.filter((r) => (r as unknown as { bytes: number }).bytes - 1 > 300).length,
  );
  expect(await count('pai in {"5mr","5pr"} and exists(pai)')).toBe(
    rows.filter((r) => ['5mr', '5pr'].includes(String(r.message['pai']))).length,
  );
  const asked = (r: (typeof rows)[number]): unknown =>
    (r.message['possible_actions'] as { type: string }[] | undefined)?.[0]?.type;
  expect(await count('possible_actions[0].type == "pon"')).toBe(rows.filter((r) => asked(r) === 'pon').length);
  expect(await count('expert.severity >= warning')).toBe(0);
});

test('--port decodes one server’s port as something else, --as everything, --option as the option says', async () => {
  const [first] = jsonLines<FrameLine>(await line.shell(`interpose decode '${GAME}' | head -n 1`));
  const port = first!.src.split(':').at(-1)!;
  const asJson = jsonLines<FrameLine>(await good('decode', GAME, '--port', `${port}=json`));
  expect(asJson).toHaveLength(3404);
  expect(new Set(asJson.map((f) => f.protocol))).toEqual(new Set(['json']));
  const other = jsonLines<FrameLine>(await good('decode', GAME, '--port', '1=json'));
  expect(new Set(other.map((f) => f.protocol))).toEqual(new Set(['mjsonp']));
  const mana = recordingPath('mana/y2011-quick.pcap');
  const [right, wrong] = await Promise.all(
    ['2011', 'head'].map(async (dialect) =>
      jsonLines<FrameLine>(await good('decode', mana, '--as', 'mana', '--option', `dialect=${dialect}`)),
    ),
  );
  expect(right!.flatMap((f) => f.expert.filter((e) => e.severity === 'error'))).toEqual([]);
  expect(wrong!.map((f) => [f.message, f.fields])).not.toEqual(right!.map((f) => [f.message, f.fields]));
});

test('stats counts every message and times the answers', async () => {
  const rows = expectedLines<{ dir: string; type: string }>('mjsonp/game.expected.jsonl');
  const stats = JSON.parse((await good('stats', GAME, '--json')).out) as {
    frames: number;
    connections: { frames: number; understood: number }[];
    messages: { message: string; dir: string; frames: number; answers?: number; p50Ms?: number }[];
  };
  expect(stats.frames).toBe(rows.length);
  expect(stats.connections).toHaveLength(4);
  expect(stats.connections.every((c) => c.understood === c.frames)).toBe(true);
  const expected = new Map<string, number>();
  for (const { dir, type } of rows) expected.set(`${dir} ${type}`, (expected.get(`${dir} ${type}`) ?? 0) + 1);
  expect(new Map(stats.messages.map((m) => [`${m.dir} ${m.message}`, m.frames]))).toEqual(expected);
  const answers = stats.messages.find((m) => m.dir === 'c2s' && m.message === 'none')!;
  expect(answers.answers).toBeGreaterThan(100);
  expect(answers.p50Ms).toBeGreaterThan(0);
  expect((await good('stats', GAME)).out).toMatch(/mjsonp +s2c +tsumo +\d+/);
});

test('coverage tells what was seen and what was not', async () => {
  const [report] = JSON.parse((await good('coverage', GAME, '--json')).out) as {
    protocol: string;
    share: number;
    messages: { name: string; direction: string; toServer: number; toClient: number }[];
    drift: unknown[];
  }[];
  expect(report).toMatchObject({ protocol: 'mjsonp', drift: [] });
  const types = new Set(expectedLines<{ type: string }>('mjsonp/game.expected.jsonl').map((r) => r.type));
  expect(new Set(report!.messages.filter((m) => m.toServer + m.toClient > 0).map((m) => m.name))).toEqual(types);
  const { out } = await good('coverage', GAME);
  expect(out).toMatch(/^mjsonp: \d+ % seen: /);
  expect(out).toContain('✓ tsumo');
  expect(out).toMatch(/· \S+ +not seen/);
});

const EXAMPLES = readdirSync(join(ROOT, 'docs/examples')).filter((name) => name.endsWith('.yaml'));
test.each(EXAMPLES)('schema check finds nothing wrong with docs/examples/%s', async (name) => {
  const path = join(ROOT, 'docs/examples', name);
  expect((await good('schema', 'check', path)).out).toMatch(/protocol \S+, \d+ messages, nothing wrong/);
  const { ok, messages } = JSON.parse((await good('schema', 'check', path, '--json')).out) as {
    ok: boolean;
    messages: number;
  };
  expect(ok).toBe(true);
  expect(messages).toBeGreaterThan(2);
});

test('schema check names every mistake by line and exits 1', async () => {
  const text = readFileSync(join(ROOT, 'docs/examples/skirmish.protocol.yaml'), 'utf8');
  const lines = text.split('\n');
  const at = lines.findIndex((l) => l.includes('direction: toServer')) + 1;
  const broken = line.path(
    'broken.yaml',
    text.replace('direction: toServer', 'direction: upwards').replace('u32be', 'u33be'),
  );
  const { code, out } = await line.run(['schema', 'check', broken]);
  expect(code).toBe(1);
  expect(out).toContain(`${broken}:${at}:`);
  expect(out.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
});

test('a protocol file of one’s own decodes like the built-in one', async () => {
  const file = join(ROOT, 'docs/examples/socketchat.protocol.yaml');
  const { id } = JSON.parse((await good('schema', 'check', file, '--json')).out) as { id: string };
  for (const name of ['session_newline', 'session_lenprefix_be32']) {
    const recording = recordingPath(`socketchat/${name}.jsonl`);
    const own = jsonLines<FrameLine>(await good('decode', recording, '--as', id, '--protocol-file', file));
    const builtIn = jsonLines<FrameLine>(await good('decode', recording, '--as', 'socketchat'));
    expect(own.map((f) => [f.dir, f.message, f.fields, f.bytes])).toEqual(
      builtIn.map((f) => [f.dir, f.message, f.fields, f.bytes]),
    );
  }
  expect((await good('protocols', '--protocol-file', file, id)).out).toContain('### ');
});

test('doctor says what stands in the way, and exits 1 only then', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  line.onEnd(() => server.close());
  await once(server, 'listening');
  const taken = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const nobody = `tcp://127.0.0.1:${(gone.address() as { port: number }).port}`;
  await new Promise((closed) => gone.close(closed));
  type Finding = { state: string; title: string; text: string; advice?: string };

  const fine = await line.run(['doctor', '--listen', nobody, '--upstream', taken, '--json']);
  expect(fine.code).toBe(0);
  expect((JSON.parse(fine.out) as Finding[]).filter((f) => f.state === 'problem')).toEqual([]);
  const bad = await line.run(['doctor', '--listen', taken, '--upstream', nobody, '--json']);
  expect(bad.code).toBe(1);
  const problems = (JSON.parse(bad.out) as Finding[]).filter((f) => f.state === 'problem');
  expect(problems.map((f) => f.title)).toEqual([`Listen on ${taken}`, `Server ${nobody}`]);
  for (const { advice } of problems) expect(advice).toMatch(/\w{3,}/);
  const told = await line.run(['doctor', '--upstream', 'tcp://no-such-host.invalid:1']);
  expect(told.code).toBe(1);
  expect(told.out).toMatch(/✕ Server tcp:\/\/no-such-host\.invalid:1: .*\n +\S/);
  expect((await line.run(['doctor'])).out).toMatch(/✓ Node: v24/);
});

test('doctor reads the endpoints of a configuration', async () => {
  const config = line.path(
    'interpose.yaml',
    'proxies:\n  - { name: game, listen: "tcp://127.0.0.1:0", upstream: "tcp://127.0.0.1:1", protocol: mjsonp }\n',
  );
  const { out, code } = await line.run(['doctor', '--config', config]);
  expect(out).toContain('✓ Listen on tcp://127.0.0.1:0: free');
  expect(out).toContain('✕ Server tcp://127.0.0.1:1');
  expect(code).toBe(1);
});

test('the authority is made on first use, exported, explained and removed; its key stays with its owner', async () => {
  const dir = line.path('authority');
  const first = (await good('ca', 'export', '--ca-dir', dir)).out;
  const certificate = new X509Certificate(first);
  expect(certificate.ca).toBe(true);
  await good('ca', 'export', '--ca-dir', dir, '-o', 'ca.pem');
  expect(readFileSync(line.path('ca.pem'), 'utf8').trim()).toBe(first.trim());
  const help = (await good('ca', 'install-help', '--ca-dir', dir)).out;
  expect(help).toContain(certificate.fingerprint256);
  for (const place of ['Debian', 'Firefox', 'Windows', 'Android', 'curl']) expect(help).toContain(place);
  expect(first).not.toContain('PRIVATE');
  const key = readdirSync(dir).find((name) => name.includes('key'))!;
  if (process.platform !== 'win32') expect(statSync(join(dir, key)).mode & 0o077).toBe(0);
  await good('ca', 'remove', '--ca-dir', dir);
  expect(readdirSync(dir)).toEqual([]);
  expect((await good('ca', 'export', '--ca-dir', dir)).out).not.toBe(first);
});
