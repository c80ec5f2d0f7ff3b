/** What `npm start` shows: a page behind its gate, five protocols alive at once, and in time every message their servers and clients can send. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { protocols } from '../../dissectors/index.ts';
import type { CoverageReport } from '../../core/protocol/coverage.ts';
import { CommandLine, ROOT } from './command-line.ts';

let line: CommandLine;
afterEach(() => line.end());

const WORLDS = ['fco', 'mana', 'mjsonp', 'muddery', 'socketchat'];

interface Connected {
  readonly protocol: string;
  readonly frames: number;
  readonly understood: number;
}

/** The page's WebSocket, by hand: token first, then requests. */
class PageClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (answer: { ok?: unknown; error?: { message: string } }) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return;
      const answer = JSON.parse(data.toString()) as { id?: number; ok?: unknown; error?: { message: string } };
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
    });
  }

  static open(origin: string, token: string): Promise<PageClient> {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api`, { origin });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => {
        socket.send(JSON.stringify({ token }));
        resolve(new PageClient(socket));
      });
    });
  }

  ask<T>(verb: string, args: object = {}): Promise<T> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ ok, error }) =>
        error === undefined ? resolve(ok as T) : reject(new Error(error.message)),
      );
      this.#socket.send(JSON.stringify({ id, verb, args }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/** Close code, or the status of a refused upgrade. */
function refusal(url: string, origin: string | undefined, first: string): Promise<number> {
  const socket = new WebSocket(url, origin === undefined ? {} : { origin });
  return new Promise((resolve) => {
    socket.on('open', () => socket.send(first));
    socket.on('close', (code) => resolve(code));
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => undefined);
  });
}

test('the page answers, refuses whoever has no token, and shows five protocols alive', async () => {
  line = new CommandLine();
  expect(existsSync(join(ROOT, 'build/ui/index.html')), 'the page is built: npm run -s build:ui').toBe(true);
  const demo = line.start(['demo', '--no-open', '--session', 'demo.ipsession']);
  const [, origin, token] = await demo.find(
    (out) => /^Interpose is at (http:\S+)\/#token=(\S+)$/m.exec(out) ?? undefined,
  );

  const page = await fetch(`${origin}/`);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('<title>');
  expect(html).not.toContain(token);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const script = /src="([^"]+\.js)"/.exec(html)![1]!;
  expect((await fetch(new URL(script, `${origin}/`))).status).toBe(200);
  const api = `${origin!.replace('http', 'ws')}/api`;
  expect(await refusal(api, origin, '{}')).toBe(4401);
  expect(await refusal(api, origin, JSON.stringify({ token: `${token}x` }))).toBe(4401);
  expect(await refusal(api, 'http://elsewhere.example', JSON.stringify({ token }))).toBe(403);
  expect(await refusal(api, undefined, JSON.stringify({ token }))).toBe(403);

  const opened = performance.now();
  const client = await PageClient.open(origin!, token!);
  const alive = async (): Promise<string[]> => {
    const connections = await client.ask<readonly Connected[]>('connections.list');
    return [
      ...new Set(connections.filter((c) => c.frames > 2 && c.understood > 0.5).map((c) => c.protocol)),
    ].toSorted();
  };
  let seen: string[] = [];
  while (performance.now() - opened < 30_000) {
    seen = await alive();
    if (WORLDS.every((id) => seen.includes(id))) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(seen).toEqual(expect.arrayContaining(WORLDS));
  const seconds = (performance.now() - opened) / 1000;
  // Ten seconds are promised on a machine that has nothing else to do; here others may run beside it.
  if (seconds > 10)
    console.warn(`five protocols were alive ${seconds.toFixed(1)} s after the page opened, not within 10`);
  const info = await client.ask<{ frames: number; lost: number; recording: boolean }>('session.info');
  expect(info).toMatchObject({ lost: 0, recording: true });
  client.close();
  expect(await demo.stop()).toMatchObject({ code: 0, err: '' });
  expect((await line.run(['stats', 'demo.ipsession', '--json'])).code).toBe(0);
});

/**
 * Documented, but sent by nobody that is known: named here one by one, so that nothing is left out of the coverage unseen.
 * The reasons stand in the README of each dissector.
 */
const NOBODY_SENDS: Readonly<Record<string, readonly string[]>> = {
  // 108, 705 (both meanings), 706 and -1 are classes without a sender; 213 and 227 are defined in the server and never used; the
  // server throws on its way to 254; 244 stands in the list only, what goes out is 224.
  fco: [
    'enemy_attack_result',
    'finish_complete',
    'item_error',
    'model_setting',
    'player_skill_use',
    'reconnect',
    'reward_ok',
    'skill_master',
    'skill_use',
  ],
  // Numbers without code that sends them; the login by Stellar account is known to one client only, and to no server.
  mana: [
    'APMSG_STELLAR_LOGIN_RESPONSE',
    'GPMSG_ABILITY_REMOVED',
    'GPMSG_NPC_POST_GET',
    'GPMSG_USE_RESPONSE',
    'PAMSG_STELLAR_LOGIN',
  ],
  mjsonp: [],
  // Left over from the engine below the game, and what the page handles though no server sends it.
  muddery: [
    'created',
    'debug',
    'err',
    'honour_combat',
    'logout',
    'out',
    'player_offline',
    'player_online',
    'prompt',
    'state',
    'sys',
  ],
  socketchat: [],
};
/** Not of the seed: what only other versions of a protocol have than the one that its seed describes and the demo plays. */
const OTHER_VERSIONS: Readonly<Record<string, (name: string, dialects: readonly string[] | undefined) => boolean>> = {
  // What 203 and 204 meant until October 2019; the seed is of a later revision.
  fco: (_name, dialects) => dialects?.every((dialect) => dialect === 'legacy') === true,
  // Games of three.
  mjsonp: (name) => name === 'kita' || name === 'nukidora',
  // The seed documents 0.8.0.
  muddery: (_name, dialects) => dialects !== undefined && !dialects.includes('g2'),
  mana: (_name, dialects) => dialects !== undefined && !dialects.includes('seed'),
};

test('the messages that nobody sends are the ones known by name', () => {
  for (const id of WORLDS) {
    const { messages } = protocols.find((p) => p.id === id)!;
    const silent = new Set(messages.filter((m) => m.neverSent === true).map((m) => m.name));
    expect([...silent].toSorted(), id).toEqual(NOBODY_SENDS[id]);
  }
});

// The mahjong table by itself: its rare events take several games, for which the others would leave it little of a small machine.
test.each([[['mjsonp']], [WORLDS.filter((id) => id !== 'mjsonp')]])(
  'at full speed the demo comes to show every message that a server or client can send: %j',
  async (worlds) => {
    line = new CommandLine();
    const only = worlds.flatMap((id) => ['--only', id]);
    const demo = line.start(['demo', '--no-open', '--pace', 'fast', '--session', 'demo.ipsession', ...only]);
    await demo.find((out) => (out.includes('Interpose is at') ? true : undefined));
    const stopAt = performance.now() + 45_000;
    let missing = ['everything'];
    while (missing.length > 0 && performance.now() < stopAt) {
      await new Promise((resolve) => setTimeout(resolve, 2500));
      // Of a file that is being written: what it holds until now.
      const ended = await line.run(['coverage', 'demo.ipsession', '--json']);
      expect(ended.err).toBe('');
      missing = missingOf(worlds, JSON.parse(ended.out) as CoverageReport[]);
    }
    expect(missing).toEqual([]);
    expect(await demo.stop()).toMatchObject({ code: 0, err: '' });
  },
  90_000,
);

function missingOf(worlds: readonly string[], reports: readonly CoverageReport[]): string[] {
  return worlds.flatMap((id) => {
    const own = reports.filter((report) => report.protocol === id);
    return protocols
      .find((p) => p.id === id)!
      .messages.filter((m) => m.neverSent !== true && OTHER_VERSIONS[id]?.(m.name, m.dialects) !== true)
      .filter(({ name, direction }) => {
        const counts = own.flatMap((report) => report.messages.filter((m) => m.name === name));
        return !counts.some((m) => (direction === 'both' ? m.toServer + m.toClient : m[direction]) > 0);
      })
      .map((m) => `${id}: ${m.name} ${m.direction}`);
  });
}
