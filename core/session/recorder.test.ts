import { expect, test } from 'vitest';
import { openSession } from './session-reader.ts';
import { tableTalk } from './testing/table-talk.ts';
import { BEGAN, connection, draft, startRecorder, temporaryFile } from './testing/talk.ts';

const protocols = [tableTalk()];

test('frames come back as they were recorded, with number, clocks, carrier, delimiters and fate', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1, { transport: 'ws', details: { path: '/talk' } }));
  const first = recorder.frame(
    draft(
      1,
      'toServer',
      { type: 'hello', dialect: 'plain' },
      {
        carrier: { opcode: 'text', compressed: true, fragments: 2 },
        head: new Uint8Array([1, 2]),
      },
    ),
  );
  const second = recorder.frame(
    draft(1, 'toClient', 'pong', { carrier: { opcode: 'pong', compressed: false, fragments: 1 }, gapBefore: 7 }),
  );
  const third = recorder.frame(draft(1, 'toServer', { type: 'recall' }, { fate: 'held', origin: 'injected' }));
  recorder.update(third, { fate: 'edited', sent: new Uint8Array([9]), touchedBy: ['rule 1'], heldMs: 12.5 });
  recorder.closed(1, BEGAN + 9, 'client closed');
  expect([first, second, third]).toEqual([1, 2, 3]);
  await recorder.close();

  const session = openSession(path, protocols);
  const frames = [...session.each()];
  expect(frames.map((f) => f.n)).toEqual([1, 2, 3]);
  expect(frames[0]).toMatchObject({
    conn: 1,
    direction: 'toServer',
    carrier: { opcode: 'text', compressed: true, fragments: 2 },
    head: new Uint8Array([1, 2]),
    tail: new Uint8Array([10]),
    origin: 'wire',
    fate: 'forwarded',
  });
  expect(Buffer.from(frames[0]!.bytes).toString()).toBe('{"type":"hello","dialect":"plain"}');
  expect(frames[1]).toMatchObject({ carrier: { opcode: 'pong' }, gapBefore: 7 });
  expect(session.messageNames(2)).toEqual(['']);
  expect(frames[2]).toMatchObject({
    origin: 'injected',
    fate: 'edited',
    sent: new Uint8Array([9]),
    touchedBy: ['rule 1'],
  });
  expect(session.outcome(3).waitedMs).toBe(12.5);
  expect(session.connection(1)).toMatchObject({
    transport: 'ws',
    closed: BEGAN + 9,
    ending: 'client closed',
    details: { path: '/talk' },
  });
  expect(session.meta).toMatchObject({ title: 'Test', began: BEGAN });
  session.close();
});

test('messages, summaries, remarks and answers are stored as they were decoded', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 4, text: 'first' }));
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 5, text: 'second' }));
  recorder.frame(draft(1, 'toClient', { type: 'reply', id: 5, text: 'yes' }));
  recorder.frame(draft(1, 'toServer', { type: 'hello', dialect: 'loud' }));
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 6, text: 'quiet' }));
  recorder.frame(draft(1, 'toServer', 'no JSON'));
  await recorder.settle();
  await recorder.close();

  const session = openSession(path, protocols);
  expect([1, 2, 3, 4, 5, 6].map((n) => session.messageNames(n)[0])).toEqual([
    'ask',
    'ask',
    'reply',
    'hello',
    'ask',
    '',
  ]);
  expect(session.summary(2)).toBe('second');
  expect(session.answer(3)).toEqual({ request: 2, ms: 1 });
  expect(session.answeredBy(2)).toEqual({ reply: 3, ms: 1 });
  expect(session.answeredBy(1)).toBeUndefined();
  expect(session.experts(5).map((e) => e.code)).toEqual(['not-loud']);
  expect(session.experts(6).length).toBeGreaterThan(0);
  session.close();
});

test('any frame is decoded in the state its connection was in, from a file just opened', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  recorder.opened(connection(2));
  for (let i = 0; i < 300; i++) {
    recorder.frame(draft(1, 'toServer', { type: 'hello', dialect: i % 2 === 0 ? 'plain' : 'loud' }));
    recorder.frame(draft(1, 'toServer', { type: 'ask', id: i, text: 'quiet' }));
  }
  recorder.frame(draft(2, 'toClient', { type: 'tell', secret: 'pearl' }));
  recorder.frame(draft(1, 'toServer', { type: 'recall' }));
  recorder.frame(draft(2, 'toClient', { type: 'tell', secret: 'stone' }));
  await recorder.close();

  const session = openSession(path, protocols);
  const dialect = (n: number): unknown => (session.stateOf(1, n)!.state as { dialect: string }).dialect;
  for (const n of [600, 2, 4, 301, 128, 127, 599]) {
    const pairs = Math.floor(n / 2);
    expect(dialect(n)).toBe(pairs === 0 || pairs % 2 === 1 ? 'plain' : 'loud');
    expect(session.dissect(n)?.dissected.expert.length ?? 0).toBe(n % 4 === 0 ? 1 : 0);
  }
  expect(dialect(604)).toBe('pearl');
  session.close();
});

test('a protocol is recognised by content, and what came before it was certain is decoded too', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1, { protocol: '' }));
  recorder.opened(connection(2, { protocol: '' }));
  recorder.opened(connection(3, { protocol: '' }));
  for (let i = 0; i < 10; i++) recorder.frame(draft(1, 'toServer', { type: 'ask', id: i, text: 'which is it' }));
  for (let i = 0; i < 40; i++) recorder.frame(draft(2, 'toClient', `\u0001\u0002 ${i}`));
  recorder.frame(draft(3, 'toServer', { type: 'ask', id: 1, text: 'short' }));
  recorder.closed(3, BEGAN + 1, 'client closed');
  await recorder.settle();
  await recorder.close();

  const session = openSession(path, protocols);
  expect(session.connection(1)?.protocol).toBe('talk');
  expect(session.messageNames(1)).toEqual(['ask']);
  expect(session.connection(2)?.protocol).toBe('');
  expect(session.messageNames(11)).toEqual(['']);
  expect(session.summary(11)).toMatch(/^01 02 20 30|^··/);
  expect(session.connection(3)?.protocol).toBe('talk');
  expect(session.messageNames(51)).toEqual(['ask']);
  session.close();
});

test('decode-as gives a whole connection another meaning, also in an opened file', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  for (let i = 0; i < 50; i++) recorder.frame(draft(1, 'toServer', { type: 'ask', id: i, text: 'quiet' }));
  await recorder.decodeAs(1, 'talk', { dialect: 'loud' });
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 99, text: 'quiet' }));
  await recorder.settle();
  await recorder.close();
  let session = openSession(path, protocols);
  expect(Array.from({ length: 51 }, (_, i) => session.expertCount(i + 1))).toEqual(new Array(51).fill(1));
  session.close();

  const again = await startRecorder(path, false);
  await again.decodeAs(1, 'talk', { dialect: 'plain' });
  await again.settle();
  await again.close();
  session = openSession(path, protocols);
  expect(Array.from({ length: 51 }, (_, i) => session.expertCount(i + 1))).toEqual(new Array(51).fill(0));
  expect(session.connection(1)?.options).toEqual({ dialect: 'plain' });
  session.close();
});

test('a dissector that throws or crawls marks its frame and hurts nothing else', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  recorder.opened(connection(2));
  recorder.frame(draft(1, 'toServer', { type: 'crash' }));
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 1, text: 'still there?' }));
  for (let i = 0; i < 3; i++) recorder.frame(draft(2, 'toServer', { type: 'stall' }));
  recorder.frame(draft(2, 'toServer', { type: 'ask', id: 1, text: 'too late' }));
  await recorder.settle();
  await recorder.close();
  const session = openSession(path, protocols);
  expect(session.experts(1)).toMatchObject([{ severity: 'error', code: 'dissector-failed' }]);
  expect(session.experts(1)[0]?.text).toContain('tripped over it');
  expect(session.messageNames(2)).toEqual(['ask']);
  expect(session.experts(3)).toMatchObject([{ code: 'slow-decode' }]);
  expect(session.messageNames(6)).toEqual(['']);
  expect(session.frames).toBe(6);
  session.close();
});

test('marks and comments are kept, changed and taken away', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  for (let i = 0; i < 3; i++) recorder.frame(draft(1, 'toServer', { type: 'recall' }));
  await recorder.mark(1, 'red', 'look here');
  await recorder.mark(1, undefined, 'look there');
  await recorder.mark(2, 'blue', undefined);
  await recorder.mark(2, null, undefined);
  await recorder.close();
  const session = openSession(path, protocols);
  expect(session.mark(1)).toEqual({ mark: 'red', comment: 'look there' });
  expect(session.mark(2)).toEqual({});
  session.close();
});

test('while recording is off, frames pass without a number, held ones keep one', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  recorder.isRecording = false;
  expect(recorder.frame(draft(1, 'toServer', { type: 'recall' }))).toBe(0);
  expect(recorder.frame(draft(1, 'toServer', { type: 'recall' }, { fate: 'held' }))).toBe(1);
  recorder.isRecording = true;
  expect(recorder.frame(draft(1, 'toServer', { type: 'recall' }))).toBe(2);
  await recorder.close();
});

test('sources are told to wait while too much is on its way, and nothing is lost', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  const drained = Promise.withResolvers<void>();
  recorder.onDrain(() => drained.resolve());
  const big = { type: 'ask', id: 1, text: 'x'.repeat(1_000_000) };
  let sent = 0;
  while (!recorder.isFull) {
    recorder.frame(draft(1, 'toServer', big));
    sent++;
  }
  expect(sent).toBeGreaterThanOrEqual(8);
  await drained.promise;
  expect(recorder.isFull).toBe(false);
  await recorder.close();
  const session = openSession(path, protocols);
  expect(session.frames).toBe(sent);
  session.close();
});
