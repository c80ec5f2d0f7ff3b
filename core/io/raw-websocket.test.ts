import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { loopbackCertificate } from '../../fixtures/socketchat/certificate.ts';
import { writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { TargetConnection } from '../replay/target.ts';
import { createFuzzTarget } from './target-fuzz.ts';
import { listenTarget } from './target-listen.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function serve(onMessage: (connection: TargetConnection, text: string) => void): Promise<string> {
  const how = { url: 'ws://127.0.0.1:0', framing: { kind: 'message' }, isRaw: true } as const;
  const listening = await listenTarget(how, (open) => {
    const connection = open({
      frame: ({ bytes: payload, carrier }) => {
        if ('opcode' in carrier && carrier.opcode === 'text') onMessage(connection, new TextDecoder().decode(payload));
      },
      ended: () => undefined,
    });
  });
  closers.push(() => listening.close());
  return listening.url;
}

test('as a server: what is asked to be written goes out as it is, everything else as it should be', async () => {
  const url = await serve((connection, text) => {
    connection.send({ bytes: bytes(`${text}!`) });
    const [front, back] = [writeWireFrame(bytes('in '), 1, { fin: false }), writeWireFrame(bytes('two'), 0)];
    for (const wire of [front, back]) connection.send({ bytes: bytes('not this'), wire });
  });
  const client = new WebSocket(url, ['chess', 'go']);
  const heard: string[] = [];
  client.on('message', (data) => heard.push((data as Buffer).toString()));
  await once(client, 'open');
  expect(client.protocol).toBe('chess');
  client.send('hello');
  await vi.waitFor(() => expect(heard).toEqual(['hello!', 'in two']), 5000);
  client.close(4001);
  expect((await once(client, 'close'))[0]).toBe(4001);
});

test('as a server: who asks for a page is told what is spoken here', async () => {
  const url = await serve(() => undefined);
  const answer = await fetch(url.replace('ws:', 'http:'));
  expect(answer.status).toBe(426);
});

test('over TLS, either side may break the connection off', async () => {
  const certificate = () => loopbackCertificate();
  const how = { url: 'wss://127.0.0.1:0', framing: { kind: 'message' }, isRaw: true, certificate } as const;
  const told: string[] = [];
  const listening = await listenTarget(how, (open) => {
    const connection = open({
      frame: ({ bytes: payload }) => {
        if (new TextDecoder().decode(payload) === 'go') connection.reset();
        else connection.send({ bytes: payload });
      },
      ended: ({ by }) => told.push(`server: ${by}`),
    });
  });
  closers.push(() => listening.close());
  const target = createFuzzTarget({ verify: false });
  const url = parseEndpointUrl(listening.url);
  const connect = (heard: (text: string) => void): Promise<TargetConnection> =>
    target.connect(
      { url, framing: how.framing },
      {
        frame: ({ bytes: payload }) => heard(new TextDecoder().decode(payload)),
        ended: ({ by }) => told.push(`client: ${by}`),
      },
    );
  const first = await connect(() => first.reset());
  first.send({ bytes: bytes('hello') });
  await vi.waitFor(() => expect(told).toHaveLength(2), 5000);
  expect(told[0]).toBe('client: client');
  const second = await connect(() => undefined);
  second.send({ bytes: bytes('go') });
  await vi.waitFor(() => expect(told).toHaveLength(4), 5000);
  expect(told[2]).toBe('server: server');
});

/** Such a socket would never be closed, and Node would spin on it as long as it lives. */
test('as a client: a server that hangs up leaves no socket behind', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', () => socket.close()));
  await once(server, 'listening');
  closers.push(() => server.close());
  const target = createFuzzTarget();
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const before = sockets();
  const url = parseEndpointUrl(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  for (let i = 0; i < 5; i++) {
    let tell = (): void => undefined;
    const hasEnded = new Promise<void>((resolve) => (tell = resolve));
    const events = { frame: () => undefined, ended: () => tell() };
    const connection = await target.connect({ url, framing: { kind: 'message' } }, events);
    connection.send({ bytes: bytes('bye') });
    await hasEnded;
    // As a case does when it is over, while the end is still on its way out.
    connection.reset();
  }
  await vi.waitFor(() => expect(sockets()).toBe(before), 5000);
});
