/** Every recording, through the command line, against the decode that is right: exactly its frames, in order, to the last field. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { expectedLines, recordingPath } from '../../fixtures/captures/recording.ts';
import { CommandLine, type FrameLine, jsonLines } from './command-line.ts';

const line = new CommandLine();
afterAll(() => line.end());

type Row = Readonly<Record<string, unknown>>;

async function decode(file: string, ...args: string[]): Promise<FrameLine[]> {
  const ended = await line.run(['decode', recordingPath(file), '--format', 'jsonl', ...args]);
  expect(ended.err).toBe('');
  expect(ended.code).toBe(0);
  return jsonLines<FrameLine>(ended);
}

/** The contract every line keeps, whatever the protocol. */
function expectWellFormed(frames: readonly FrameLine[]): void {
  frames.forEach((frame, i) => {
    expect(frame.n).toBe(i + 1);
    expect(typeof frame.time).toBe('number');
    expect(['c2s', 's2c']).toContain(frame.dir);
    expect(frame.bytes).toMatch(/^([0-9a-f]{2})*$/);
    if (frame.message === null && !['ping', 'pong', 'close'].includes(String(frame.carrier['opcode'])))
      expect(frame.expert.length, `frame ${frame.n} is not understood and says why`).toBeGreaterThan(0);
  });
  for (let i = 1; i < frames.length; i++) expect(frames[i]!.time).toBeGreaterThanOrEqual(frames[i - 1]!.time);
}

const errors = (frames: readonly FrameLine[]): string[] =>
  frames.flatMap((f) => f.expert.filter((e) => e.severity === 'error').map((e) => `${f.n}: ${e.text}`));
const textOf = (hex: string): string => Buffer.from(hex, 'hex').toString();
/** Frames that carry an application message: without WebSocket's own. */
const messagesOf = (frames: readonly FrameLine[]): FrameLine[] =>
  frames.filter((f) => f.carrier['opcode'] === undefined || ['text', 'binary'].includes(String(f.carrier['opcode'])));

/** With detection, and told which protocol it is. */
const both = (id: string): readonly (readonly [string, readonly string[]])[] => [
  ['auto', []],
  [id, ['--as', id]],
];

test.concurrent.each(both('mjsonp'))('mjsonp/game.pcap, %s', async (_how, args) => {
  const frames = await decode('mjsonp/game.pcap', ...args);
  const rows = expectedLines<Row>('mjsonp/game.expected.jsonl');
  expectWellFormed(frames);
  expect(frames).toHaveLength(3404);
  expect(frames.filter((f) => f.expert.length > 0)).toEqual([]);
  expect(
    frames.map((f) => ({
      dir: f.dir,
      port: Number((f.dir === 'c2s' ? f.src : f.dst).split(':').at(-1)),
      type: f.message,
      message: f.fields,
      bytes: f.bytes.length / 2 + 1,
    })),
  ).toEqual(
    rows.map((row) => ({
      dir: row['dir'],
      port: row['client_port'],
      type: row['type'],
      message: row['message'],
      bytes: row['bytes'],
    })),
  );
});

const muddery = ['muddery080_webclient', 'muddery082_webclient'] as const;
test.concurrent.each(muddery.flatMap((name) => both('muddery').map(([how, args]) => [name, how, args] as const)))(
  'muddery/%s.pcap, %s',
  async (name, _how, args) => {
    const all = await decode(`muddery/${name}.pcap`, ...args);
    expectWellFormed(all);
    const frames = messagesOf(all);
    const rows = expectedLines<Row>(`muddery/${name}.expected.jsonl`);
    expect(errors(all)).toEqual([]);
    expect(frames.map((f) => [f.dir, f.message])).toEqual(rows.map((row) => [row['dir'], row['key']]));
    frames.forEach((frame, i) => {
      const row = rows[i]!;
      // The message is the JSON as sent, so the payload must be that very text.
      if (row['message'] !== null) expect(JSON.parse(textOf(frame.bytes))).toEqual(row['message']);
      if (row['key'] === null) return;
      if (row['dir'] === 'c2s') expect(frame.fields).toEqual((row['message'] as Row)['args']);
      const keys = (row['keys'] as string[] | undefined) ?? [];
      if (keys.length > 1) expect(frame.messages?.map((m) => m.message)).toEqual(keys);
      else expect(frame.messages).toBeUndefined();
    });
    // One connection per page, as recorded.
    expect(new Set(frames.map((f) => f.conn)).size).toBe(new Set(rows.map((row) => row['conn'])).size);
    expect(all.filter((f) => f.carrier['opcode'] === 'close').length).toBeGreaterThan(0);
  },
);

test.concurrent.each(
  ['session_login', 'session_chat'].flatMap((name) => both('fco').map(([how, args]) => [name, how, args] as const)),
)('fco/%s.jsonl, %s', async (name, _how, args) => {
  const all = await decode(`fco/${name}.jsonl`, ...args);
  expectWellFormed(all);
  const rows = expectedLines<Row>(`fco/${name}.expected.jsonl`);
  const frames = messagesOf(all);
  expect(frames).toHaveLength(rows.length);
  frames.forEach((frame, i) => {
    const row = rows[i]!;
    expect(frame.dir).toBe(row['dir']);
    expect(Math.round(frame.time * 1000)).toBe(row['t_ms']);
    if (row['error'] !== undefined) {
      expect(frame.message).toBeNull();
      expect(textOf(frame.bytes)).toBe(row['raw']);
      expect(frame.expert[0]).toMatchObject({ severity: 'error', group: 'malformed' });
      return;
    }
    expect(frame.id).toBe(row['command']);
    expect(frame.message !== null).toBe(row['known']);
    expect(frame.fields).toEqual(row['fields']);
    expect(errors([frame])).toEqual([]);
  });
});

test.concurrent.each(
  ['session_newline', 'session_lenprefix_be32'].flatMap((name) =>
    both('socketchat').map(([how, args]) => [name, how, args] as const),
  ),
)('socketchat/%s.jsonl, %s', async (name, _how, args) => {
  const frames = await decode(`socketchat/${name}.jsonl`, ...args);
  expectWellFormed(frames);
  const rows = expectedLines<Row>(`socketchat/${name}.expected.jsonl`);
  expect(frames.filter((f) => f.expert.length > 0)).toEqual([]);
  expect(
    frames.map((f) => ({
      dir: f.dir,
      t_ms: Math.round(f.time * 1000),
      length: f.bytes.length / 2,
      name: f.message,
      id: f.id,
      fields: f.fields,
    })),
  ).toEqual(
    rows.map((row) => ({
      dir: row['dir'],
      t_ms: row['t_ms'],
      length: row['length'],
      name: row['name'],
      id: Number(row['command']),
      fields: row['fields'],
    })),
  );
});

test.concurrent.each(
  ['head-quick', 'y2011-quick'].flatMap((name) => both('mana').map(([how, args]) => [name, how, args] as const)),
)('mana/%s.pcap, %s', async (name, _how, args) => {
  const frames = await decode(`mana/${name}.pcap`, ...args);
  expectWellFormed(frames);
  const rows = expectedLines<Row>(`mana/${name}.expected.jsonl`);
  expect(frames.map((f) => f.message)).toEqual(rows.map((row) => row['name']));
  expect(errors(frames)).toEqual([]);
  frames.forEach((frame, i) => {
    const row = rows[i]!;
    expect(frame.id).toBe(Number(row['id']));
    expect(frame.transport).toBe('enet');
    expect(frame.bytes.length / 2).toBe(row['length']);
    expect(frame.carrier).toMatchObject({ channel: row['channel'], reliable: row['reliable'] });
    expect([frame.src, frame.dst].map((at) => Number(at.split(':').at(-1)))).toEqual([
      row['src_port'],
      row['dst_port'],
    ]);
    if (row['dir'] !== 'server-to-server') expect(frame.dir).toBe(row['dir']);
    if (row['fields'] !== undefined) expect(frame.fields).toEqual(row['fields']);
  });
});

test('what is piped into head ends quietly', async () => {
  const ended = await line.shell(`interpose decode '${recordingPath('mjsonp/game.pcap')}' | head -n 3`);
  expect(ended.err).toBe('');
  expect(ended.code).toBe(0);
  expect(jsonLines<FrameLine>(ended).map((f) => f.message)).toEqual(['hello', 'join', 'hello']);
});

test('piped text is JSON lines unless text is asked for, which is a line a frame', async () => {
  const ended = await line.run(['decode', recordingPath('mjsonp/game.pcap'), '--format', 'text']);
  expect(ended.code).toBe(0);
  const lines = ended.out.trimEnd().split('\n');
  expect(lines).toHaveLength(3404);
  expect(lines[0]).toMatch(/^ +1 +0\.0\d* +c1 ← mjsonp +hello/);
  expect(lines.some((text) => text.includes('P2 pon') || /P\d pon/.test(text))).toBe(true);
});

/** The packets of a pcap file from a part of it on: a capture that was begun too late. */
function laterPart(file: string, from: number): Buffer {
  const whole = readFileSync(recordingPath(file));
  const starts: number[] = [];
  for (let at = 24; at < whole.length; at += 16 + whole.readUInt32LE(at + 8)) starts.push(at);
  return Buffer.concat([whole.subarray(0, 24), whole.subarray(starts[Math.floor(starts.length * from)])]);
}

test.concurrent.each([
  'mjsonp/game',
  'muddery/muddery080_webclient',
  'muddery/muddery082_webclient',
  'mana/head-quick',
  'mana/y2011-quick',
])('%s.pcap, begun in the middle of its connections, reads like the rest of the whole', async (name) => {
  const whole = new Set((await decode(`${name}.pcap`)).map((f) => `${f.dir} ${f.message} ${JSON.stringify(f.fields)}`));
  for (const from of [0.35, 0.8]) {
    const path = line.path(`${name.replace('/', '-')}-${from}.pcap`, laterPart(`${name}.pcap`, from));
    const frames = jsonLines<FrameLine>(await line.run(['decode', path, '--format', 'jsonl']));
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.filter((f) => !whole.has(`${f.dir} ${f.message} ${JSON.stringify(f.fields)}`))).toEqual([]);
    expect(frames.flatMap((f) => f.expert.filter((e) => e.severity !== 'note'))).toEqual([]);
  }
});

/** Ports of servers moved above those of clients: numbers that tell the wrong way round. */
function withHighPorts(pcap: Buffer): Buffer {
  const changed = Buffer.from(pcap);
  for (let at = 24; at < changed.length; at += 16 + changed.readUInt32LE(at + 8)) {
    // Ethernet, then IPv4, whose header may have options.
    const ports = at + 16 + 14 + (changed[at + 16 + 14]! & 15) * 4;
    for (const place of [ports, ports + 2]) {
      const port = changed.readUInt16BE(place);
      if (port < 20_000) changed.writeUInt16BE(65_535 - (port % 1000), place);
    }
  }
  return changed;
}

test.concurrent.each(['mjsonp/game', 'muddery/muddery080_webclient', 'mana/head-quick'])(
  '%s.pcap, begun in the middle and with ports that mislead, still goes the way its messages say',
  async (name) => {
    const way = (f: FrameLine): string => `${f.dir} ${f.message} ${JSON.stringify(f.fields)}`;
    const whole = new Set((await decode(`${name}.pcap`)).map(way));
    const path = line.path(`${name.replace('/', '-')}-high.pcap`, withHighPorts(laterPart(`${name}.pcap`, 0.4)));
    const frames = jsonLines<FrameLine>(await line.run(['decode', path, '--format', 'jsonl']));
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.map(way).filter((one) => !whole.has(one))).toEqual([]);
    for (const { dir, src, dst } of frames) {
      expect(Number((dir === 'c2s' ? dst : src).split(':').at(-1))).toBeGreaterThan(64_000);
    }
  },
);
