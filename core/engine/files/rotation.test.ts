import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { openSession } from '../../session/session-reader.ts';
import { tableTalk } from '../../session/testing/table-talk.ts';
import { talkEngine } from '../testing/talk-engine.ts';
import { readLimit, rotateSessions } from './rotation.ts';

test('recording goes on in the next file at a size, connections with it, and the oldest files go', async () => {
  const { engine } = await talkEngine();
  const { sink } = engine.session;
  const rotation = rotateSessions(engine, { maxBytes: 200_000, keepFiles: 3, everyMs: 3_600_000 });
  const conn = sink.nextConnectionId();
  const nowhere = { address: '127.0.0.1', port: 1 };
  sink.opened({
    id: conn,
    transport: 'tcp',
    client: nowhere,
    server: nowhere,
    protocol: 'talk',
    opened: 1,
    details: {},
  });
  const paths = [engine.session.path];
  const none = new Uint8Array(0);
  let said = 0;
  const say = (text: string): void => {
    const bytes = Buffer.from(JSON.stringify({ type: 'ask', id: ++said, text }));
    sink.frame({
      conn,
      direction: 'toServer',
      time: said,
      mono: said,
      carrier: {},
      bytes,
      head: none,
      tail: none,
      origin: 'wire',
      fate: 'forwarded',
      expert: [],
    });
  };
  for (let part = 0; part < 4; part++) {
    for (let i = 0; i < 300; i++) say('x'.repeat(2000));
    await engine.session.settle();
    await rotation.check();
    paths.push(engine.session.path);
  }
  expect(new Set(paths).size).toBe(5);
  expect(paths.map((path) => existsSync(path))).toEqual([false, false, true, true, true]);
  expect(basename(paths[4]!)).toMatch(/-5\.ipsession$/);
  say('still here');
  await engine.close();
  const last = openSession(paths[4]!, [tableTalk()]);
  expect(last.frames).toBe(1);
  expect(last.connection(conn)?.protocol).toBe('talk');
  expect(last.messageNames(1)).toEqual(['ask']);
  last.close();
});

test('a file that was opened to be looked at is left alone', async () => {
  const { engine } = await talkEngine();
  const first = engine.session.path;
  await engine.session.create();
  const rotation = rotateSessions(engine, { maxBytes: 1, everyMs: 3_600_000 });
  await engine.session.openFile(first);
  await rotation.check();
  expect(engine.session.path).toBe(first);
  await engine.close();
});

test('limits are sizes and ages', () => {
  expect(readLimit('500MB')).toEqual({ maxBytes: 5e8 });
  expect(readLimit('1.5 gb')).toEqual({ maxBytes: 1.5e9 });
  expect(readLimit('15m')).toEqual({ maxSeconds: 900 });
  for (const bad of ['', '5', '0MB', '-1h', 'MB', '5 parsecs']) expect(readLimit(bad)).toBeUndefined();
});
