/** Stands before a server and keeps what each connection brings. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Closers } from '../../../io/testing/replay-world.ts';

/** What one connection brought, and whether the server was the one to end it. */
export interface Came {
  readonly parts: Buffer[];
  isEndedByServer: boolean;
}

/** @param url of the server behind it, `tcp://` */
export async function wiretap(closers: Closers, url: string): Promise<{ url: string; came: readonly Came[] }> {
  const came: Came[] = [];
  const server = createServer((socket) => {
    const own: Came = { parts: [], isEndedByServer: false };
    came.push(own);
    const onward = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('data', (data) => {
      own.parts.push(data);
      onward.write(data);
    });
    onward.on('data', (data) => socket.write(data));
    onward.on('end', () => (own.isEndedByServer = true));
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.add(() => server.close());
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
}
