/** Cases about what is somebody else's or is there no more, played against a sound server and one that lets them through. */
import { afterAll, expect, test } from 'vitest';
import { makeBaseline } from '../../fuzz/baseline.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { Identities } from '../../fuzz/identity.ts';
import { acceptedKey } from '../../fuzz/judge-acceptance.ts';
import { judge } from '../../fuzz/judge.ts';
import { type Run, runScript } from '../../fuzz/run-script.ts';
import { Schedule } from '../../fuzz/schedule.ts';
import { isSend, type Script, type SendStep, type Step } from '../../fuzz/script.ts';
import { Closers, recordVisit, startServer, towards } from '../../io/testing/replay-world.ts';
import { openReproduction } from './reproduction.ts';
import { prepare } from './start-campaign.ts';

const closers = new Closers();
afterAll(() => closers.closeAll());

const visit = await recordVisit('muddery');

interface Wanted {
  /** Of its cases, by address. */
  readonly id: RegExp;
  readonly message: string;
  /** Of the recording, these messages are played before it. */
  readonly needs: (step: SendStep) => boolean;
}

/** What is noticed of these cases at a server with these bugs. */
async function noticed(bugs: readonly string[], { id, message, needs }: Wanted): Promise<readonly string[]> {
  const server = await startServer(closers, 'muddery', { bugs, pace: 'fast' });
  const { seed, stage, close } = await prepare({ recording: visit.recording, to: towards(visit, server), allow: [] });
  closers.add(close);
  let tag = 1;
  const identities = new Identities(seed.scene.identities);
  const patience = { answer: 2000, muted: 1000, settle: 20 };
  const play = (script: Script): Promise<Run> =>
    runScript(script, stage, { scene: seed.scene, identities, tag: tag++, patience });
  const usual: Script = { steps: seed.base.steps.filter((step) => !isSend(step) || needs(step)) };
  const baseline = makeBaseline({ ...seed, base: usual }, [await play(usual)]);
  const prefix = (at: number): SendStep[] =>
    seed.base.steps.slice(0, at).filter((step): step is SendStep => !isSend(step) || needs(step));
  const cases = new Schedule(seed, 1).planned.filter(
    (one) => id.test(one.id) && one.message === message && needs(seed.base.steps[one.step] as SendStep),
  );
  expect(cases.length).toBeGreaterThan(0);
  const keys: string[] = [];
  for (const mutation of cases) {
    const made = mutation.make(seed, { rng: 1, tail: 0, prefix })!;
    const run = await play(made.script);
    expect(run.steps[made.focus[0]!], mutation.id).toBeDefined();
    for (const { key } of judge(run, made.focus, mutation, { seed, baseline, refusals: new Set() })) keys.push(key);
  }
  return keys;
}

test('an account that was deleted is used again: a sound server says no, one that remembers it is noticed', async () => {
  const deleted: Wanted = {
    id: /:@gone-connect$/,
    message: 'connect',
    needs: ({ conn, message }) => conn === 3 && ['create', 'connect', 'delete_account'].includes(message),
  };
  expect(await noticed([], deleted)).toEqual([]);
  expect(await noticed(['ghost-account'], deleted)).toContain('accepted|connect|username');
});

test('what the server gives to another player is first given to that one, then shown by this one', async () => {
  const puppet: Wanted = {
    id: /:@foreign-value-\d+$/,
    message: 'puppet',
    needs: ({ n, message }) => n < 60 && ['create', 'connect', 'char_create', 'puppet'].includes(message),
  };
  expect(await noticed([], puppet)).toEqual([]);
  expect((await noticed(['foreign-character'], puppet)).join()).toMatch(/accepted\|puppet\|/);
});

test('what somebody else gives only time for is not his doing', async () => {
  const server = await startServer(closers, 'muddery', { pace: 'fast' });
  const to = towards(visit, server);
  const { seed, close } = await prepare({ recording: visit.recording, to, allow: [] });
  closers.add(close);
  const mutation = new Schedule(seed, 1).planned.find(({ id }) => id.endsWith(':@others-target-48'))!;
  const { conn } = seed.base.steps[mutation.step]!;
  // The way into a fight in which he has just struck: he may again when the other side has.
  const wanted = ['cast_combat_skill', 'attack', 'traverse', 'puppet', 'char_create', 'create'];
  const needed = new Set<Step>();
  const fought = seed.base.steps.findIndex((step) => isSend(step) && step.message === 'leave_combat');
  for (const step of seed.base.steps.slice(0, fought).reverse()) {
    if (!isSend(step) || step.conn !== conn || step.message !== wanted[0]) continue;
    needed.add(step);
    wanted.shift();
  }
  const prefix = seed.base.steps.filter((step) =>
    isSend(step) ? needed.has(step) : step.kind === 'open' && step.conn === conn,
  );
  const made = mutation.make(seed, { rng: 1, tail: 0, prefix: () => prefix })!;
  // Only the other one waits until he is struck back.
  const steps = made.script.steps.map((step) =>
    isSend(step) && step.conn === conn ? { ...step, awaits: [[conn, 1]] as const } : step,
  );
  const finding: Finding = {
    id: 'F1',
    caseId: `1:0:${mutation.id}`,
    oracle: 'accepted',
    key: acceptedKey('cast_combat_skill', mutation),
    title: 'cast_combat_skill is accepted',
    message: 'cast_combat_skill',
    field: mutation.field,
    what: mutation.doc,
    confirmed: { times: 1, of: 1 },
    hits: 1,
    at: 0,
    script: { steps },
    sendsBefore: 0,
    said: [],
    evidence: [],
    log: [],
    refusals: [],
  };
  const reproduction = await openReproduction({ recording: visit.recording, to, allow: [], rng: 1 });
  closers.add(() => reproduction.close());
  // Who strikes first is chance.
  for (let i = 0; i < 4; i++) expect(await reproduction.shows(finding)).toBeUndefined();
});
