import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ApiServer, startApiServer } from './api-server.ts';
import { isToken, refusalOf } from './gate.ts';
import { talkEngine, type TalkEngine, TestClient } from './testing/talk-engine.ts';

let talk: TalkEngine;
let server: ApiServer;
beforeAll(async () => {
  talk = await talkEngine();
  server = await startApiServer(talk.engine, { tokenMs: 200 });
});
afterAll(async () => {
  await server.close();
  await talk.engine.close();
});

interface Case {
  readonly name: string;
  readonly host?: string;
  readonly origin?: string | null;
  readonly site?: string;
  readonly mode?: string;
}

function http(
  path: string,
  method: string,
  c: Case,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  const own = `127.0.0.1:${server.port}`;
  const headers: Record<string, string> = { host: c.host ?? own };
  if (c.origin !== undefined && c.origin !== null) headers.origin = c.origin;
  if (c.site !== undefined) headers['sec-fetch-site'] = c.site;
  if (c.mode !== undefined) {
    headers['sec-fetch-mode'] = c.mode;
    headers['sec-fetch-dest'] = 'document';
  }
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** How the server ends a WebSocket attempt: an HTTP status, or a close code. */
function webSocket(c: Case, first: unknown): Promise<number> {
  const own = `127.0.0.1:${server.port}`;
  const socket = new WebSocket(`ws://${own}/api`, {
    ...(c.origin === null ? {} : { origin: c.origin ?? `http://${own}` }),
    headers: { host: c.host ?? own, ...(c.site === undefined ? {} : { 'sec-fetch-site': c.site }) },
  });
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('open', () => {
      if (first !== undefined) socket.send(typeof first === 'string' ? first : JSON.stringify(first));
      // A request without a right to be heard must not be answered.
      socket.send(JSON.stringify({ id: 1, verb: 'session.info', args: {} }), () => undefined);
    });
    socket.on('message', () => resolve(200));
    socket.on('close', (code) => resolve(code));
  });
}

const OTHER = 'http://evil.example';

test.each<Case>([
  { name: 'another name for this machine', host: 'evil.example:80' },
  { name: 'our name without the port', host: '127.0.0.1' },
  { name: 'another port', host: '127.0.0.1:1' },
  { name: 'a name that begins like ours', host: 'localhost.evil.example' },
])('HTTP that asks for $name is refused', async (c) => {
  for (const path of ['/', '/download/x', '/upload/x']) {
    expect((await http(path, 'GET', c)).status).toBe(421);
    expect((await http(path, 'POST', c)).status).toBe(421);
  }
  expect(await webSocket(c, { token: server.token })).toBe(421);
});

test.each<Case>([
  { name: 'another origin', origin: OTHER },
  { name: 'an origin that begins like ours', origin: 'http://127.0.0.1.evil.example' },
  { name: 'the null origin', origin: 'null' },
  { name: 'another scheme', origin: 'https://127.0.0.1' },
])('requests from $name are refused', async (c) => {
  expect((await http('/', 'GET', c)).status).toBe(403);
  expect((await http('/upload/x', 'POST', c)).status).toBe(403);
  expect(await webSocket(c, { token: server.token })).toBe(403);
});

test('a write or a WebSocket without an origin is refused', async () => {
  expect((await http('/upload/x', 'POST', { name: '' })).status).toBe(403);
  expect(await webSocket({ name: '', origin: null }, { token: server.token })).toBe(403);
});

test.each(['cross-site', 'same-site'])(
  'what the browser marks as %s is refused, except following a link to the page',
  async (site) => {
    const own = `http://127.0.0.1:${server.port}`;
    expect((await http('/', 'GET', { name: '', site })).status).toBe(403);
    expect((await http('/download/x', 'GET', { name: '', site, mode: 'cors' })).status).toBe(403);
    expect((await http('/upload/x', 'POST', { name: '', site, origin: own })).status).toBe(403);
    expect(await webSocket({ name: '', site }, { token: server.token })).toBe(403);
    expect((await http('/', 'GET', { name: '', site, mode: 'navigate' })).status).toBe(200);
  },
);

test.each([
  ['no token', {}],
  ['a wrong token', { token: 'A'.repeat(43) }],
  ['a token that is no text', { token: [1] }],
  ['a request in place of the token', { id: 1, verb: 'session.info', args: {} }],
  ['something that is no JSON', 'hello'],
  ['a first message without end', 'x'.repeat(10_000)],
])('a WebSocket with %s is closed with 4401 and never answered', async (_name, first) => {
  expect(await webSocket({ name: '' }, first)).toBe(4401);
});

test('a WebSocket that says nothing is closed when the time for the token is over', async () => {
  const own = `127.0.0.1:${server.port}`;
  const socket = new WebSocket(`ws://${own}/api`, { origin: `http://${own}` });
  expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4401);
});

test('a page of another version is told to reload', async () => {
  expect(await webSocket({ name: '' }, { token: server.token, version: 999 })).toBe(4400);
});

test('a WebSocket elsewhere than at /api is refused', async () => {
  const own = `127.0.0.1:${server.port}`;
  const socket = new WebSocket(`ws://${own}/other`, { origin: `http://${own}` });
  socket.on('error', () => undefined);
  expect(await new Promise((resolve) => socket.on('unexpected-response', (_q, r) => resolve(r.statusCode)))).toBe(404);
  socket.terminate();
});

test('with everything right the client is heard, by either loopback name', async () => {
  const client = await TestClient.connect(server);
  expect(await client.request('session.info', {})).toMatchObject({ recording: true, frames: 0 });
  await client.close();
  const localhost = `localhost:${server.port}`;
  expect(await webSocket({ name: '', host: localhost, origin: `http://${localhost}` }, { token: server.token })).toBe(
    200,
  );
});

test('every answer forbids scripts from elsewhere, framing and sniffing', async () => {
  for (const [path, method] of [
    ['/', 'GET'],
    ['/nothing', 'GET'],
    ['/upload/none', 'POST'],
  ] as const) {
    const { headers } = await http(path, method, {
      name: '',
      ...(method === 'POST' ? { origin: `http://127.0.0.1:${server.port}` } : {}),
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('paths never lead out of the page', async () => {
  for (const path of [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '//etc/passwd',
    '/index.html/..',
  ]) {
    expect((await http(path, 'GET', { name: '' })).status).toBe(404);
  }
});

test('tokens are compared whole', () => {
  expect(isToken('abc', 'abc')).toBe(true);
  for (const wrong of ['', 'ab', 'abcd', 'abd', undefined, null, 3, ['abc']]) expect(isToken(wrong, 'abc')).toBe(false);
});

test('a development origin is let in only when it was asked for', () => {
  const headers = { host: '127.0.0.1:9', origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' };
  expect(refusalOf('GET', headers, 'websocket', { port: 9 })?.status).toBe(403);
  expect(refusalOf('GET', headers, 'websocket', { port: 9, devOrigin: 'http://localhost:5173' })).toBeUndefined();
});
