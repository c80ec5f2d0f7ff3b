import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { array, integer, literal, type Node, object, string } from '../schema/builders.ts';
import { defineProtocol } from '../protocol/define-protocol.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { RecordingBuilder, type Recording } from '../replay/recording.ts';
import { diffRuns } from '../replay/session-diff.ts';
import { IGNORE_NOTHING } from '../replay/compare.ts';
import { Conversation } from '../replay/conversation.ts';
import { createMemory } from '../relay/meaning.ts';
import { runCopies } from '../replay/copies.ts';
import { Replay } from '../replay/replay.ts';
import type { Connection, Direction } from '../traffic/frame.ts';
import { createSystemClock } from './system-clock.ts';
import { createSystemTimer } from './system-timer.ts';
import { createTarget } from './target.ts';
import { Closers, play, story } from './testing/replay-world.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

const message = (name: string, direction: Direction, shape: Readonly<Record<string, Node>>) => ({
  name,
  direction,
  node: object({ type: literal(name), ...shape }),
});
/** A shop: logging in gives a token, which every order shows; a bell rings for every order. */
const SHOP: Protocol = defineProtocol({
  id: 'shop',
  title: 'Shop',
  transports: ['tcp'],
  framing: { kind: 'lines' },
  messages: [
    message('login', 'toServer', { name: string() }),
    message('welcome', 'toClient', { token: string(), gold: integer() }),
    message('order', 'toServer', { token: string(), item: integer() }),
    message('sold', 'toClient', { item: integer(), gold: integer(), bag: array(integer()) }),
    message('bell', 'toClient', { rings: integer() }),
  ],
  json: { discriminator: { key: 'type', keep: true } },
  pairs: [
    { direction: 'toServer', request: ['login'], replies: ['welcome'] },
    { direction: 'toServer', request: ['order'], replies: ['sold'] },
  ],
});

const ORDERS = [3, 5, 3, 8, 5, 1];
type Change = { readonly kind: 'field' | 'missing' | 'extra' | 'slow' | 'none' | 'close'; readonly at: number };

function token(): string {
  return Array.from({ length: 24 }, () => 'abcdef0123456789'[Math.floor(Math.random() * 16)]).join('');
}

/** The shop, with one thing wrong about the answer to the order number `at`. */
async function shop(change: Change): Promise<string> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, change));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.add(() => server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serve(socket: Socket, change: Change): void {
  closers.add(() => socket.destroy());
  socket.on('error', () => undefined);
  const say = (value: object): void => void socket.write(`${JSON.stringify(value)}\n`);
  const own = token();
  const bag: number[] = [];
  let gold = 100;
  let orders = 0;
  let rest = '';
  socket.on('data', (chunk) => {
    rest += chunk.toString();
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const asked = JSON.parse(line) as { type: string; token?: string; item?: number };
      if (asked.type === 'login') say({ type: 'welcome', token: own, gold });
      if (asked.type !== 'order' || asked.token !== own) continue;
      const isChanged = change.at === orders++;
      gold -= asked.item!;
      bag.push(asked.item!);
      const sold = { type: 'sold', item: asked.item, gold, bag: [...bag] };
      const bell = { type: 'bell', rings: orders };
      const kind = isChanged ? change.kind : 'none';
      if (kind === 'close') {
        socket.destroy();
        return;
      }
      if (kind === 'slow') {
        setTimeout(() => [sold, bell].forEach(say), 700);
        continue;
      }
      if (kind !== 'missing') say(kind === 'field' ? { ...sold, gold: gold + 1 } : sold);
      say(bell);
      if (kind === 'extra') say(bell);
    }
  });
}

/** A visit as a recorder would have kept it, written down rather than recorded: the shop as it should be. */
function recording(): Recording {
  const builder = new RecordingBuilder();
  const connection: Connection = {
    id: 1,
    transport: 'tcp',
    client: { address: '127.0.0.1', port: 5000 },
    server: { address: '127.0.0.1', port: 7000 },
    protocol: 'shop',
    opened: 1000,
    details: {},
  };
  builder.connection(connection);
  const conversation = new Conversation(
    { connection, protocol: SHOP, options: {}, framing: { kind: 'lines' } },
    createMemory(),
  );
  let n = 0;
  const add = (direction: Direction, value: object): void => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const { dissected, summary } = conversation.see(bytes, direction);
    const time = 1000 + ++n * 0.002;
    const frame = {
      conn: 1,
      direction,
      time,
      mono: n,
      carrier: {},
      bytes,
      head: new Uint8Array(0),
      tail: Uint8Array.of(10),
    };
    builder.add({ ...frame, n, origin: 'wire', fate: 'forwarded', expert: [] }, connection, {
      protocol: SHOP,
      dissected,
      state: null,
      summary,
    });
  };
  const own = 'f00dcafe8badf00d12345678';
  add('toServer', { type: 'login', name: 'ann' });
  add('toClient', { type: 'welcome', token: own, gold: 100 });
  let gold = 100;
  ORDERS.forEach((item, i) => {
    gold -= item;
    add('toServer', { type: 'order', token: own, item });
    add('toClient', { type: 'sold', item, gold, bag: ORDERS.slice(0, i + 1) });
    add('toClient', { type: 'bell', rings: i + 1 });
  });
  return builder.build();
}

const FAST = { timeoutMs: 2000, lateMs: 400 };

test('the shop as it should be is the same, and its token is found by looks alone', async () => {
  const replayed = await play(recording(), await shop({ kind: 'none', at: 0 }), FAST);
  expect(story(replayed)).toEqual([]);
  expect(replayed.report.verdict).toBe('same');
  expect(replayed.report.bindings.map((binding) => [binding.what, binding.uses])).toEqual([['token of welcome', 6]]);
  expect(replayed.report.bindings[0]!.evidence).toMatch(/too random for chance/);
});

describe('a planted change is reported as exactly that', () => {
  const positions = [0, 1, 3, 4, 5];
  test.each(positions)('one field, in the answer to order %i', async (at) => {
    const { report } = await play(recording(), await shop({ kind: 'field', at }), FAST);
    const odd = report.rows.filter((row) => row.outcome !== 'same');
    expect(odd).toHaveLength(1);
    expect(odd[0]).toMatchObject({ outcome: 'different', recorded: { message: 'sold', n: 4 + at * 3 } });
    expect(odd[0]!.fields.map((field) => field.path)).toEqual(['gold']);
  });

  test.each(positions)('one missing reply, to order %i', async (at) => {
    const { report } = await play(recording(), await shop({ kind: 'missing', at }), { ...FAST, timeoutMs: 300 });
    const odd = report.rows.filter((row) => row.outcome !== 'same');
    expect(odd).toMatchObject([{ outcome: 'missing', recorded: { message: 'sold', n: 4 + at * 3 } }]);
  });

  test.each(positions)('one message too many, after order %i', async (at) => {
    const { report } = await play(recording(), await shop({ kind: 'extra', at }), FAST);
    const odd = report.rows.filter((row) => row.outcome !== 'same');
    expect(odd).toMatchObject([{ outcome: 'extra', replayed: { message: 'bell' } }]);
  });

  test.each(positions)('one slow answer, to order %i', async (at) => {
    const { report } = await play(recording(), await shop({ kind: 'slow', at }), FAST);
    const odd = report.rows.filter((row) => row.outcome !== 'same');
    // The bell comes behind the answer: it is no later than that.
    expect(odd.map((row) => [row.outcome, row.recorded?.n])).toEqual([['late', 4 + at * 3]]);
    expect(odd[0]!.lateMs).toBeGreaterThan(400);
  });
});

test('a server that is gone in mid-replay is one lost connection, with what was not sent', async () => {
  const { report } = await play(recording(), await shop({ kind: 'close', at: 3 }), FAST);
  expect(report.verdict).toBe('different');
  const odd = report.rows.filter((row) => row.outcome !== 'same');
  expect(odd).toHaveLength(1);
  expect(odd[0]).toMatchObject({ outcome: 'connection-lost', recorded: { n: 13 } });
  expect(odd[0]!.note).toMatch(/2 client messages were not sent/);
});

test('a server that never answers is given up after one time-out, not one for each message', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.add(() => server.close());
  const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { report } = await play(recording(), url, { timeoutMs: 300 });
  expect(report.verdict).toBe('different');
  expect(report.counts).toMatchObject({ same: 0, 'connection-lost': 1 });
  expect(report.elapsedMs).toBeLessThan(20_000);
});

test('bad input is refused before anything is sent', async () => {
  const whole = recording();
  const onlyServer = { ...whole, frames: whole.frames.filter((frame) => frame.direction === 'toClient') };
  await expect(play(onlyServer, 'tcp://127.0.0.1:1')).rejects.toThrow(/from the server only/);
  await expect(play(whole, 'enet://127.0.0.1:1')).rejects.toThrow(/recording is of tcp/);
  await expect(play(whole, { '127.0.0.1:9999': 'tcp://127.0.0.1:1' })).rejects.toThrow(/it has 127\.0\.0\.1:7000/);
  await expect(play(whole, 'http://nowhere')).rejects.toMatchObject({ code: 'bad-url' });
});

test('read as a protocol that does not fit, frames are compared by their bytes', async () => {
  const whole = recording();
  const blind: Recording = {
    ...whole,
    connections: new Map(
      [...whole.connections].map(([id, one]) => [
        id,
        { ...one, protocol: undefined, framing: { kind: 'lines' } as const },
      ]),
    ),
    frames: whole.frames.map((frame) => ({
      ...frame,
      dissected: undefined,
      messages: [{ name: null, fields: undefined, range: [0, 0] as const, path: '' }],
    })),
    replies: new Map(),
  };
  const { report } = await play(blind, await shop({ kind: 'none', at: 0 }), { timeoutMs: 300 });
  expect(report.verdict).toBe('different');
  expect(report.rows[0]!.fields[0]!.path).toMatch(/^byte \d+$/);
});

test('two builds are compared with each other, tokens of either set aside', async () => {
  const one = await play(recording(), await shop({ kind: 'none', at: 0 }), FAST);
  const other = await play(recording(), await shop({ kind: 'field', at: 2 }), FAST);
  const renamed = (a: unknown, b: unknown): boolean => one.bindings.areCounterparts(a, b, other.bindings);
  const diff = diffRuns(one, other, { ...IGNORE_NOTHING, isRenamed: renamed });
  expect(diff.rows.filter((row) => row.outcome !== 'same')).toMatchObject([
    { outcome: 'different', fields: [{ path: 'gold', recorded: '89', replayed: '90' }] },
  ]);
});

test('as fast as possible still waits for the token, and a frame behind which to stop leaves the connection open', async () => {
  const fast = await play(recording(), await shop({ kind: 'none', at: 0 }), {
    pace: { kind: 'fast' },
    timeoutMs: 2000,
  });
  expect(story(fast)).toEqual([]);
  const forked = await play(recording(), await shop({ kind: 'none', at: 0 }), { ...FAST, until: 9 });
  expect(forked.report).toMatchObject({ verdict: 'same', sent: 4 });
  expect(forked.report.counts.same).toBe(7);
});

test('a fork hands the connection over in the state of the recording', async () => {
  const target = createTarget();
  closers.add(() => target.close());
  const to = await shop({ kind: 'none', at: 0 });
  const stage = { target, clock: createSystemClock(), timer: createSystemTimer() };
  const replay = new Replay({ recording: recording(), to, pace: { kind: 'lockstep' }, until: 6 }, stage);
  const { result, report } = await replay.run();
  expect(report).toMatchObject({ verdict: 'same', sent: 3 });
  const shopkeeper = result.open!.get(1)!;
  const token = result.items[0]!.message.fields as { token: string };
  const sold = new Promise<unknown>((resolve) => shopkeeper.onItem((item) => resolve(item.message.fields)));
  shopkeeper.send(new TextEncoder().encode(`{"type":"order","token":"${token.token}","item":50}`));
  expect(await sold).toMatchObject({ type: 'sold', item: 50, gold: 42, bag: [3, 5, 50] });
  shopkeeper.close();
});

test('a binding given by hand or switched off is written, or not', async () => {
  const url = await shop({ kind: 'none', at: 0 });
  const off = await play(recording(), url, { timeoutMs: 300, disabled: ['b1'] });
  expect(off.report.bindings[0]).toMatchObject({ enabled: false, uses: 0 });
  expect(off.report.counts.missing + off.report.counts['connection-lost']).toBeGreaterThan(0);
  const given = await play(recording(), url, { timeoutMs: 300, given: new Map([['b1', 't:wrong']]) });
  expect(given.report.bindings[0]).toMatchObject({ replayed: '"wrong"' });
});

test('copies run at once with values of their own, and say how long answers took', async () => {
  const target = createTarget();
  closers.add(() => target.close());
  const url = await shop({ kind: 'none', at: 0 });
  const report = await runCopies(
    {
      recording: recording(),
      to: url,
      pace: { kind: 'lockstep' },
      copies: 20,
      values: [{ 'login.name': 'ann{copy:3}' }],
    },
    { target, clock: createSystemClock(), timer: createSystemTimer() },
  );
  expect(report).toMatchObject({ verdict: 'same', verdicts: { same: 20, different: 0, failed: 0 }, sent: 140 });
  expect(report.latencies.map(({ message: name, count }) => [name, count])).toEqual([
    ['sold', 120],
    ['bell', 120],
    ['welcome', 20],
  ]);
});
