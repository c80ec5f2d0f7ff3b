import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import type { Baseline } from './baseline.ts';
import { judge } from './judge.ts';
import type { JudgeWorld } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { isSend } from './script.ts';

const seed = await seedOf('mana/y2011-quick.pcap', 'enet');

test('names clients chose are users, also those of two words', () => {
  expect(seed.scene.identities).toContain('Alice Liddell');
});

test('silence after a wrong message counts although we left in the end; that the server hung up is no silence', () => {
  const sends = seed.base.steps.filter(isSend);
  const conn = sends.findLast((step, i) => sends[i - 1]?.conn === step.conn)!.conn;
  const own = sends.filter((step) => step.conn === conn);
  const [first, second] = own;
  const script = { steps: [{ kind: 'open', conn } as const, { ...first!, mutated: true }, second!] };
  const answer = { signatures: new Set(), names: new Set(), isAnswered: true, isRefused: false, isEnd: false };
  const baseline = {
    answers: new Map(own.map(({ n }) => [n, answer])),
    serverRemarks: new Set(),
    clientRemarks: new Set(),
    p99: 5,
  } as unknown as Baseline;
  const world: JudgeWorld = { seed, baseline, refusals: new Set() };
  const heard = { name: '', expert: [], messages: [], summary: '' };
  const ranTo = (by: 'client' | 'server' | undefined): Run =>
    ({
      script,
      steps: [undefined, { at: 1, bytes: first!.bytes, heard }, { at: 2, bytes: second!.bytes, heard }],
      frames: [],
      connections: new Map([[conn, { ending: by === undefined ? undefined : { by, text: '' }, endedAfter: 2 }]]),
    }) as unknown as Run;
  const mutation = { family: 'payload', message: first!.message, field: '', name: 'bad-utf8', doc: '' } as Mutation;
  const oracles = (by?: 'client' | 'server'): string[] =>
    judge(ranTo(by), [1], mutation, world).map(({ oracle }) => oracle);
  expect(oracles()).toEqual(['no-answer']);
  expect(oracles('client')).toEqual(['no-answer']);
  expect(oracles('server')).toEqual([]);
});
