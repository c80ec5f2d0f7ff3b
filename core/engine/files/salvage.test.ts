import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { protocols } from '../../../dissectors/index.ts';
import { Registry } from '../../protocol/recognise.ts';
import { countOf } from '../../session/frame-ranges.ts';
import { openSession } from '../../session/session-reader.ts';
import { createDice } from '../../traffic/clock.ts';
import { importFile } from './import-file.ts';
import { salvageSession } from './salvage-session.ts';
import { verifySession } from './verify-session.ts';

const CAPTURES = join(import.meta.dirname, '../../../fixtures/captures');
const RECORDER = new URL('../../../app/engine/recorder-worker.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'interpose-test-'));
const now = () => performance.now();
const registry = new Registry(protocols);
let files = 0;
const fresh = (): string => join(folder, `${++files}.ipsession`);
const salvaged = async (from: string, to = fresh()) => ({
  to,
  ...(await salvageSession(from, { path: to, recorderWorker: RECORDER, now })),
});

interface Told {
  readonly frame: unknown;
  readonly names: readonly string[];
}
function framesOf(path: string): Map<number, Told> {
  const reader = openSession(path, protocols);
  const frames = [...reader.each()].map((frame) => [frame.n, { frame, names: reader.messageNames(frame.n) }] as const);
  reader.close();
  return new Map(frames);
}

const whole = fresh();
beforeAll(async () => {
  await importFile({
    from: join(CAPTURES, 'mjsonp/game.pcap'),
    path: whole,
    choice: {
      protocols,
      forced: undefined,
      given: () => undefined,
      choose: (sample, link) => registry.recognise(sample, link) ?? undefined,
      serverPorts: new Map(),
    },
    version: 'test',
    recorderWorker: RECORDER,
    now,
  });
});

test('of a whole session everything is saved, decoded as before', async () => {
  const { to, ...told } = await salvaged(whole);
  expect(told).toMatchObject({ lost: [], changed: [], unchecked: 0, nameless: [], cutBytes: 0 });
  expect(framesOf(to)).toEqual(framesOf(whole));
  expect(verifySession(to, protocols)).toMatchObject({ ok: true, problems: [] });
  const [one, two] = [whole, to].map((path) => openSession(path, protocols));
  expect(two!.connections()).toEqual(one!.connections());
  expect(two!.meta).toEqual(one!.meta);
  for (const reader of [one!, two!]) reader.close();
});

test('a cut session is refused with a way out, which saves what was before the cut', async () => {
  const cut = fresh();
  copyFileSync(whole, cut);
  const size = statSync(whole).size;
  truncateSync(cut, Math.round(size * 0.6));
  expect(() => openSession(cut, protocols).close()).toThrow(/session salvage/);
  const report = verifySession(cut, protocols);
  expect(report.ok).toBe(false);
  expect(report.problems.join()).toMatch(/session salvage|damage|read to its end/);
  const { to, frames, lost, cutBytes } = await salvaged(cut);
  const original = framesOf(whole);
  expect(cutBytes).toBe(size - Math.round(size * 0.6));
  expect(frames).toBeGreaterThan(original.size * 0.3);
  expect(frames + countOf(lost)).toBeLessThanOrEqual(original.size);
  expect(verifySession(to, protocols).problems).toEqual([]);
  for (const [n, { frame }] of framesOf(to)) expect(frame).toEqual(original.get(n)!.frame);
});

test('wherever a session is damaged, what is saved is what was recorded, and what is not saved is told', async () => {
  const original = framesOf(whole);
  const bytes = readFileSync(whole);
  const dice = createDice(7);
  for (let round = 0; round < 8; round++) {
    const damaged = fresh();
    const copy = Buffer.from(bytes);
    // The first rounds hit the beginning too: header and table of contents.
    for (let i = 0; i < 3; i++) {
      const at = dice.below(round < 3 && i === 0 ? 4096 : bytes.length - 20_000);
      const length = 1 + dice.below(16_000);
      for (let k = at; k < at + length; k++) copy[k] = dice.below(256);
    }
    writeFileSync(damaged, copy);
    const { to, frames, lost, nameless } = await salvaged(damaged);
    const found = framesOf(to);
    expect(frames).toBe(found.size);
    // Marks and connections may be lost: fates and edits of a frame stand in tables of their own.
    for (const [n, { frame }] of found) expect(frame).toEqual(original.get(n)!.frame);
    const last = Math.max(...found.keys(), ...lost.map(([, to]) => to));
    expect(frames + countOf(lost)).toBe(last);
    expect(nameless.length).toBeLessThanOrEqual(4);
    expect(verifySession(to, protocols).problems).toEqual([]);
  }
});

test('bytes changed inside a page cost that frame alone', async () => {
  const damaged = fresh();
  copyFileSync(whole, damaged);
  const db = new DatabaseSync(damaged);
  db.exec("UPDATE frames SET bytes = CAST('something else' AS BLOB) WHERE n = 33");
  db.close();
  const told = await salvaged(damaged);
  expect(told).toMatchObject({ lost: [[33, 33]], changed: [[33, 33]] });
});

test('a file of a killed process is saved with what its log holds', async () => {
  const killed = fresh();
  copyFileSync(whole, killed);
  const db = new DatabaseSync(killed);
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO marks VALUES (5, 'red', 'in the log')",
  );
  const copied = fresh();
  for (const ending of ['', '-wal']) copyFileSync(killed + ending, copied + ending);
  db.close();
  const { to } = await salvaged(copied);
  const reader = openSession(to, protocols);
  expect(reader.mark(5)).toEqual({ mark: 'red', comment: 'in the log' });
  reader.close();
});

test('what is no session leaves nothing behind', async () => {
  const text = fresh();
  writeFileSync(text, 'hello '.repeat(10_000));
  const to = fresh();
  await expect(salvaged(text, to)).rejects.toMatchObject({ code: 'not-a-session' });
  expect(() => statSync(to)).toThrow();
});
