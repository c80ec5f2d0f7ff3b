/**
 * Programs that are not ours on either side of `interpose proxy`: a browser, OpenSSL, curl, and Python's own WebSocket library.
 * What is missing on a machine is skipped with a word about it.
 */
import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { loadFixture } from '../../fixtures/index.ts';
import type { RunningServer } from '../../fixtures/fixture.ts';
import { loopbackCertificate } from '../../fixtures/socketchat/certificate.ts';
import { addressOf, CommandLine, type FrameLine, jsonLines, type Running } from './command-line.ts';

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
const missing = (what: string): undefined => {
  console.warn(`SKIPPED: ${what} is not on this machine; tests that need it cannot run.`);
  return undefined;
};
const CHROMIUM =
  [process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'].find((path) => works(path, '--version')) ??
  missing('Chromium (apt install chromium, or CHROMIUM_PATH)');
const PYTHON =
  ['python3', '/usr/bin/python3'].find((python) => works(python, '-c', 'import websockets.client')) ??
  missing('Python with websockets (apt install python3-websockets)');
const OPENSSL = ['openssl'].find((name) => works(name, 'version')) ?? missing('openssl');
const CURL = ['curl'].find((name) => works(name, '--version')) ?? missing('curl');

let line: CommandLine;
afterEach(() => line.end());

async function world(name: string, options: Record<string, string> = {}): Promise<RunningServer> {
  const server = await (await loadFixture(name)).startServer({ seed: 1, options });
  line.onEnd(() => server.close());
  return server;
}
async function decode(session: string): Promise<FrameLine[]> {
  const ended = await line.run(['decode', session, '--format', 'jsonl']);
  expect(ended.code).toBe(0);
  return jsonLines<FrameLine>(ended);
}
/** The authority's certificate, as a user gets it. */
async function authority(): Promise<{ path: string; spki: string }> {
  const path = line.path('ca.pem');
  await line.run(['ca', 'export', '-o', path, '--ca-dir', line.path('authority')]);
  const { out } = await line.run(['ca', 'export', '--ca-dir', line.path('authority')]);
  const key = new X509Certificate(out).publicKey.export({ type: 'spki', format: 'der' });
  return { path, spki: createHash('sha256').update(key).digest('base64') };
}
function startProxy(listen: string, upstream: string, protocol: string, ...args: string[]): Running {
  const given = ['--listen', listen, '--upstream', upstream, '--protocol', protocol];
  return line.start(['proxy', ...given, '--session', 'peers.ipsession', '--ca-dir', line.path('authority'), ...args]);
}
const only = async (proxy: Running): Promise<string> => [...(await proxy.ready(1)).values()][0]!;

test.skipIf(CHROMIUM === undefined).each(['ws', 'wss'])(
  'a browser loads the game’s page through a %s:// proxy and plays over its socket',
  async (scheme) => {
    line = new CommandLine();
    const server = await world('muddery');
    const { spki } = await authority();
    const proxy = startProxy(`${scheme}://127.0.0.1:0/`, server.endpoints['game']!, 'muddery');
    const { port } = addressOf(await only(proxy));
    const launch = (...args: string[]) =>
      chromium.launch({
        executablePath: CHROMIUM!,
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...args],
      });
    const address = `${scheme === 'wss' ? 'https' : 'http'}://localhost:${port}/`;
    if (scheme === 'wss') {
      // A browser that was not told to trust our authority refuses, so what follows shows that the certificate is ours and right.
      const careful = await launch();
      line.onEnd(() => careful.close());
      await expect((await careful.newPage()).goto(address)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
      await careful.close();
    }
    const browser = await launch(`--ignore-certificate-errors-spki-list=${spki}`);
    line.onEnd(() => browser.close());
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(address);
    await page.fill('#username', 'browser');
    await page.fill('#password', 'through-us');
    await page.click('button[value=create]');
    await page.fill('#character-name', 'Puck');
    await page.click('#new-character button');
    await page.click('#character-list button >> nth=0');
    await page.locator('#room', { hasText: /./ }).waitFor();
    await page.click('#exits button >> nth=0');
    await page.fill('#words', 'hello through the wire');
    await page.click('#say button');
    await page.locator('#log li', { hasText: 'hello through the wire' }).first().waitFor();
    expect(faults).toEqual([]);
    await browser.close();
    expect((await proxy.stop()).code).toBe(0);
    const frames = await decode('peers.ipsession');
    const messages = frames.filter((f) => f.carrier['opcode'] === 'text');
    const names = new Set(messages.flatMap((f) => [f.message, ...(f.messages ?? []).map((m) => m.message)]));
    for (const name of ['unloggedin_look', 'create', 'char_create', 'puppet', 'traverse', 'say', 'look_around'])
      expect(names).toContain(name);
    expect(new Set(messages.map((f) => f.transport))).toEqual(new Set([scheme]));
    expect(messages.flatMap((f) => f.expert.filter((e) => e.severity === 'error'))).toEqual([]);
  },
);

test.skipIf(OPENSSL === undefined)('openssl s_client verifies our certificate and talks through tls://', async () => {
  line = new CommandLine();
  const server = await world('socketchat');
  const { path } = await authority();
  const proxy = startProxy('tls://127.0.0.1:0', server.endpoints['tls']!, 'socketchat', '--insecure');
  const { port } = addressOf(await only(proxy));
  const args = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-verify_return_error', '-quiet'];
  const stranger = line.spawn(OPENSSL!, ['s_client', ...args]);
  expect((await stranger.ended).code).not.toBe(0);
  const client = line.spawn(OPENSSL!, ['s_client', ...args, '-CAfile', path]);
  client.child.stdin!.write('{"Command": "01", "Name": "alice1"}');
  await client.find((out) => (out.includes('"Command": "11"') || out.includes('"Command":"11"') ? true : undefined));
  await client.kill();
  expect((await proxy.stop()).code).toBe(0);
  const frames = await decode('peers.ipsession');
  expect(frames.slice(0, 2).map((f) => [f.dir, f.transport, f.message])).toEqual([
    ['c2s', 'tls', 'login'],
    ['s2c', 'tls', 'login_result'],
  ]);
});

test.skipIf(CURL === undefined)(
  'curl reaches plain and secure servers through SOCKS5 and HTTP CONNECT listeners of one file',
  async () => {
    line = new CommandLine();
    const { path } = await authority();
    const own = await loopbackCertificate();
    const secure = createHttpsServer(own, (_request, response) => response.end('a secret page')).listen(0, '127.0.0.1');
    line.onEnd(() => {
      secure.closeAllConnections();
      secure.close();
    });
    await once(secure, 'listening');
    const securePort = (secure.address() as AddressInfo).port;
    const game = addressOf((await world('muddery')).endpoints['game']!);
    line.path('server.pem', own.cert);
    const shared = `
    targets:
      - { match: "*:${securePort}", transport: tls }
      - { match: "*:${game.port}", transport: ws, protocol: muddery }
    tls: { ca: server.pem }`;
    line.path(
      'interpose.yaml',
      `proxies:
  - name: socks
    listen: socks5://127.0.0.1:0${shared}
  - name: connect
    listen: http://127.0.0.1:0${shared}
`,
    );
    const proxy = line.start([
      'proxy',
      '--config',
      'interpose.yaml',
      '--session',
      'peers.ipsession',
      '--ca-dir',
      line.path('authority'),
    ]);
    const urls = await proxy.ready(2);
    const roads = [
      ['--socks5-hostname', `127.0.0.1:${addressOf(urls.get('socks')!).port}`],
      ['--proxytunnel', '--proxy', `http://127.0.0.1:${addressOf(urls.get('connect')!).port}`],
    ];
    const curl = async (...args: string[]): Promise<string> => {
      const ended = await line.spawn(CURL!, ['--silent', '--show-error', '--max-time', '15', ...args]).ended;
      expect(ended.err).toBe('');
      expect(ended.code).toBe(0);
      return ended.out;
    };
    for (const road of roads) {
      expect(await curl(...road, `http://localhost:${game.port}/`)).toContain('灯塔镇');
      expect(await curl(...road, '--cacert', path, `https://localhost:${securePort}/`)).toBe('a secret page');
    }
    expect((await proxy.stop()).code).toBe(0);
    const texts = (await decode('peers.ipsession')).map((f) => Buffer.from(f.bytes, 'hex').toString());
    expect(texts.filter((text) => text.includes('a secret page'))).toHaveLength(2);
  },
);

test.skipIf(CURL === undefined)('a SOCKS5 listener needs no file', async () => {
  line = new CommandLine();
  const game = addressOf((await world('muddery')).endpoints['game']!);
  const proxy = line.start(['proxy', '--listen', 'socks5://127.0.0.1:0', '--session', 'peers.ipsession']);
  const { port } = addressOf(await only(proxy));
  const { out, code } = await line.spawn(CURL!, [
    '-sS',
    '--max-time',
    '15',
    '--socks5-hostname',
    `127.0.0.1:${port}`,
    `http://localhost:${game.port}/`,
  ]).ended;
  expect(code).toBe(0);
  expect(out).toContain('灯塔镇');
  await proxy.stop();
});

/** Echoes; on "bye" it closes with a code and reason of its own. Tells its port, then each message and how the client left. */
const PYTHON_SERVER = `
import asyncio, json, sys, websockets
async def talk(ws, path=None):
    try:
        async for message in ws:
            print(json.dumps(['server', message if isinstance(message, str) else message.hex()]), flush=True)
            if message == 'bye':
                await ws.close(4321, 'as you wish')
            else:
                await ws.send(message)
    except websockets.ConnectionClosed:
        pass
    print(json.dumps(['closed', ws.close_code, ws.close_reason]), flush=True)
async def main():
    async with websockets.serve(talk, '127.0.0.1', 0, subprotocols=['game'], max_size=None, compression=sys.argv[1] if sys.argv[1] != 'none' else None) as server:
        print(json.dumps(['port', server.sockets[0].getsockname()[1]]), flush=True)
        await asyncio.Future()
asyncio.run(main())
`;
const PYTHON_CLIENT = `
import asyncio, json, sys, websockets
async def main():
    heard = []
    async with websockets.connect(sys.argv[1], subprotocols=['game'], max_size=None, compression=sys.argv[2] if sys.argv[2] != 'none' else None) as ws:
        heard.append(ws.subprotocol)
        async def ask(message):
            await ws.send(message)
            answer = await ws.recv()
            heard.append(answer if isinstance(answer, str) else answer.hex())
        await ask('plain')
        await ask('多字节 👾')
        await ask(bytes(range(256)))
        await ask('')
        async def parts():
            for part in ['in ', 'three ', 'fragments']:
                yield part
        await ask(parts())
        for i in range(50):
            await ask('the same text again and again %d' % (i % 7))
        await ask('x' * 300000)
        await (await ws.ping(b'are you there'))
        heard.append('pong')
        await ws.send('bye')
        try:
            await ws.recv()
        except websockets.ConnectionClosed as closed:
            heard.append([closed.rcvd.code, closed.rcvd.reason])
    print(json.dumps(heard))
asyncio.run(main())
`;

test.skipIf(PYTHON === undefined).each(['deflate', 'none'])(
  'Python’s websockets on both sides (compression %s) hear through a ws:// proxy what they hear without',
  async (compression) => {
    line = new CommandLine();
    const client = line.path('client.py', PYTHON_CLIENT);
    const server = line.spawn(PYTHON!, [line.path('server.py', PYTHON_SERVER), compression]);
    const port = await server.find((out) => /\["port", (\d+)\]/.exec(out)?.[1]);
    const proxy = startProxy('ws://127.0.0.1:0', `ws://127.0.0.1:${port}`, 'auto');
    const through = await only(proxy);
    const talk = async (url: string): Promise<{ client: unknown[]; server: string }> => {
      const before = server.out.length;
      const ended = await line.spawn(PYTHON!, [client, url, compression]).ended;
      expect(ended.err).toBe('');
      await server.find((out) => (out.slice(before).includes('["closed"') ? true : undefined));
      return { client: JSON.parse(ended.out) as unknown[], server: server.out.slice(before) };
    };
    const direct = await talk(`ws://127.0.0.1:${port}/play?seat=1`);
    expect(direct.client.at(-1)).toEqual([4321, 'as you wish']);
    expect(await talk(`${through.replace(/\/$/, '')}/play?seat=1`)).toEqual(direct);
    await server.kill();
    expect((await proxy.stop()).code).toBe(0);
    const frames = await decode('peers.ipsession');
    const sent = frames.filter((f) => f.dir === 'c2s' && ['text', 'binary'].includes(String(f.carrier['opcode'])));
    expect(sent).toHaveLength(57);
    expect(sent[0]!.carrier['compressed'] ?? false).toBe(compression === 'deflate');
    expect(Buffer.from(sent[2]!.bytes, 'hex')).toEqual(Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)));
    expect(sent[4]!.carrier['fragments']).toBeGreaterThanOrEqual(3);
    expect(Buffer.from(sent[4]!.bytes, 'hex').toString()).toBe('in three fragments');
    const control = frames.map((f) => String(f.carrier['opcode']));
    for (const opcode of ['ping', 'pong', 'close']) expect(control).toContain(opcode);
  },
);

test.skipIf(PYTHON === undefined).each([
  ['a ws:// listener', 'ws'],
  ['an HTTP CONNECT listener', 'http'],
])('Python talks to our muddery world through %s', async (_what, scheme) => {
  line = new CommandLine();
  const game = (await world('muddery', { generation: 'g3' })).endpoints['game']!;
  const target = `127.0.0.1:${addressOf(game).port}`;
  line.path(
    'interpose.yaml',
    `proxies:
  - name: game
    listen: ${scheme}://127.0.0.1:0
    protocol: muddery
${scheme === 'ws' ? `    upstream: ${game}` : `    targets: [{ match: "${target}", transport: ws, protocol: muddery }]`}
`,
  );
  const proxy = line.start(['proxy', '--config', 'interpose.yaml', '--session', 'peers.ipsession']);
  const { port } = addressOf(await only(proxy));
  const script = line.path(
    'player.py',
    `
import asyncio, json, socket, sys, websockets
async def main():
    sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    if sys.argv[2] == 'http':
        sock.sendall(b'CONNECT %s HTTP/1.1\\r\\n\\r\\n' % sys.argv[3].encode())
        assert sock.recv(4096).startswith(b'HTTP/1.1 200')
    async with websockets.connect('ws://%s/' % sys.argv[3], sock=sock) as ws:
        await ws.send(json.dumps({'cmd': 'first_connect', 'args': {}, 'sn': 0}))
        while True:
            answer = json.loads(await ws.recv())
            if 'response' in answer and answer['response']['sn'] == 0:
                print(answer['response']['code'])
                return
asyncio.run(main())
`,
  );
  const { out, err } = await line.spawn(PYTHON!, [script, String(port), scheme, target]).ended;
  expect({ out, err }).toEqual({ out: '0\n', err: '' });
  expect((await proxy.stop()).code).toBe(0);
  const frames = await decode('peers.ipsession');
  expect(frames.slice(0, 2).map((f) => [f.protocol, f.message])).toEqual([
    ['muddery', 'first_connect'],
    ['muddery', 'response'],
  ]);
});
