import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSession } from '../session/session-reader.ts';
import { tableTalk } from '../session/testing/table-talk.ts';
import { CLOSE, startApiServer } from './api-server.ts';
import { portOf, talkEngine, talker, talkServer, TestClient } from './testing/talk-engine.ts';

test('when the recorder dies, traffic goes on, a new session records it, and the old one keeps what it had', async () => {
  const { engine } = await talkEngine('./mortal-recorder-worker.ts');
  const upstream = await talkServer();
  const server = await startApiServer(engine);
  const client = await TestClient.connect(server);
  const { url } = await client.request('proxy.start', {
    spec: {
      name: 'table',
      listen: 'tcp://127.0.0.1:0',
      upstream: `tcp://127.0.0.1:${upstream.port}`,
      protocol: 'talk',
    },
  });
  const one = await talker(portOf(url!));
  one.say({ type: 'ask', id: 1, text: 'before' });
  await one.heard(2);
  await engine.session.settle();
  const { path } = engine.session.info();
  const told = client.event('notice', (notice) => notice.severity === 'problem');
  const next = client.event('session', (info) => info.path !== path);
  one.say({ type: 'ask', id: 2, text: 'EXPLODE' });
  await one.heard(3);
  expect((await told).text).toContain(path);
  expect(await next).toMatchObject({ recording: true });
  one.say({ type: 'ask', id: 3, text: 'after' });
  await one.heard(4);
  await client.frames(2);
  expect(await client.request('connections.list', {})).toMatchObject([{ id: 1, proxy: 'table' }]);
  const old = openSession(path, [tableTalk()]);
  expect(old.frames).toBeGreaterThanOrEqual(3);
  old.close();
  await one.end();
  await client.close();
  await server.close();
  await engine.close();
  await upstream.close();
});

test('what a thread said before it ended is why a session cannot be opened, however late both are heard', async () => {
  const { engine, home } = await talkEngine();
  const path = join(home, 'photograph.ipsession');
  writeFileSync(path, 'not a session');
  // Kept busy until the thread has refused and ended: its last words and its end are then heard in the same turn.
  process.once('worker', () => setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800)));
  await expect(engine.session.openFile(path)).rejects.toThrow(/photograph\.ipsession/);
  await engine.close();
});

test('a client that does not read is let go, and nobody else is kept waiting', async () => {
  const { engine } = await talkEngine();
  const server = await startApiServer(engine, { tooSlowBytes: 4_000_000 });
  const slow = await TestClient.connect(server);
  const quick = await TestClient.connect(server);
  await Promise.all([slow.request('session.info', {}), quick.request('session.info', {})]);
  slow.socket.pause();
  const closed = new Promise<number>((resolve) => slow.socket.once('close', resolve));
  const last = quick.event('notice', (notice) => notice.text.startsWith('29 '));
  for (let i = 0; i < 30; i++) {
    engine.emit('notice', { severity: 'info', text: `${i} ${'x'.repeat(1_000_000)}` });
    await quick.request('session.info', {});
  }
  await last;
  slow.socket.resume();
  // Cut off before it could read that it was: either way it is gone.
  expect([CLOSE.tooSlow, 1006]).toContain(await closed);
  await quick.close();
  await server.close();
  await engine.close();
});

test('held frames go on by themselves when nobody is there to decide', async () => {
  const { engine } = await talkEngine();
  const upstream = await talkServer();
  engine.control.setBreakpoints([{ id: 'b', filter: 'toServer', enabled: true, limitMs: 0, onLimit: 'forward' }]);
  const { url } = await engine.proxies.start({
    name: 'table',
    listen: 'tcp://127.0.0.1:0',
    upstream: `tcp://127.0.0.1:${upstream.port}`,
    protocol: 'talk',
  });
  const one = await talker(portOf(url!));
  one.say({ type: 'ask', id: 1, text: 'nobody here?' });
  await one.heard(2);
  expect(engine.control.held()).toEqual([]);

  const client = engine.addClient();
  const isHeld = new Promise<void>((resolve) => {
    engine.events.listen({ event: (event) => (event === 'held' ? resolve() : undefined) });
  });
  one.say({ type: 'ask', id: 2, text: 'somebody?' });
  await isHeld;
  expect(engine.control.held()).toHaveLength(1);
  engine.removeClient(client);
  // A page that reloads is back within seconds; one that stays away lets traffic go on.
  await one.heard(3);
  await one.end();
  await engine.close();
  await upstream.close();
});

test('the page is at its usual port when that is free, and somewhere else when it is not', async () => {
  const { engine } = await talkEngine();
  const first = await startApiServer(engine);
  const usualPort = first.port;
  const second = await startApiServer(engine, { usualPort });
  expect(second.port).not.toBe(usualPort);
  await first.close();
  await second.close();
  const third = await startApiServer(engine, { usualPort });
  expect(third.port).toBe(usualPort);
  await third.close();
  await engine.close();
});
