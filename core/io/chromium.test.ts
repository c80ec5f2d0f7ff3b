/** A browser as the client: a page and its socket, both through intercepted wss. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { afterEach, expect, test } from 'vitest';
import { makeTrust, scratch } from './tls-peers-for-tests.ts';
import { Ears } from './websocket-peers-for-tests.ts';
import { createWorld, portOf, say, type World } from './world-for-tests.ts';

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);
if (CHROMIUM === undefined)
  console.warn('SKIPPED: no Chromium on this machine; the browser test needs one (apt install chromium).');

let world: World | undefined;
afterEach(() => world?.end());

test.skipIf(CHROMIUM === undefined)(
  'Chromium loads a page and talks through wss with our authority',
  async () => {
    world = createWorld();
    const { local, remote } = await makeTrust(world);
    const page = `<script>
    const socket = new WebSocket('wss://' + location.host + '/play', 'game');
    socket.onopen = () => socket.send(${JSON.stringify(say('from the browser'))});
    socket.onmessage = (event) => socket.send(event.data.toUpperCase());
  </script>`;
    const server = createServer(await remote.leaf('localhost'), (_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(page);
    });
    const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    world.onEnd(() => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    });
    const proxy = await world.start(
      {
        listen: 'wss://127.0.0.1:0',
        upstream: `wss://127.0.0.1:${(server.address() as AddressInfo).port}`,
        tls: { ca: remote.path, serverName: 'localhost' },
      },
      { authority: () => Promise.resolve(local) },
    );
    const key = new X509Certificate(local.certificate).publicKey.export({ type: 'spki', format: 'der' });
    const trusted = createHash('sha256').update(key).digest('base64');
    const child = spawn(
      CHROMIUM!,
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--no-first-run',
        `--user-data-dir=${await scratch(world)}`,
        `--ignore-certificate-errors-spki-list=${trusted}`,
        `https://localhost:${portOf(proxy)}/`,
      ],
      { stdio: 'ignore', detached: true },
    );
    world.onEnd(async () => {
      const gone = once(child, 'exit');
      // The browser is a family of processes.
      process.kill(-child.pid!);
      await gone;
    });
    const [socket] = (await once(sockets, 'connection')) as [WebSocket];
    const ears = new Ears(socket);
    await ears.count(1);
    expect(ears.texts).toEqual([say('from the browser')]);
    socket.send('and back');
    await ears.count(2);
    expect(ears.texts[1]).toBe('AND BACK');
    await world.sink.until(() => world!.sink.frames.length >= 3);
    const connection = [...world.sink.connections.values()].find((c) => c.details['request'] === 'GET /play HTTP/1.1')!;
    expect(connection.details).toMatchObject({ 'response.sec-websocket-protocol': 'game', serverName: 'localhost' });
    expect(world.sink.texts()).toEqual([say('from the browser'), 'and back', 'AND BACK']);
  },
  60_000,
);
