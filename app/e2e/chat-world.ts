/** The real engine with a chat server behind its proxy: one whole visit recorded, then visitors for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { RunningClients } from '../../fixtures/fixture.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';
import { launch, open, type OpenPage, ROW } from './browser.ts';

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

/** What a test has before it: the world, and a page of its own that shows rows. */
export interface InChatWorld extends OpenPage {
  readonly browser: Browser;
  readonly world: ChatWorld;
}

/** For a `describe`: a browser and the world once, for each test new visitors and a new page, told to `use`. */
export function inChatWorld(use: (now: InChatWorld) => void): void {
  let browser: Browser;
  let world: ChatWorld;
  let last: OpenPage | undefined;
  beforeAll(async () => {
    [browser, world] = await Promise.all([launch(), startChatWorld()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  beforeEach(async () => {
    await last?.page.context().close();
    await world.visitors();
    last = await open(browser, world.url);
    await last.page.waitForSelector(ROW);
    use({ ...last, browser, world });
  });
}

/** Address of a new proxy in front of a chat server. */
export async function proxyTo(started: StartedEngine, upstream: string): Promise<string> {
  const { url } = await started.engine.call('proxy.start', {
    spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream, protocol: 'socketchat' },
  });
  return url ?? '';
}
