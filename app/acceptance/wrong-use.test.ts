/** Wrong use and unreadable input: exit code 2, nothing on stdout, one line on stderr that says what to do. */
import { createServer } from 'node:net';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingPath } from '../../fixtures/captures/recording.ts';
import { addressOf, CommandLine, type FrameLine, jsonLines } from './command-line.ts';

const line = new CommandLine();
afterAll(() => line.end());

const GAME = recordingPath('mjsonp/game.pcap');
const LISTEN = ['--listen', 'tcp://127.0.0.1:0'];
const PROXY = ['proxy', ...LISTEN, '--upstream', 'tcp://127.0.0.1:9'];

beforeAll(() => {
  line.path('empty.pcap', '');
  line.path('notes.txt', 'These are notes, no recording.\n');
  line.path(
    'noise.pcap',
    Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 255),
  );
  line.path('damaged.ipsession', `SQLite format 3\0${'x'.repeat(5000)}`);
  line.path('broken.jsonl', '{"dir":"c2s","t_ms":1,"bytes_hex":"zz"}\n');
  line.path('broken.yaml', 'protocol: chess\njson: { key: type }\nmessages:\n  move:\n    fields:\n      to: u99\n');
  line.path('rules.yaml', 'rules:\n  - when: message ==\n    actions: [drop]\n');
  line.path('faults.yaml', '- kind: gremlins\n');
  line.path('config.yaml', 'proxies:\n  - name: game\n    listen: 7\n');
  line.path('no-hooks.ts', 'export default {};\n');
  mkdirSync(line.path('a-folder'));
  copyFileSync(recordingPath('mjsonp/game.pcap'), line.path('there.ipsession'));
});

const WRONG: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['decoed'], /no command "decoed"; did you mean "decode"\?.*help/],
  [['help', 'frobnicate'], /no command "frobnicate".*"interpose help"/],
  [['decode'], /decode needs FILE; for example: interpose decode /],
  [['decode', 'missing.pcap'], /there is no file missing\.pcap/],
  [['decode', 'a-folder'], /a-folder/],
  [['decode', 'empty.pcap'], /empty\.pcap.*(empty|no pcap|reads pcap)/],
  [['decode', 'notes.txt'], /notes\.txt.*reads pcap, pcapng, \.ipsession/],
  [['decode', 'noise.pcap'], /noise\.pcap.*reads pcap, pcapng, \.ipsession/],
  [['decode', 'damaged.ipsession'], /damaged\.ipsession/],
  [['decode', 'broken.jsonl'], /broken\.jsonl/],
  [['decode', GAME, GAME], /one argument too many.*help decode/],
  [['decode', GAME, '--colour'], /--colour.*help decode/],
  [['decode', GAME, '--format', 'xml'], /--format is jsonl or text, not "xml"/],
  [['decode', GAME, '--as', 'chess'], /no protocol "chess".*mjsonp/],
  [['decode', GAME, '--port', 'eleven'], /--port takes N=ID, such as 11600=mjsonp/],
  [['decode', GAME, '--port', '11600=chess'], /no protocol "chess"/],
  [['decode', GAME, '--filter', 'actor =='], /--filter: .*\(at character \d+\)/],
  [['decode', GAME, '--option', 'dialect'], /--option takes K=V, such as dialect=head/],
  [['decode', GAME, '--as', 'mjsonp', '--option', 'colour=red'], /mjsonp has no option "colour"; it has /],
  [['decode', GAME, '--as', 'mana', '--option', 'dialect=klingon'], /dialect of mana is one of .*head/],
  [['decode', GAME, '--protocol-file', 'missing.yaml'], /cannot read the protocol file missing\.yaml/],
  [['decode', GAME, '--protocol-file', 'broken.yaml'], /broken\.yaml:4:\d+: .*schema check/],
  [['stats', 'missing.pcap'], /there is no file/],
  [['coverage', 'notes.txt'], /notes\.txt/],
  [['coverage', GAME, '--filter', ')'], /--filter: /],
  [['protocols', 'chess'], /no protocol "chess"; there are .*mjsonp/],
  [['schema', 'lint', 'broken.yaml'], /schema knows "check", not "lint"; for example: /],
  [['schema', 'check', 'missing.yaml'], /cannot read the protocol file missing\.yaml/],
  [['ca', 'frobnicate'], /ca knows export, install-help and remove/],
  [['ca'], /ca needs .*for example: interpose ca /],
  [['demo', '--no-open', '--pace', 'slow'], /--pace is human or fast, not "slow"/],
  [['demo', '--no-open', '--only', 'chess'], /no world "chess"; there are .*mjsonp/],
  [['demo', '--no-open', '--duration', 'soon'], /--duration takes a number, not "soon"/],
  [['start', '--no-open', '--port', 'eighty'], /--port takes a number, not "eighty"/],
  [['start', '--no-open', '--config', 'missing.yaml'], /missing\.yaml/],
  [['start', '--no-open', '--config', 'config.yaml'], /config\.yaml:3:\d+: /],
  [['start', '--no-open', '--session', 'there.ipsession'], /there\.ipsession/],
  [['doctor', '--listen', 'nonsense'], /nonsense/],
  [['proxy'], /proxy needs --listen and --upstream, or --config/],
  [['proxy', ...LISTEN], /needs an --upstream/],
  [['proxy', '--upstream', 'tcp://127.0.0.1:9', ...LISTEN], /--upstream belongs to a --listen before it/],
  [['proxy', '--listen', 'gopher://127.0.0.1:0', '--upstream', 'tcp://127.0.0.1:9'], /gopher.*tcp/],
  [['proxy', ...LISTEN, '--upstream', '127.0.0.1:9'], /127\.0\.0\.1:9.*tcp:/],
  [
    ['proxy', '--listen', 'tcp://0.0.0.0:0', '--upstream', 'tcp://127.0.0.1:9'],
    /can be reached by other machines.*--allow-remote/,
  ],
  [[...PROXY, '--protocol', 'chess'], /protocol.*chess/i],
  [[...PROXY, '--rules', 'missing.yaml'], /cannot read missing\.yaml/],
  [[...PROXY, '--rules', 'rules.yaml'], /rules\.yaml:2:\d+: /],
  [[...PROXY, '--faults', 'faults.yaml'], /faults\.yaml:1:\d+: .*latency/],
  [[...PROXY, '--script', 'missing.ts'], /missing\.ts/],
  [[...PROXY, '--script', 'no-hooks.ts'], /no-hooks\.ts: .*hooks/],
  [[...PROXY, '--session', 'there.ipsession'], /there\.ipsession/],
  [[...PROXY, '--session', 'notes.txt/x.ipsession'], /notes\.txt/],
  [[...PROXY, '--config', 'config.yaml'], /config\.yaml:3:\d+: /],
];

test.concurrent.each(WRONG)('%j', async (args, says) => {
  const { code, out, err } = await line.run(args);
  expect(err).toMatch(says);
  expect(err.trimEnd().split('\n')).toHaveLength(1);
  expect(err).toMatch(/^interpose: /);
  expect(out).toBe('');
  expect(code).toBe(2);
});

test('a refused start leaves what was there untouched, and the name it was to record under free', async () => {
  const before = readFileSync(line.path('there.ipsession'));
  expect((await line.run([...PROXY, '--session', 'there.ipsession'])).code).toBe(2);
  expect(readFileSync(line.path('there.ipsession')).equals(before)).toBe(true);
  expect((await line.run([...PROXY, '--protocol', 'chess', '--session', 'fresh.ipsession'])).code).toBe(2);
  expect(readdirSync(line.folder).filter((name) => name.startsWith('fresh'))).toEqual([]);
});

test('a port that is taken is told in one line, and the other proxies of the command are not left running', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  line.onEnd(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const args = ['--listen', `tcp://127.0.0.1:${port}`, '--upstream', 'tcp://127.0.0.1:9'];
  const { code, out, err } = await line.run([...PROXY, ...args]);
  expect(err).toMatch(new RegExp(`^interpose: .*${port}.*\n$`));
  expect(out).toBe('');
  expect(code).toBe(2);
});

test('a taken port of the page is told in one line', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  line.onEnd(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { code, out, err } = await line.run(['start', '--no-open', '--port', String(port)]);
  expect(err).toMatch(new RegExp(`^interpose: .*${port}.*\n$`));
  expect({ code, out }).toEqual({ code: 2, out: '' });
});

test('a recording cut off anywhere gives its whole packets and says so', async () => {
  const whole = readFileSync(GAME);
  for (const size of [whole.length - 1, Math.floor(whole.length / 2)]) {
    const { code, out, err } = await line.run([
      'decode',
      line.path('cut.pcap', whole.subarray(0, size)),
      '--as',
      'mjsonp',
    ]);
    expect(err).toMatch(/^interpose: .*cut\.pcap: .*\n/);
    expect(code).toBe(0);
    const frames = jsonLines<FrameLine>({ code, out, err, signal: null });
    expect(frames.length).toBeGreaterThan(1000);
    expect(frames.filter((f) => f.message === null).every((f) => f.expert.length > 0)).toBe(true);
  }
});

test('a session cut off in the middle is refused or read in part, never a stack trace', async () => {
  const session = line.path('whole.ipsession');
  const proxy = line.start([...PROXY, '--session', session]);
  const url = (await proxy.ready(1)).values().next().value!;
  expect(addressOf(url).port).toBeGreaterThan(0);
  expect((await proxy.stop()).code).toBe(0);
  const bytes = readFileSync(session);
  for (const share of [0.1, 0.5, 0.9]) {
    const { code, err } = await line.run([
      'decode',
      line.path('cut.ipsession', bytes.subarray(0, bytes.length * share)),
    ]);
    expect([0, 2]).toContain(code);
    expect(err).not.toMatch(/\n\s+at /);
    if (code === 2) expect(err).toMatch(/^interpose: .*cut\.ipsession.*\n$/);
  }
});
