import { expect, test } from 'vitest';
import { FrameLineReader, isFrameLines } from '../capture/frame-lines.ts';
import { isHar, readHar } from '../capture/har.ts';
import { utf8Bytes } from '../schema/characters.ts';
import { writeCsv } from './csv.ts';
import { writeHar } from './har.ts';
import { jsonLine, writeJsonLines } from './json-lines.ts';
import { writeMarkdown } from './markdown.ts';
import { connection, keepingSink, sampleOfAllCarriers, source } from './sample-for-tests.ts';

const text = (chunks: Iterable<string>): string => [...chunks].join('');
const hostile = '</script><img src=x onerror=alert(1)> | `code` @all =SUM(A1) ```\n\u202e';

test('JSON lines come back as the same connections and frames, without delimiters', () => {
  const sample = sampleOfAllCarriers();
  const lines = text(writeJsonLines(sample));
  expect(isFrameLines(lines)).toBe(true);
  const sink = keepingSink();
  const reader = new FrameLineReader(sink);
  for (const line of lines.split('\n')) reader.line(line);
  reader.end();
  expect(reader.problems).toEqual([]);
  expect(
    sink.frames.map(({ direction, time, bytes, carrier, origin, fate, sent }) => ({
      direction,
      time,
      bytes,
      carrier,
      origin,
      fate,
      sent,
    })),
  ).toEqual(
    [...sample.frames()].map(({ frame }) => {
      const { direction, time, bytes, carrier, origin, fate, sent } = frame;
      return { direction, time, bytes, carrier, origin, fate, sent };
    }),
  );
  expect(sink.connections.map((c) => [c.transport, c.server.port])).toEqual(
    sample.connections.map((c) => [c.transport, c.server.port]),
  );
  expect(sink.frames[1]).toMatchObject({ mark: 'red', comment: 'look here' });
});

test('a gap is a row where there are rows, and no message where there are messages', () => {
  const gap = { conn: 1, direction: 'toServer', bytes: '', more: { gapBefore: 40 } } as const;
  const said = {
    conn: 1,
    direction: 'toServer',
    bytes: '{}',
    more: { carrier: { opcode: 'text', compressed: false, fragments: 1 } },
  } as const;
  const sample = source([connection(1, { transport: 'ws' })], [said, gap, said]);
  const har = JSON.parse(text(writeHar(sample, { name: 'test', version: '1' }))) as {
    log: { entries: { _webSocketMessages: unknown[] }[] };
  };
  expect(har.log.entries[0]!._webSocketMessages).toHaveLength(2);
  expect(text(writeMarkdown(sample, { version: '1' }))).toMatch(/^\| 2 \|.*`gap`/m);
  const lines = text(writeJsonLines(sample)).trim().split('\n');
  expect(JSON.parse(lines[1]!)).toMatchObject({ n: 2, bytes: '', message: null, gapBefore: 40 });
  const sink = keepingSink();
  const reader = new FrameLineReader(sink);
  for (const line of lines) reader.line(line);
  reader.end();
  expect(sink.frames.map((frame) => frame.gapBefore)).toEqual([undefined, 40, undefined]);
});

test('a line has no end but its own, whatever a player writes', () => {
  const said = 'a\u0085b\u2028c\u2029d\ne';
  const [first] = [...sampleOfAllCarriers().frames()];
  const line = jsonLine({ ...first!, messages: [{ name: 'say', fields: { said } }] });
  expect(line).toMatch(/^[^\n\r\v\f\u0085\u2028\u2029]*$/);
  expect(JSON.parse(line)).toMatchObject({ message: 'say', fields: { said } });
});

test('lines that are no frames are told and the rest is read', () => {
  const sink = keepingSink();
  const reader = new FrameLineReader(sink);
  reader.line('{"conn":1,"dir":"c2s","bytes":"00"}');
  reader.line('not JSON');
  reader.line('{"conn":1,"dir":"up","bytes":"00"}');
  reader.line('{"conn":1,"dir":"s2c","bytes":"zz"}');
  reader.line('{"conn":1,"dir":"s2c","bytes":"01","carrier":{"channel":"x"},"fate":"eaten"}');
  expect(sink.frames).toHaveLength(2);
  expect(reader.problems.map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
    'line 2',
    'line 3',
    'line 4',
  ]);
});

test('HAR holds the WebSocket connections and comes back with their messages', () => {
  const sample = sampleOfAllCarriers();
  const result = { leftOut: 0 };
  const har = text(writeHar(sample, { name: 'Interpose', version: 'test' }, result));
  expect(isHar(har)).toBe(true);
  const sink = keepingSink();
  expect(readHar(har, sink).problems).toEqual([]);
  const sockets = [...sample.frames()].filter((each) => /^wss?$/.test(each.connection.transport));
  expect(result.leftOut).toBe([...sample.frames()].length - sockets.length);
  expect(sink.frames.map((f) => [f.direction, f.time, f.bytes])).toEqual(
    sockets.map(({ frame }) => [frame.direction, frame.time, frame.bytes]),
  );
  expect(sink.connections.map((c) => [c.transport, c.details.path])).toEqual([
    ['ws', '/play'],
    ['wss', '/'],
  ]);
});

test('CSV has the usual columns, those asked for, and fields by their path', () => {
  const sample = source(
    [connection(1)],
    [
      {
        conn: 1,
        direction: 'toServer',
        bytes: 'x',
        said: { protocol: 'p', messages: [{ name: 'move', fields: { to: { x: 3 }, list: [1n] } }], summary: 'a, "b"' },
      },
      { conn: 1, direction: 'toClient', bytes: 'yy' },
    ],
  );
  const rows = text(writeCsv(sample)).split('\r\n');
  expect(rows[0]).toBe(
    'n,time,at,conn,dir,transport,client,server,protocol,message,summary,size,origin,fate,answer_ms,expert,comment',
  );
  expect(rows[1]).toContain('"a, ""b"""');
  expect(text(writeCsv(sample, ['n', 'message', 'to.x', 'list']))).toBe(
    'n,message,to.x,list\r\n1,move,3,"[""1""]"\r\n2,,,\r\n',
  );
  expect(text(writeCsv(sample, ['+', 'to.x'])).split('\r\n')[0]).toMatch(/^n,time.*,to\.x$/);
});

test('what a peer sent never becomes a formula in a spreadsheet', () => {
  const sample = source(
    [connection(1)],
    ['=1+1', '@SUM(A1)', '-1', '+cmd', '-1+2', '\tx'].map((summary) => ({
      conn: 1,
      direction: 'toServer' as const,
      bytes: '',
      said: { summary },
    })),
  );
  expect(
    text(writeCsv(sample, ['summary']))
      .trim()
      .split('\r\n')
      .slice(1),
  ).toEqual(["'=1+1", "'@SUM(A1)", '-1', "'+cmd", "'-1+2", "'\tx"]);
});

test('Markdown shows the frames, and details of those that were remarked on, with nothing of the traffic as mark-up', () => {
  const sample = source(
    [connection(1, { protocol: 'p' })],
    [
      {
        conn: 1,
        direction: 'toServer',
        bytes: 'plain',
        said: { protocol: 'p', messages: [{ name: 'say', fields: {} }] },
      },
      {
        conn: 1,
        direction: 'toClient',
        bytes: utf8Bytes(hostile),
        said: {
          protocol: 'p',
          summary: hostile,
          messages: [{ name: hostile, fields: { text: hostile } }],
          comment: hostile,
        },
      },
    ],
  );
  const markdown = text(writeMarkdown(sample, { version: 'test' }));
  expect(markdown).toContain('2 frames on 1 connection');
  expect(markdown.match(/<details>/g)).toHaveLength(1);
  const outsideFences = markdown.replaceAll(/(`{3,})[\s\S]*?\n\1\n/g, '');
  expect(outsideFences).not.toMatch(/(?<!\\)<img/);
  expect(outsideFences).not.toContain('@all');
  for (const row of outsideFences.split('\n').filter((line) => line.startsWith('| 2 ')))
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(8);
});
