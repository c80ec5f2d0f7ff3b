/** The real engine with a chat server behind its proxy: one whole visit recorded, then visitors for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningClients } from '../../fixtures/fixture.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';

export interface ChatWorld {
  readonly home: string;
  readonly started: StartedEngine;
  /** URL of the page, with its token. */
  readonly url: string;
  /** The chat server itself. */
  readonly server: string;
  /** Visitors anew: those of the test before may wait for ever for an answer that was changed on its way. */
  visitors(): Promise<void>;
  close(): Promise<void>;
}

export async function startChatWorld(): Promise<ChatWorld> {
  const home = mkdtempSync(join(tmpdir(), 'interpose-chat-'));
  const [started, server] = await Promise.all([
    startEngine({ home, log: 'quiet' }),
    socketchat.startServer({ seed: 1, pace: 'fast' }),
  ]);
  const upstream = server.endpoints['plain'] ?? '';
  const plain = await proxyTo(started, upstream);
  await socketchat.startClients({ endpoints: { plain }, seed: 1, pace: 'fast', once: true }).done;
  let clients: RunningClients | undefined;
  let seed = 7;
  return {
    home,
    started,
    url: started.url ?? '',
    server: upstream,
    async visitors() {
      // And pages anew, set up as at first.
      rmSync(join(home, 'look.json'), { force: true });
      await clients?.stop();
      clients = socketchat.startClients({ endpoints: { plain }, seed: seed++, pace: 'human', once: false });
      clients.done.catch(() => undefined);
    },
    async close() {
      await clients?.stop();
      await started.close();
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Address of a new proxy in front of a chat server. */
export async function proxyTo(started: StartedEngine, upstream: string): Promise<string> {
  const { url } = await started.engine.call('proxy.start', {
    spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream, protocol: 'socketchat' },
  });
  return url ?? '';
}
