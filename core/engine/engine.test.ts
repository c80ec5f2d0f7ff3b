import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSession } from '../session/session-reader.ts';
import { tableTalk } from '../session/testing/table-talk.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import type { Engine } from './engine.ts';
import {
  portOf,
  talkEngine,
  type TalkEngine,
  type Talker,
  talker,
  talkServer,
  temporaryFolder,
  TestClient,
} from './testing/talk-engine.ts';

let talk: TalkEngine;
let engine: Engine;
let server: ApiServer;
let client: TestClient;
let upstream: Awaited<ReturnType<typeof talkServer>>;
const talkers: Talker[] = [];

beforeEach(async () => {
  talk = await talkEngine();
  ({ engine } = talk);
  server = await startApiServer(engine);
  client = await TestClient.connect(server);
  upstream = await talkServer();
});
afterEach(async () => {
  await Promise.all(talkers.splice(0).map((t) => t.end()));
  await client.close();
  await server.close();
  await engine.close();
  await upstream.close();
});

const spec = (more: object = {}): { name: string; listen: string; upstream: string; protocol: string } => ({
  name: 'table',
  listen: 'tcp://127.0.0.1:0',
  upstream: `tcp://127.0.0.1:${upstream.port}`,
  protocol: 'talk',
  ...more,
});
async function join_(url: string): Promise<Talker> {
  const one = await talker(portOf(url));
  talkers.push(one);
  await one.heard(1);
  return one;
}

test('traffic through a proxy is on the timeline, decoded, paired, and in the file', async () => {
  const status = await client.request('proxy.start', { spec: spec() });
  expect(status).toMatchObject({ state: 'running', connections: 0 });
  const one = await join_(status.url!);
  for (let id = 1; id <= 3; id++) {
    one.say({ type: 'ask', id, text: `question ${id}` });
    await one.heard(id + 1);
  }
  await client.frames(7);
  const view = await client.request('view.open', { spec: { filter: '' } });
  const rows = (await client.rows({ view: view.view, start: 0, count: 100 })).rows();
  expect(rows.map((r) => [r.n, r.direction, r.message, r.summary])).toEqual([
    [1, 'toClient', 'hello', ''],
    [2, 'toServer', 'ask', 'question 1'],
    [3, 'toClient', 'reply', 'QUESTION 1'],
    [4, 'toServer', 'ask', 'question 2'],
    [5, 'toClient', 'reply', 'QUESTION 2'],
    [6, 'toServer', 'ask', 'question 3'],
    [7, 'toClient', 'reply', 'QUESTION 3'],
  ]);
  expect(rows[2]).toMatchObject({ partner: 2 });
  expect(rows[1]).toMatchObject({ partner: 3 });
  expect(rows[2]!.answerMs).toBeGreaterThan(0);
  const list = await client.request('connections.list', {});
  expect(list).toMatchObject([{ id: 1, protocol: 'talk', proxy: 'table', frames: 7, understood: 1, name: 'c1' }]);

  const { path } = await client.request('session.info', {});
  await engine.session.settle();
  const session = openSession(path, [tableTalk()]);
  expect(session.frames).toBe(7);
  session.close();
});

test('the inspector has tree, partner, the message before and its changes', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const one = await join_(url!);
  one.say({ type: 'ask', id: 1, text: 'first' });
  await one.heard(2);
  one.say({ type: 'ask', id: 2, text: 'second' });
  await one.heard(3);
  await client.frames(5);
  const frame = await client.request('frame.get', { n: 4 });
  expect(frame).toMatchObject({
    n: 4,
    protocol: 'talk',
    direction: 'toServer',
    tail: '0a',
    messages: [{ name: 'ask', fields: { type: 'ask', id: 2, text: 'second' }, summary: 'second' }],
    partner: { n: 5, message: 'reply', isReply: false },
    previous: {
      n: 2,
      changes: [
        { path: 'id', before: '1', after: '2' },
        { path: 'text', before: 'first', after: 'second' },
      ],
    },
  });
  const { root } = frame.buffers[0]!;
  expect(root.children.map((f) => [f.path, f.text])).toEqual([
    ['type', '"ask"'],
    ['id', '2'],
    ['text', '"second"'],
  ]);
  const text = root.children[2]!;
  expect(Buffer.from(frame.buffers[0]!.hex, 'hex').subarray(text.start, text.end).toString()).toBe('"second"');
  await expect(client.request('frame.get', { n: 99 })).rejects.toMatchObject({ code: 'unknown-frame' });
  expect(await client.request('frame.sameValue', { n: 2, path: 'text' })).toEqual([]);
  expect(await client.request('frame.sameValue', { n: 4, path: 'id' })).toEqual([{ n: 5, path: 'id' }]);
});

test('a followed view grows by itself, under its filter, and hides what it is told to', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const view = await client.request('view.open', {
    spec: { filter: 'message == "ask" && fields.id > 1' },
    follow: true,
  });
  expect(view).toMatchObject({ shown: 0, done: true });
  const grown = client.event('grew', (grew) => grew.views.some((v) => v.view === view.view && v.shown === 2));
  const one = await join_(url!);
  for (let id = 1; id <= 3; id++) one.say({ type: 'ask', id, text: 'who?' });
  await one.heard(4);
  await grown;
  await client.frames(7);
  const live = client.live.filter((b) => b.id === view.view).flatMap((b) => b.rows());
  // Rows come again when they change: a request gets its partner when the answer is there.
  const last = new Map(live.map((row) => [row.n, row]));
  expect([...last.values()].map((row) => [row.message, row.partner > 0])).toEqual([
    ['ask', true],
    ['ask', true],
  ]);
  const hidden = await client.request('view.change', {
    view: view.view,
    spec: {
      filter: '',
      hidden: ['talk/ask'],
      columns: ['id', 'frame.size'],
      colors: [{ filter: 'fields.id == 2', color: 'red' }],
    },
  });
  expect(hidden).toMatchObject({ shown: 4, hidden: 3 });
  const rows = (await client.rows({ view: view.view, start: 0, count: 9 })).rows();
  expect(rows.map((row) => [row.message, row.columns[0], row.color])).toEqual([
    ['hello', '', -1],
    ['reply', '1', -1],
    ['reply', '2', 0],
    ['reply', '3', -1],
  ]);
  expect(rows[0]!.columns[1]).toBe('34');
  const found = await client.request('view.find', {
    view: view.view,
    from: 0,
    what: { kind: 'filter', filter: 'fields.id == 3' },
  });
  expect(found).toEqual({ index: 3 });
  expect(await client.request('view.indexOf', { view: view.view, n: 2 })).toEqual({ index: 0, exact: false });
  await expect(
    client.request('view.change', { view: view.view, spec: { filter: 'fields.id ==' } }),
  ).rejects.toMatchObject({
    code: 'bad-filter',
  });
  expect((await client.rows({ view: view.view, start: 0, count: 9 })).total).toBe(4);
});

test('a held frame waits for a decision, is edited, and both texts are kept', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  await client.request('breakpoints.set', {
    breakpoints: [{ id: 'b', filter: 'message == "ask"', enabled: true, limitMs: 0, onLimit: 'forward' }],
  });
  const one = await join_(url!);
  const isHeld = client.event('held', (held) => held.length === 1);
  one.say({ type: 'ask', id: 1, text: 'what?' });
  const [held] = await isHeld;
  expect(held).toMatchObject({ conn: 1, direction: 'toServer', message: 'ask' });
  // It can be looked at the moment it is announced, though the file has it only later.
  expect(await client.request('frame.get', { n: held!.n })).toMatchObject({ fate: 'held', conn: 1 });
  expect(await client.request('held.extend', { n: [held!.n], ms: 30_000 })).toEqual({ extended: 1 });
  const edited = Buffer.from('{"type":"ask","id":1,"text":"why?"}').toString('hex');
  expect(await client.request('held.decide', { n: [held!.n], action: 'edit', hex: edited })).toEqual({ decided: 1 });
  await one.heard(2);
  expect(JSON.parse(one.lines[1]!)).toMatchObject({ text: 'WHY?' });
  await client.frames(3);
  const frame = await client.request('frame.get', { n: held!.n });
  expect(frame).toMatchObject({
    fate: 'edited',
    messages: [{ fields: { text: 'what?' } }],
    sent: { hex: edited, changes: [{ path: 'text', before: 'what?', after: 'why?' }] },
    packet: {
      hex: expect.stringMatching(/0a$/),
      root: { children: [{ name: 'payload' }, { name: 'after', start: 36, end: 37 }] },
    },
  });
  await expect(client.request('held.decide', { n: [1], action: 'edit' })).rejects.toMatchObject({
    code: 'bad-request',
  });
});

test('composed messages are injected into a live connection and marked as such', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const one = await join_(url!);
  await client.frames(1);
  const form = await client.request('compose.form', {
    protocol: 'talk',
    message: 'ask',
    direction: 'toServer',
    conn: 1,
  });
  expect(form.form).toMatchObject({ control: 'group' });
  const { hex } = await client.request('compose.encode', {
    protocol: 'talk',
    message: 'ask',
    direction: 'toServer',
    conn: 1,
    fields: { type: 'ask', id: 77, text: 'from us' },
  });
  await client.request('inject', { conn: 1, direction: 'toServer', hex });
  await one.heard(2);
  expect(JSON.parse(one.lines[1]!)).toEqual({ type: 'reply', id: 77, text: 'FROM US' });
  await client.frames(3);
  expect(await client.request('frame.get', { n: 2 })).toMatchObject({
    origin: 'injected',
    messages: [{ name: 'ask' }],
  });
  const loose = await client.request('frame.dissect', { protocol: 'talk', direction: 'toServer', hex });
  expect(loose).toMatchObject({ message: 'ask', fields: { id: 77 } });
  await expect(client.request('inject', { conn: 9, direction: 'toServer', hex })).rejects.toMatchObject({
    code: 'unknown-connection',
  });
});

test('statistics count messages, conversations, latencies, rates and fields', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const one = await join_(url!);
  for (let id = 1; id <= 4; id++) {
    one.say({ type: 'ask', id, text: 'x'.repeat(id) });
    await one.heard(id + 1);
  }
  await client.frames(9);
  const messages = await client.request('stats.messages', {});
  expect(messages.map((m) => [m.message, m.direction, m.frames])).toEqual([
    ['ask', 'toServer', 4],
    ['reply', 'toClient', 4],
    ['hello', 'toClient', 1],
  ]);
  expect(await client.request('stats.messages', { filter: 'toServer' })).toHaveLength(1);
  expect(await client.request('stats.conversations', {})).toMatchObject([
    { conn: 1, framesToServer: 4, framesToClient: 5 },
  ]);
  expect(await client.request('stats.latency', {})).toMatchObject([
    { request: 'ask', reply: 'reply', count: 4, unanswered: 0 },
  ]);
  const plot = await client.request('stats.plot', { path: 'id', message: 'ask' });
  expect(plot.series).toMatchObject([{ name: 'c1', value: [1, 2, 3, 4], n: [2, 4, 6, 8] }]);
  const rate = await client.request('stats.rate', { buckets: 4 });
  expect(rate.toServer.reduce((a, b) => a + b)).toBe(4);
  const bytes = await client.request('stats.fieldBytes', { message: 'ask', protocol: 'talk' });
  expect(bytes.find((f) => f.path === 'type')).toMatchObject({ unchanged: 0.75 });
  const [coverage] = await client.request('stats.coverage', {});
  expect(coverage).toMatchObject({ protocol: 'talk', seen: 3 });
  expect(coverage!.pairs).toEqual([{ request: 'ask', reply: 'reply', count: 4 }]);
  const strip = await client.request('view.strip', { from: 0, to: 60, buckets: 10 });
  expect(strip.buckets.reduce((sum, b) => sum + b.toServer + b.toClient, 0)).toBe(9);
});

test('a connection is decoded as another protocol on demand, and by a better one on advice', async () => {
  const { url } = await client.request('proxy.start', { spec: spec({ options: { dialect: 'loud' } }) });
  const one = await join_(url!);
  one.say({ type: 'hello', dialect: 'loud' });
  one.say({ type: 'ask', id: 1, text: 'quiet' });
  await one.heard(2);
  await client.frames(4);
  const problems = (): Promise<number> => client.request('stats.expert', {}).then((all) => all.length);
  expect(await problems()).toBe(1);
  await expect(client.request('connection.decodeAs', { id: 1, protocol: 'nonsense' })).rejects.toMatchObject({
    code: 'unknown-protocol',
  });
  await client.request('connection.decodeAs', { id: 1, protocol: '' });
  await engine.session.settle();
  expect(await client.request('connections.list', {})).toMatchObject([{ protocol: 'talk', understood: 1 }]);
});

test('marks and comments reach every client and the file', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  await join_(url!);
  await client.frames(1);
  const view = await client.request('view.open', { spec: { filter: 'comment contains "odd"' }, follow: true });
  const shown = client.event('grew', (grew) => grew.views.some((v) => v.view === view.view && v.shown === 1));
  await client.request('marks.set', { n: 1, mark: 'red', comment: 'odd greeting' });
  await shown;
  expect(await client.request('marks.list', {})).toEqual([{ n: 1, mark: 'red', comment: 'odd greeting' }]);
  expect((await client.rows({ view: view.view, start: 0, count: 1 })).row(0)).toMatchObject({
    marked: true,
    commented: true,
  });
  const gone = client.event('grew', (grew) => grew.views.some((v) => v.view === view.view && v.shown === 0));
  await client.request('marks.set', { n: 1, mark: null, comment: null });
  await gone;
  await expect(client.request('marks.set', { n: 5, mark: 'red' })).rejects.toMatchObject({ code: 'unknown-frame' });
});

test('sessions are changed while traffic goes on: saved, opened to look at, begun anew', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const one = await join_(url!);
  await client.frames(1);
  const first = await client.request('session.info', {});
  const copy = join(temporaryFolder(), 'copy.ipsession');
  const saved = await client.request('session.saveAs', { path: copy });
  expect(saved.bytes).toBeGreaterThan(10_000);
  expect(existsSync(`${copy}-wal`)).toBe(false);
  await expect(client.request('session.saveAs', { path: copy })).rejects.toMatchObject({ code: 'not-allowed' });

  expect(await client.request('session.open', { path: copy })).toMatchObject({
    readOnly: true,
    recording: false,
    frames: 1,
  });
  await expect(client.request('session.record', { on: true })).rejects.toMatchObject({ code: 'read-only' });
  await client.request('marks.set', { n: 1, mark: 'blue' });
  one.say({ type: 'ask', id: 1, text: 'unseen' });
  await one.heard(2);
  expect(await client.request('session.info', {})).toMatchObject({ frames: 1 });

  const fresh = await client.request('session.new', {});
  expect(fresh).toMatchObject({ readOnly: false, frames: 0 });
  expect(fresh.path).not.toBe(first.path);
  one.say({ type: 'ask', id: 2, text: 'seen' });
  await one.heard(3);
  await client.frames(2);
  expect(await client.request('connections.list', {})).toMatchObject([{ id: 1, proxy: 'table', frames: 2 }]);
  expect(await client.request('files.recent', {})).toMatchObject([{ path: copy }]);
  await expect(client.request('session.open', { path: join(talk.home, 'none') })).rejects.toMatchObject({
    code: 'unreadable-file',
  });
  expect(await client.request('session.info', {})).toMatchObject({ path: fresh.path });
});

test('a proxy that cannot start says why, one that is unknown is named, and the doctor knows', async () => {
  const taken = spec({ name: 'twin', listen: `tcp://127.0.0.1:${upstream.port}` });
  await expect(client.request('proxy.start', { spec: taken })).rejects.toMatchObject({ code: 'port-taken' });
  expect(await client.request('proxies.list', {})).toEqual([]);
  await expect(client.request('proxy.stop', { name: 'ghost' })).rejects.toMatchObject({ code: 'unknown-proxy' });
  const titles = async (): Promise<string[]> => (await client.request('doctor.run', {})).map((f) => f.title);
  expect(await titles()).toEqual(['No proxy is set up', expect.stringMatching(/assive capture/)]);
  const { url } = await client.request('proxy.start', { spec: spec() });
  await expect(client.request('proxy.start', { spec: spec() })).rejects.toMatchObject({ code: 'bad-config' });
  expect(await titles()).toEqual(['Nothing has connected to table yet']);
  await join_(url!);
  await client.frames(1);
  expect(await titles()).toEqual(['Traffic is coming in']);
  await client.request('proxy.stop', { name: 'table' });
  expect(await titles()).toContain('table is stopped');
  expect((await client.request('proxy.restart', { name: 'table' })).state).toBe('running');
  await client.request('session.record', { on: false });
  expect(await titles()).toContain('Recording is off');
});

test('requests of the wrong shape are refused with a sentence that names the place', async () => {
  const wrong: [verb: string, args: unknown, message: string][] = [
    ['view.rows', { view: 'x', start: 0, count: 1 }, '`view` must be a whole number'],
    ['view.open', {}, '`spec` must be an object'],
    ['view.open', { spec: { filter: 3 } }, '`spec.filter` must be text'],
    ['view.open', { spec: { filter: '', windows: [1, 2] } }, '`spec.windows` is not known'],
    ['proxy.start', { spec: { name: 'x', listen: 1 } }, '`spec.listen` must be text'],
    [
      'rules.set',
      { rules: [{ id: 'a', enabled: true, when: '', actions: [{ do: 'fly' }] }] },
      '`rules[0].actions[0].do` must be one of',
    ],
    ['inject', { conn: 1, direction: 'up', hex: '' }, '`direction` must be one of toServer, toClient'],
    ['inject', { conn: 1, direction: 'toServer', hex: 'xyz' }, '`hex` must be hex'],
    ['held.decide', { n: [-1], action: 'drop' }, '`n[0]` must be between'],
    ['session.info', 'no object', 'must be an object'],
    ['session.info', [], 'must be an object'],
    ['frame.get', { n: 1.5 }, 'whole number'],
    ['no.such', {}, 'There is no verb no.such'],
    ['__proto__', {}, 'There is no verb'],
  ];
  for (const [verb, args, message] of wrong) {
    await expect(client.ask(verb, args)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(message),
    });
  }
  client.socket.send('{"id":');
  client.socket.send(Buffer.from([1, 2, 3]));
  expect(await client.request('session.info', {})).toMatchObject({ frames: 0 });
});

test('two clients on one engine have views of their own and hear the same events', async () => {
  const other = await TestClient.connect(server);
  const heard = other.event('proxies', (list) => list.some((p) => p.state === 'running'));
  const { url } = await client.request('proxy.start', { spec: spec() });
  await heard;
  const mine = await client.request('view.open', { spec: { filter: 'toServer' }, follow: true });
  const theirs = await other.request('view.open', { spec: { filter: 'toClient' }, follow: true });
  expect(mine.view).not.toBe(theirs.view);
  const one = await join_(url!);
  one.say({ type: 'ask', id: 1, text: 'a' });
  await one.heard(2);
  await client.frames(3);
  await other.frames(3);
  expect((await client.rows({ view: mine.view, start: 0, count: 9 })).rows().map((r) => r.n)).toEqual([2]);
  expect((await other.rows({ view: theirs.view, start: 0, count: 9 })).rows().map((r) => r.n)).toEqual([1, 3]);
  expect(client.live.every((batch) => batch.id !== theirs.view)).toBe(true);
  await other.close();
});

test('files come in and go out by tickets that work once', async () => {
  const origin = `http://127.0.0.1:${server.port}`;
  const { ticket } = await client.request('files.upload', { name: '../../evil/../run 1.pcap', bytes: 5 });
  const post = (path: string, body: string): Promise<Response> =>
    fetch(`${origin}${path}`, { method: 'POST', headers: { origin }, body });
  const stored = (await (await post(`/upload/${ticket}`, 'hello')).json()) as { path: string };
  expect(stored.path).toMatch(/interpose-upload-\w+\/run 1\.pcap$/);
  expect((await post(`/upload/${ticket}`, 'hello')).status).toBe(404);
  const short = await client.request('files.upload', { name: 'b', bytes: 100 });
  expect((await post(`/upload/${short.ticket}`, 'hello')).status).toBe(400);
  const link = engine.tickets.offer({
    name: 'é.txt',
    type: 'text/plain',
    content: { bytes: new Uint8Array([104, 105]) },
  });
  const download = await fetch(`${origin}${link}`);
  expect(download.headers.get('content-disposition')).toContain('%C3%A9.txt');
  expect(await download.text()).toBe('hi');
  expect((await fetch(`${origin}${link}`)).status).toBe(404);
});

test('rules are read, listed, counted and kept in the session', async () => {
  const { url } = await client.request('proxy.start', { spec: spec() });
  const { rules, problems } = await client.request('rules.parse', {
    yaml: 'rules:\n  - id: shout\n    when: message == "ask"\n    actions:\n      - do: set\n        path: text\n        value: changed\n',
  });
  expect(problems).toEqual([]);
  await client.request('rules.set', { rules });
  const one = await join_(url!);
  const hit = client.event('rules', (status) => status.some((s) => s.hits === 1));
  one.say({ type: 'ask', id: 1, text: 'original' });
  await one.heard(2);
  expect(JSON.parse(one.lines[1]!)).toMatchObject({ text: 'CHANGED' });
  await hit;
  await client.frames(3);
  expect(await client.request('frame.get', { n: 2 })).toMatchObject({ fate: 'edited', touchedBy: ['shout'] });
  const view = await client.request('view.open', { spec: { filter: 'touched == "shout"' } });
  expect(view.shown).toBe(1);
  const { problems: bad } = await client.request('rules.parse', { yaml: '- when: x ==\n  actions: [fly]\n' });
  expect(bad.length).toBeGreaterThan(0);
  expect(bad[0]).toMatchObject({ line: expect.any(Number), message: expect.any(String) });
});

test('protocols of the user decode history when their file is read', async () => {
  const file = join(temporaryFolder(), 'mine.protocol.yaml');
  writeFileSync(file, 'protocol: [this is no protocol');
  expect(await engine.loadProtocols([file])).toEqual([expect.stringContaining('line 1')]);
  expect((await client.request('protocols.list', {})).map((p) => p.id)).toEqual(['talk']);
  const described = await client.request('protocol.describe', { id: 'talk' });
  expect(described.markdown).toContain('### ask');
  expect(described.messageList.map((m) => m.name)).toContain('reply');
  expect(await client.request('filter.complete', { text: 'mess', at: 4 })).toContainEqual(
    expect.objectContaining({ text: 'message', from: 0, to: 4 }),
  );
});

test('control frames of a WebSocket say what they are, and a goodbye is no failure to reach a server', async () => {
  await client.request('proxy.start', { spec: spec({ name: 'web' }) });
  const { sink } = engine.session;
  const conn = sink.nextConnectionId();
  const time = engine.clock.wall();
  const end = { address: '127.0.0.1', port: 1 };
  sink.opened({
    id: conn,
    proxy: 'web',
    transport: 'ws',
    client: end,
    server: end,
    protocol: 'talk',
    opened: time,
    details: {},
  });
  const none = new Uint8Array(0);
  for (const [opcode, bytes] of [
    ['ping', none],
    ['pong', none],
    ['close', Uint8Array.of(0x03, 0xe8)],
  ] as const) {
    sink.frame({
      conn,
      direction: 'toClient',
      time,
      mono: 1,
      carrier: { opcode, compressed: false, fragments: 1 },
      bytes,
      head: none,
      tail: none,
      origin: 'wire',
      fate: 'forwarded',
      expert: [],
    });
  }
  sink.closed(conn, time, 'client disconnected');
  await engine.session.settle();
  const { view } = await client.request('view.open', { spec: { filter: '' } });
  const rows = (await client.rows({ view, start: 0, count: 9 })).rows();
  expect(rows.map((row) => [row.isControl, row.message, row.summary])).toEqual([
    [true, '', 'WebSocket ping'],
    [true, '', 'WebSocket pong'],
    [true, '', 'WebSocket close 1000'],
  ]);
  const findings = await client.request('doctor.run', {});
  expect(findings.filter((finding) => finding.state === 'problem')).toEqual([]);
});
