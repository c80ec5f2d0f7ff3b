import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createLog } from './log.ts';
import { startEngine, type StartedEngine } from '../../app/engine/start-engine.ts';
import { fco } from '../../fixtures/fco/index.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import type { ReplayStatus } from '../contract/replay-verbs.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function engineWith(upstream: string): Promise<{ started: StartedEngine; url: string }> {
  const home = mkdtempSync(join(tmpdir(), 'interpose-replay-'));
  closers.push(() => rmSync(home, { recursive: true, force: true }));
  const started = await startEngine({ serve: false, home, log: createLog('warnings', () => undefined) });
  closers.push(() => started.close());
  const status = await started.engine.call('proxy.start', {
    spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream, protocol: 'socketchat' },
  });
  return { started, url: status.url! };
}

function finished({ engine }: StartedEngine): Promise<ReplayStatus> {
  return new Promise((resolve) => {
    const off = engine.events.listen({
      event: (event, data) => {
        if (event !== 'replay' || (data as ReplayStatus).state === 'running') return;
        off();
        resolve(data as ReplayStatus);
      },
    });
  });
}

/** How many frames fit, when all that was recorded has been looked at. */
async function countOf({ engine }: StartedEngine, filter: string): Promise<number> {
  await engine.session.settle();
  for (;;) {
    const { view, shown, done } = await engine.call('view.open', { spec: { filter } });
    await engine.call('view.close', { view });
    if (done) return shown;
  }
}

async function visitedChat(): Promise<{ started: StartedEngine; plain: string }> {
  const server = await socketchat.startServer({ seed: 1, pace: 'fast' });
  closers.push(() => server.close());
  const plain = server.endpoints['plain']!;
  const { started, url } = await engineWith(plain);
  const clients = socketchat.startClients({ endpoints: { plain: url }, seed: 1, pace: 'fast', once: true });
  await clients.done;
  return { started, plain };
}

test('the open session is replayed, told as it goes, recorded as replayed and kept with its verdict', async () => {
  const { started } = await visitedChat();
  const other = await socketchat.startServer({ seed: 2, pace: 'fast' });
  closers.push(() => other.close());
  const done = finished(started);
  const first = await started.engine.call('replay.start', { to: other.endpoints['plain']!, pace: 'lockstep' });
  expect(first.state).toBe('running');
  expect(first.bindings.map((binding) => binding.what)).toEqual(['LogOnUserName of user_online']);
  await expect(
    started.engine.call('replay.start', { to: other.endpoints['plain']!, pace: 'fast' }),
  ).rejects.toMatchObject({ code: 'not-allowed' });
  const status = await done;
  expect(status).toMatchObject({ state: 'done', verdict: 'same', sent: first.toSend });
  expect(await countOf(started, 'origin == replayed')).toBe(first.toSend);
  // What the replay recorded is not part of what is replayed next.
  const again = finished(started);
  const second = await started.engine.call('replay.start', { to: other.endpoints['plain']!, pace: 'lockstep' });
  expect(second.toSend).toBe(first.toSend);
  await again;
});

test('a binding switched off stays off in the next run', async () => {
  const { started, plain } = await visitedChat();
  let done = finished(started);
  await started.engine.call('replay.start', { to: plain, pace: 'lockstep', timeoutMs: 300 });
  const [binding] = (await done).bindings;
  await started.engine.call('replay.setBinding', { id: binding!.id, enabled: false });
  done = finished(started);
  const next = await started.engine.call('replay.start', { to: plain, pace: 'lockstep', timeoutMs: 300 });
  expect(next.bindings[0]).toMatchObject({ id: binding!.id, enabled: false });
  await started.engine.call('replay.stop', {});
  expect((await done).state).toBe('stopped');
});

test('a replay may stop in the middle and be gone on with by hand', async () => {
  const { started } = await visitedChat();
  const other = await socketchat.startServer({ seed: 2, pace: 'fast' });
  closers.push(() => other.close());
  const done = finished(started);
  await started.engine.call('replay.start', { to: other.endpoints['plain']!, pace: 'lockstep', until: 3 });
  const status = await done;
  expect(status).toMatchObject({ state: 'done', verdict: 'same', sent: 2 });
  const [{ conn } = { conn: 0 }] = status.open ?? [];
  expect(await countOf(started, 'origin == injected')).toBe(0);
  const text = '{"Command": "02", "Name": "Hand99", "Password": "made"}';
  await started.engine.call('replay.send', { conn, hex: Buffer.from(text).toString('hex') });
  expect(await countOf(started, 'origin == injected')).toBe(1);
  // The composer's way: by the connection's number in this session.
  const { recordedAs } = status.open![0]!;
  const hex = Buffer.from(text).toString('hex');
  await started.engine.call('inject', { conn: recordedAs, direction: 'toServer', hex });
  expect(await countOf(started, `origin == injected and conn == ${recordedAs}`)).toBe(2);
  expect((await started.engine.call('replay.stop', {})).open).toBeUndefined();
  await expect(started.engine.call('inject', { conn: recordedAs, direction: 'toServer', hex })).rejects.toMatchObject({
    code: 'unknown-connection',
  });
  await expect(started.engine.call('replay.send', { conn, hex: '00' })).rejects.toMatchObject({
    code: 'unknown-connection',
  });
});

test('what cannot be replayed is refused, and a server that is not there is a verdict', async () => {
  const { started } = await visitedChat();
  const call = started.engine.call.bind(started.engine);
  await expect(call('replay.start', { to: 'enet://127.0.0.1:1', pace: 'lockstep' })).rejects.toMatchObject({
    code: 'bad-request',
  });
  await expect(call('replay.start', { to: 'tcp://127.0.0.1:1', pace: 'sometimes' })).rejects.toThrow(/lockstep/);
  await expect(call('replay.start', { to: 'tcp://127.0.0.1:1', pace: 'fast', filter: '((' })).rejects.toMatchObject({
    code: 'bad-filter',
  });
  const gone = await fco.startServer({});
  await gone.close();
  const port = new URL(gone.endpoints['login']!).port;
  const done = finished(started);
  await call('replay.start', { to: `tcp://127.0.0.1:${port}`, pace: 'lockstep' });
  expect(await done).toMatchObject({
    state: 'failed',
    verdict: 'failed',
    error: expect.stringContaining('Nothing listens'),
  });
});

test('a value given by hand is written in the next run', async () => {
  const { started, plain } = await visitedChat();
  let done = finished(started);
  await started.engine.call('replay.start', { to: plain, pace: 'lockstep', timeoutMs: 300 });
  const [binding] = (await done).bindings;
  await started.engine.call('replay.setBinding', { id: binding!.id, enabled: true, value: 'Nobody' });
  done = finished(started);
  const next = await started.engine.call('replay.start', { to: plain, pace: 'lockstep', timeoutMs: 300 });
  expect(next.bindings[0]).toMatchObject({ value: 'Nobody' });
  expect((await done).bindings[0]).toMatchObject({ value: 'Nobody', replayed: '"Nobody"' });
});

test('two builds are played one after the other, and only how they differ is told', async () => {
  const { started } = await visitedChat();
  const good = await socketchat.startServer({ seed: 2, pace: 'fast' });
  const bad = await socketchat.startServer({ seed: 3, pace: 'fast', bugs: ['flag-as-text'] });
  closers.push(
    () => good.close(),
    () => bad.close(),
  );
  const done = finished(started);
  const against = bad.endpoints['plain']!;
  await started.engine.call('replay.start', { to: good.endpoints['plain']!, against, pace: 'lockstep' });
  const status = await done;
  expect(status).toMatchObject({ state: 'done', verdict: 'different', against });
  const odd = status.rows.filter((row) => row.outcome !== 'same');
  expect(new Set(odd.map((row) => `${row.outcome} ${row.recorded?.message} ${row.fields[0]?.path}`))).toEqual(
    new Set(['different chat_receipt Flag']),
  );
});

test('one message is sent again, edited, on a fresh connection behind what leads to it', async () => {
  const { started } = await visitedChat();
  const other = await socketchat.startServer({ seed: 2, pace: 'fast' });
  closers.push(() => other.close());
  const table = await started.engine.call('diff.table', { message: 'chat_send' });
  const n = table.rows[0]!.n;
  const { a } = await started.engine.call('diff.frames', { a: n, b: n });
  const text = Buffer.from(a.hex, 'hex').toString();
  const edited = text.replace(/"Message": "[^"]*"/, '"Message": "sent again"');
  const done = finished(started);
  const args = { to: other.endpoints['plain']!, pace: 'fast', timeoutMs: 300, frames: [n] };
  const payloads = [{ n, hex: Buffer.from(edited).toString('hex') }];
  await started.engine.call('replay.start', { ...args, payloads });
  expect((await done).sent).toBeGreaterThan(1);
  const last = await countOf(started, 'origin == replayed and message == "chat_send" and Message == "sent again"');
  expect(last).toBe(1);
});

test('two frames are compared by field and by byte', async () => {
  const { started } = await visitedChat();
  await started.engine.session.settle();
  const same = await started.engine.call('diff.frames', { a: 1, b: 1 });
  expect(same.fields.every((field) => field.outcome === 'same')).toBe(true);
  expect(same.bytes).toEqual([]);
  const { a, fields, bytes } = await started.engine.call('diff.frames', { a: 1, b: 3 });
  expect(a).toMatchObject({ n: 1, message: 'register', size: a.hex.length / 2 });
  expect(fields.find((field) => field.path === 'Password')).toMatchObject({ outcome: 'different' });
  expect(bytes.length).toBeGreaterThan(0);
});

test('the open session is compared with a file, whatever its format', async () => {
  const { started } = await visitedChat();
  const same = await started.engine.call('diff.sessions', {});
  expect(same).toMatchObject({ verdict: 'same', counts: { different: 0 } });
  expect(same.counts.same).toBe(same.rows.length);
  const b = new URL('../../fixtures/captures/socketchat/session_newline.jsonl', import.meta.url).pathname;
  const other = await started.engine.call('diff.sessions', { b });
  expect(other.verdict).toBe('different');
  expect(other.notes.length).toBeGreaterThan(0);
  const [pair] = other.rows.filter((row) => row.recorded !== undefined && row.replayed !== undefined);
  const frames = await started.engine.call('diff.frames', { a: pair!.recorded!.n, b: pair!.replayed!.n, sessionB: b });
  expect([frames.a.message, frames.b.message]).toEqual([pair!.recorded!.message, pair!.replayed!.message]);
  await expect(started.engine.call('diff.sessions', { b: '/nowhere.pcap' })).rejects.toMatchObject({
    code: 'not-found',
  });
});

test('all messages of one name stand in a table, what is the same in all said once', async () => {
  const { started } = await visitedChat();
  const table = await started.engine.call('diff.table', { message: 'login' });
  expect(table.total).toBe(table.rows.length);
  expect(table.columns).toEqual(['Name', 'Password']);
  expect(table.rows.every((row) => row.cells.length === 2)).toBe(true);
  const narrow = await started.engine.call('diff.table', {
    message: 'login',
    filter: `Name == "${JSON.parse(table.rows[0]!.cells[0]!)}"`,
  });
  expect(narrow.columns).toEqual(['Password']);
  expect(narrow.constant.map((field) => field.path)).toEqual(['Name']);
});
