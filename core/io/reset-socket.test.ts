import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { resetSocket } from './reset-socket.ts';

async function pair(): Promise<{ client: Socket; far: Socket; close(): void }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => undefined).resume();
  const close = (): void => {
    far.destroy();
    server.close();
  };
  return { client, far, close };
}

test('a reset right after an end closes the socket all the same', async () => {
  const { client, close } = await pair();
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  client.write('x');
  client.end();
  resetSocket(client);
  await new Promise((closed) => client.once('close', closed));
  resetSocket(client);
  expect(errors).toEqual([]);
  close();
});

test('otherwise the other side sees a reset', async () => {
  const { client, far, close } = await pair();
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => far.once('error', resolve));
  resetSocket(client);
  expect((await failed).code).toBe('ECONNRESET');
  close();
});
