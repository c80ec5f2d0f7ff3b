import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { gunzipSync, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { protocols } from '../../../dissectors/index.ts';
import { Registry } from '../../protocol/recognise.ts';
import { openSession } from '../../session/session-reader.ts';
import { enetFigures } from '../../traffic/enet-figures.ts';
import { copyInto } from './copy-session.ts';
import { FILE_FORMATS, type FileFormat, previewRedaction, runExportJob } from './file-work.ts';
import { importFile } from './import-file.ts';
import { readTraffic, type TrafficChoice } from './read-traffic.ts';
import { selectFrames } from './selection.ts';
import { verifySession } from './verify-session.ts';
import { writeSession } from './write-session.ts';

const CAPTURES = join(import.meta.dirname, '../../../fixtures/captures');
const RECORDER = new URL('../../../app/engine/recorder-worker.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'interpose-test-'));
const now = () => performance.now();
const tools = { protocols, sources: [], recorderWorker: RECORDER, now };
const registry = new Registry(protocols);
const choice: TrafficChoice = {
  protocols,
  forced: undefined,
  given: () => undefined,
  choose: (sample, link) => registry.recognise(sample, link) ?? undefined,
  serverPorts: new Map(protocols.flatMap((p) => p.ports.map((port) => [port.port, port.transport] as const))),
};
let files = 0;
const fresh = (ending = 'ipsession'): string => join(folder, `${++files}.${ending}`);

async function imported(from: string): Promise<string> {
  const path = fresh();
  await importFile({ from, path, choice, version: 'test', recorderWorker: RECORDER, now });
  return path;
}
async function exported(session: string, format: FileFormat, more: object = {}): Promise<string> {
  const output = fresh(format);
  await runExportJob({ session, format, output, version: 'test', ...more }, tools);
  return output;
}
/** Everything a session says about its frames, for comparing. */
function told(path: string): unknown[] {
  const reader = openSession(path, protocols);
  try {
    const connections = reader.connections();
    const frames = [...reader.read()].map(({ frame, dissected, summary }) => ({
      ...frame,
      // An export has packets of its own making.
      headers: undefined,
      summary,
      names: reader.messageNames(frame.n),
      fields: dissected?.messages.map((m) => m.fields),
      answer: reader.answer(frame.n)?.request,
    }));
    return [connections, frames];
  } finally {
    reader.close();
  }
}

test.each(['mjsonp/game.pcap', 'muddery/muddery080_webclient.pcap', 'mana/head-quick.pcap', 'fco/session_login.jsonl'])(
  'session → pcapng → session gives the same frames, values, directions and times: %s',
  async (recording) => {
    const first = await imported(join(CAPTURES, recording));
    const second = await imported(await exported(first, 'pcapng'));
    expect(told(second)).toEqual(told(first));
    expect(verifySession(second, protocols)).toMatchObject({ ok: true, problems: [] });
  },
);

test('a copy of a session keeps what is below its frames, and the commands between them', async () => {
  const first = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const copy = await exported(first, 'ipsession');
  const [before, after] = [first, copy].map((path) => {
    const reader = openSession(path, protocols);
    const both = { headers: [...reader.each()].map(({ headers }) => headers), commands: [...reader.commands()] };
    reader.close();
    return both;
  });
  expect(before!.commands.length).toBeGreaterThan(20);
  expect(before!.headers.every((headers) => headers!.length > 0)).toBe(true);
  expect(after).toEqual(before);
});

const SECRETS = ['correct horse "battery"', 'zz/9+Token~value', 'sid-4f9a77c1d2', 'Grüße-aus-Köln', 'header-secret-55'];

/** A HAR file whose messages, headers and address hold secrets, and a session with a comment that repeats one. */
async function sessionWithSecrets(): Promise<string> {
  const [password, token, cookie, umlaut, bearer] = SECRETS as [string, string, string, string, string];
  const say = (time: number, type: string, value: unknown) => ({
    type,
    time,
    opcode: 1,
    data: typeof value === 'string' ? value : JSON.stringify(value),
  });
  const har = fresh('har');
  writeFileSync(
    har,
    JSON.stringify({
      log: {
        entries: [
          {
            startedDateTime: '2026-01-01T00:00:00Z',
            request: {
              url: `ws://127.0.0.1:8080/play?token=${encodeURIComponent(token)}`,
              headers: [
                { name: 'Cookie', value: `session=${cookie}; theme=dark` },
                { name: 'Authorization', value: `Bearer ${bearer}` },
              ],
            },
            _webSocketMessages: [
              say(1_767_225_601, 'send', { cmd: 'join', password, nested: { accessToken: token } }),
              say(1_767_225_602, 'receive', { cmd: 'joined', echo: `you said ${password}`, motd: umlaut }),
              say(
                1_767_225_603,
                'send',
                `{"cmd":"x","passwd":"${umlaut.replaceAll('ü', '\\u00fc').replaceAll('ß', '\\u00df').replaceAll('ö', '\\u00f6')}"}`,
              ),
              {
                type: 'send',
                time: 1_767_225_604,
                opcode: 2,
                data: Buffer.from(`bytes ${token} bytes`).toString('base64'),
              },
            ],
          },
        ],
      },
    }),
  );
  const path = await imported(har);
  const db = new DatabaseSync(path);
  db.prepare('INSERT INTO marks VALUES (2, ?, ?)').run('red', `the password ${password} is echoed`);
  db.exec('DELETE FROM index_blocks');
  db.close();
  return path;
}

/** All there is to read in a file: packed parts unpacked, as they are and in the spellings secrets come in. */
function readable(path: string, format: FileFormat): string {
  const bytes = readFileSync(path);
  const parts: Uint8Array[] = [bytes];
  if (format === 'bundle')
    for (const [name, part] of Object.entries(unzipSync(bytes))) {
      parts.push(Buffer.from(part));
      if (name.endsWith('.html')) parts.push(...unpackedReport(Buffer.from(part).toString()));
    }
  if (format === 'html') parts.push(...unpackedReport(bytes.toString()));
  const text = Buffer.concat(parts).toString('latin1');
  const plain = Buffer.concat(parts).toString();
  const unhexed = [...plain.matchAll(/(?:[0-9a-f]{2}){8,}/g)].map(([hex]) => Buffer.from(hex, 'hex').toString());
  const unbased = [...plain.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([b64]) =>
    Buffer.from(b64, 'base64').toString(),
  );
  return [text, plain, ...unhexed, ...unbased].join('\n');
}
function unpackedReport(html: string): Buffer[] {
  return [...html.matchAll(/<script type="text\/plain" id="\w+">([^<]*)</g)].map(([, packed]) =>
    Buffer.from(gunzipSync(Buffer.from(packed!, 'base64'))),
  );
}

test('nothing of a planted secret is left in any redacted export, whatever spelling it came in', async () => {
  const session = await sessionWithSecrets();
  const forms = [
    'correct horse',
    ...SECRETS.flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('latin1'),
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
    ]),
  ];
  for (const format of FILE_FORMATS) {
    const open = readable(await exported(session, format), format);
    expect(open, `${format} should hold it`).toContain('correct horse');
    const closed = readable(await exported(session, format, { redact: true }), format);
    for (const form of forms) expect(closed.includes(form), `${format} still holds ${form}`).toBe(false);
  }
  expect(readable(session, 'ipsession')).toContain(SECRETS[0]);
}, 120_000);

test('a redacted copy decodes as before, with equal placeholders for equal secrets', async () => {
  const session = await sessionWithSecrets();
  const copy = openSession(await exported(session, 'ipsession', { redact: true }), protocols);
  const texts = [...copy.each()].map((frame) => Buffer.from(frame.bytes).toString());
  copy.close();
  const { password, nested } = JSON.parse(texts[0]!) as { password: string; nested: { accessToken: string } };
  expect((JSON.parse(texts[1]!) as { echo: string }).echo).toBe(`you said ${password}`);
  expect(texts[3]).toBe(`bytes ${nested.accessToken} bytes`);
});

test('the preview names every secret with its place and count and gives none away', async () => {
  const preview = previewRedaction(await sessionWithSecrets(), {}, protocols);
  expect(preview.length).toBeGreaterThanOrEqual(5);
  for (const { placeholder, count, where } of preview) {
    expect(placeholder).toMatch(/^[a-z]+\d+$/);
    expect(count).toBeGreaterThan(0);
    expect(where).not.toBe('');
  }
  for (const secret of SECRETS) expect(JSON.stringify(preview)).not.toContain(secret);
});

test('a bundle holds the session, its report, the protocols it uses and what was put beside', async () => {
  const session = await imported(join(CAPTURES, 'mjsonp/game.pcap'));
  const zip = await exported(session, 'bundle', {
    filter: 'n <= 50',
    beside: [{ name: 'rules.yaml', text: 'rules: []\n' }],
  });
  const entries = unzipSync(readFileSync(zip));
  expect(Object.keys(entries).sort()).toEqual([
    'README.md',
    'protocols.md',
    'report.html',
    'rules.yaml',
    'session.ipsession',
  ]);
  expect(Buffer.from(entries['protocols.md']!).toString()).toContain('mjsonp');
  const path = fresh();
  writeFileSync(path, entries['session.ipsession']!);
  expect(verifySession(path, protocols)).toMatchObject({ ok: true });
  const again = await exported(session, 'bundle', {
    filter: 'n <= 50',
    beside: [{ name: 'rules.yaml', text: 'rules: []\n' }],
  });
  expect(Object.keys(unzipSync(readFileSync(again)))).toEqual(Object.keys(entries));
});

async function slice(
  paths: readonly string[],
  requests: readonly Parameters<typeof selectFrames>[1][],
): Promise<string> {
  const path = fresh();
  const readers = paths.map((each) => openSession(each, protocols));
  const began = Math.min(...readers.map((r) => r.began));
  const meta = { began: String(began), title: 'Slice', engineVersion: 'test' };
  const written = await writeSession({ path, recorderWorker: RECORDER, meta, now });
  const inputs = readers.map((reader, i) => ({ reader, selected: selectFrames(reader, requests[i]!) }));
  await copyInto(written, inputs, began);
  await written.finish();
  for (const reader of readers) reader.close();
  return path;
}

test('a slice from the middle is understood, because what set the state came along', async () => {
  const whole = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const path = await slice([whole], [{ filter: 'n > 40' }]);
  const [reader, original] = [openSession(path, protocols), openSession(whole, protocols)];
  const names = (of: typeof reader): string[] => [...of.each()].map((f) => of.messageNames(f.n).join());
  expect(names(reader).slice(-(original.frames - 40))).toEqual(names(original).slice(40));
  expect([...reader.each()].map((f) => f.bytes).slice(-5)).toEqual([...original.each()].map((f) => f.bytes).slice(-5));
  reader.close();
  original.close();
});

test('two sessions merged stand in the order of time, each connection once', async () => {
  const one = await imported(join(CAPTURES, 'mjsonp/game.pcap'));
  const two = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const reader = openSession(await slice([one, two], [{}, {}]), protocols);
  const times = [...reader.each()].map((frame) => frame.time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const [first, second] = [openSession(one, protocols), openSession(two, protocols)];
  expect(reader.frames).toBe(first.frames + second.frames);
  expect(reader.connections()).toHaveLength(first.connections().length + second.connections().length);
  for (const each of [reader, first, second]) each.close();
});

test('a session whose tables do not fit each other, or whose pages are damaged, is found broken', async () => {
  const path = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const db = new DatabaseSync(path);
  db.exec('DELETE FROM connections WHERE id = 1; DELETE FROM frames WHERE n = 3');
  db.close();
  const report = verifySession(path, protocols);
  expect(report.ok).toBe(false);
  expect(report.problems.join('\n')).toMatch(/connections that are not in the file/);
  expect(report.problems.join('\n')).toMatch(/frames that are not in the file/);
  const torn = fresh();
  copyFileSync(await imported(join(CAPTURES, 'mjsonp/game.pcap')), torn);
  const bytes = readFileSync(torn);
  bytes.fill(0xa5, 100_000, 140_000);
  writeFileSync(torn, bytes);
  expect(verifySession(torn, protocols).ok).toBe(false);
});

test('bytes changed inside intact pages are found, and the frames named', async () => {
  const path = await imported(join(CAPTURES, 'mjsonp/game.pcap'));
  expect(verifySession(path, protocols)).toMatchObject({ ok: true, notes: [] });
  const bytes = readFileSync(path);
  const reader = openSession(path, protocols);
  const longest = [...reader.each()].reduce((a, b) => (a.bytes.length < b.bytes.length ? b : a));
  // The same bytes may stand in several frames: which copy lies first in the file is not for us to say.
  const same = [...reader.each()].filter((frame) => Buffer.compare(frame.bytes, longest.bytes) === 0).map((f) => f.n);
  reader.close();
  bytes[bytes.indexOf(longest.bytes) + 3]! ^= 1;
  const changed = fresh();
  writeFileSync(changed, bytes);
  const report = verifySession(changed, protocols);
  expect(report.ok).toBe(false);
  const [n] = report.damagedFrames[0]!;
  expect(same).toContain(n);
  expect(report.problems).toEqual([`1 frame is not what was recorded: ${n}`]);
  for (const [sql, names] of [
    ['UPDATE frames SET direction = 1 - direction, time = time + 0.001 WHERE n BETWEEN 7 AND 9', 'frames .*: 7–9'],
    ["UPDATE connections SET server_address = '10.0.0.1'", 'connections'],
    ["INSERT INTO marks VALUES (3, 'red', NULL)", 'marks'],
  ] as const) {
    const other = fresh();
    copyFileSync(path, other);
    const db = new DatabaseSync(other);
    db.exec(sql);
    db.close();
    expect(verifySession(other, protocols).problems.join('\n')).toMatch(new RegExp(names));
  }
});

test('what Interpose itself writes into a session later is no damage, and damage from before stays one', async () => {
  const path = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const mark = async (file: string): Promise<void> => {
    const written = await writeSession({ path: file, adds: true, meta: {}, recorderWorker: RECORDER, now });
    await written.recorder.mark(2, 'red', 'look here');
    await written.finish();
  };
  await mark(path);
  expect(verifySession(path, protocols)).toMatchObject({ ok: true, notes: [] });
  const db = new DatabaseSync(path);
  db.exec("UPDATE connections SET server_address = '10.0.0.1'");
  db.close();
  await mark(path);
  expect(verifySession(path, protocols).problems).toEqual([
    'the table connections is not what it was when the session was closed',
  ]);
});

test('a session of the first format is verified, and said to have no checksums', () => {
  const path = fresh();
  copyFileSync(join(CAPTURES, '../recordings/v1.ipsession'), path);
  const report = verifySession(path, protocols);
  expect(report.ok).toBe(true);
  expect(report.notes.join('\n')).toMatch(/no checksums/);
});

test('a cut capture is imported as far as it goes, and says where it ends', async () => {
  const cut = fresh('pcap');
  writeFileSync(cut, readFileSync(join(CAPTURES, 'mjsonp/game.pcap')).subarray(0, 50_001));
  const path = fresh();
  const result = await importFile({ from: cut, path, choice, version: 'test', recorderWorker: RECORDER, now });
  expect(result.frames).toBeGreaterThan(50);
  expect(result.problems[0]).toContain('cut in the middle of packet');
});

test('packed captures are read as they are, a cut one as far as it goes', async () => {
  const plain = readFileSync(join(CAPTURES, 'mana/head-quick.pcap'));
  const frames = (path: string): number => {
    const reader = openSession(path, protocols);
    reader.close();
    return reader.frames;
  };
  const whole = frames(await imported(join(CAPTURES, 'mana/head-quick.pcap')));
  for (const packed of [gzipSync(plain), zstdCompressSync(plain)]) {
    const from = fresh('packed');
    writeFileSync(from, packed);
    expect(frames(await imported(from))).toBe(whole);
  }
  const cut = fresh('packed');
  writeFileSync(cut, gzipSync(plain).subarray(0, -2000));
  const path = fresh();
  const result = await importFile({ from: cut, path, choice, version: 'test', recorderWorker: RECORDER, now });
  expect(result.problems.join('\n')).toMatch(/gzip file cannot be unpacked to its end/);
  expect(frames(path)).toBeLessThan(whole);
  expect(frames(path)).toBeGreaterThan(0);
});

test('a capture of which nothing can be used says what it holds', async () => {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt32LE(1, 20);
  const packet = Buffer.alloc(16 + 60);
  packet.writeUInt32LE(60, 8);
  packet.writeUInt32LE(60, 12);
  packet.writeUInt16BE(0x8864, 16 + 12);
  const from = fresh('pcap');
  const problems = async (bytes: Uint8Array): Promise<readonly string[]> => {
    writeFileSync(from, bytes);
    const how = { path: fresh(), choice, version: 'test', recorderWorker: RECORDER, now };
    return (await importFile({ from, ...how })).problems;
  };
  expect(await problems(head)).toEqual(['there are no packets in the file']);
  expect(await problems(Buffer.concat([head, packet, packet]))).toEqual([
    'none of the 2 packets holds TCP or UDP that can be read: 2 × Ethernet type 0x8864 (PPPoE)',
  ]);
});

test('what cannot be read leaves no session behind, and an existing one is never written over', async () => {
  const text = fresh('txt');
  writeFileSync(text, 'nothing of the kind');
  const path = fresh();
  const how = { path, choice, version: 'test', recorderWorker: RECORDER, now };
  await expect(importFile({ from: text, ...how })).rejects.toMatchObject({ code: 'unreadable-file' });
  expect(() => readFileSync(path)).toThrow();
  await expect(importFile({ from: join(folder, 'missing'), ...how })).rejects.toMatchObject({
    code: 'unreadable-file',
  });
  writeFileSync(path, 'mine');
  await expect(importFile({ from: join(CAPTURES, 'mana/head-quick.pcap'), ...how })).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('decryption secrets and the comment of a pcapng are kept, and leave again unless it is redacted', async () => {
  const session = await imported(join(CAPTURES, 'mana/head-quick.pcap'));
  const db = new DatabaseSync(session);
  const keys = Buffer.from('CLIENT_RANDOM 00 11\n');
  db.prepare('INSERT INTO meta VALUES (?, ?)').run(
    'secrets',
    JSON.stringify([{ type: 0x544c534b, bytes: keys.toString('base64') }]),
  );
  db.prepare('INSERT INTO meta VALUES (?, ?)').run('comment', 'from the lab');
  db.close();
  const sink = await imported(await exported(session, 'pcapng'));
  const back = new DatabaseSync(sink);
  const meta = Object.fromEntries(
    (back.prepare('SELECT * FROM meta').all() as { key: string; value: string }[]).map((r) => [r.key, r.value]),
  );
  back.close();
  expect(meta.comment).toBe('from the lab');
  expect(Buffer.from((JSON.parse(meta.secrets!) as { bytes: string }[])[0]!.bytes, 'base64')).toEqual(keys);
  expect(readFileSync(await exported(session, 'pcapng', { redact: true })).includes(keys)).toBe(false);
});

test('every format that is read is told by its content, not by its name', async () => {
  const session = await imported(join(CAPTURES, 'muddery/muddery080_webclient.pcap'));
  for (const format of ['pcapng', 'jsonl', 'har', 'ipsession'] as const) {
    const plain = fresh('data');
    copyFileSync(await exported(session, format), plain);
    const frames: string[] = [];
    await readTraffic(plain, choice, {
      isFull: false,
      onDrain: () => undefined,
      nextConnectionId: () => 1,
      opened: () => undefined,
      changed: () => undefined,
      closed: () => undefined,
      frame: (draft) => frames.push(Buffer.from(draft.bytes).toString('hex')),
      update: () => undefined,
      remark: () => undefined,
    });
    const reader = openSession(session, protocols);
    expect(frames).toEqual([...reader.each()].map((f) => Buffer.from(f.bytes).toString('hex')));
    reader.close();
  }
});

test('a session becomes a TypeScript test of the frames asked for', async () => {
  const session = await imported(join(CAPTURES, 'socketchat/session_newline.jsonl'));
  const output = fresh('test.ts');
  const whole = await runExportJob({ session, format: 'test', output, version: 'test' }, tools);
  expect(whole.frames).toBe(6);
  const code = stripTypeScriptTypes(readFileSync(output, 'utf8'));
  expect(code).toContain("c1.send('login', { Name: 'alice1' });");
  expect(code).toMatch(/'tcp:\/\/127\.0\.0\.1:\d+'/);
  expect(code).toContain("await c1.expect('chat_receipt', { Flag: 1 });");
  const some = await runExportJob({ session, format: 'test', output, version: 'test', frames: [1, 2] }, tools);
  expect(some.frames).toBe(2);
  expect(readFileSync(output, 'utf8')).not.toContain('chat_send');
});

test('a session made of a capture keeps how ENet did, per side and channel', async () => {
  const reader = openSession(await imported(join(CAPTURES, 'mana/head-quick.pcap')), protocols);
  const figures = reader.connections().map((connection) => enetFigures(connection));
  reader.close();
  expect(figures).toHaveLength(5);
  for (const sides of figures) {
    expect(sides.map(({ side }) => side)).toEqual(['client', 'server']);
    for (const { rttMs, resent, missing } of sides) {
      expect(rttMs).toBeGreaterThan(0);
      expect([resent, missing]).toEqual([0, 0]);
    }
  }
  expect(figures.flatMap((sides) => sides.map(({ channels }) => channels.map((c) => [c.channel, c.packets])))).toEqual(
    [2, 3, 1, 2, 3, 3, 14, 24, 5, 7].map((packets) => [[0, packets]]),
  );
});
