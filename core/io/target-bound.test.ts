import { afterAll, afterEach, expect, test } from 'vitest';
import { createHost, type UdpHost } from '../enet-node/index.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { Ending } from '../replay/target.ts';
import { createTarget } from './target.ts';
import { BoundTarget } from './target-bound.ts';

const hosts: UdpHost[] = [];
const target = createTarget();
afterAll(() => target.close());
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function listening(): Promise<UdpHost> {
  const host = await createHost({ address: '127.0.0.1', port: 0, peerLimit: 4 });
  hosts.push(host);
  return host;
}

const howTo = (port: number) => ({
  url: parseEndpointUrl(`enet://127.0.0.1:${port}`),
  framing: { kind: 'message' } as const,
});

test('over ENet a connection ends with the process of the server, and no further one is tried', async () => {
  const host = await listening();
  let isRunning = true;
  const bound = new BoundTarget(target, () => isRunning);
  const endings: Ending[] = [];
  const events = { frame: () => undefined, ended: (ending: Ending) => void endings.push(ending) };
  const connection = await bound.connect(howTo(host.address.port), events);
  // Nobody answers this one.
  const silent = await createHost({ address: '127.0.0.1', port: 0, peerLimit: 1 });
  const { port } = silent.address;
  await silent.close();
  const pending = bound.connect({ ...howTo(port), timeoutMs: 60_000 }, events);
  isRunning = false;
  bound.processEnded();
  expect(connection.isOpen).toBe(false);
  expect(endings).toEqual([{ by: 'error', text: 'the target ended' }]);
  await expect(pending).rejects.toThrow('The target ended before it took the connection');
  await expect(bound.connect(howTo(host.address.port), events)).rejects.toThrow('The target has ended');
});

test('whoever drops an ENet connection is gone at once, and the server is told', async () => {
  const host = await listening();
  const ends: string[] = [];
  let isThere = (): void => undefined;
  const there = new Promise<void>((resolve) => (isThere = resolve));
  const left = new Promise<void>((resolve) => {
    host.on('connect', (peer) => {
      isThere();
      peer.on('disconnect', ({ reason }) => {
        ends.push(reason);
        resolve();
      });
    });
  });
  const connection = await target.connect(howTo(host.address.port), { frame: () => undefined, ended: () => undefined });
  await there;
  connection.drop?.();
  expect(connection.isOpen).toBe(false);
  await left;
  expect(ends).toEqual(['remote']);
});
