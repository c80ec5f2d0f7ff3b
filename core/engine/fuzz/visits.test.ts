/** A recording may hold one visit after the other: nobody may be there in between. */
import { afterAll, expect, test } from 'vitest';
import { Identities } from '../../fuzz/identity.ts';
import { type Run, runScript } from '../../fuzz/run-script.ts';
import { copied, isSend, OTHER, type Script, type Step } from '../../fuzz/script.ts';
import { Closers, recordVisit, startServer, towards } from '../../io/testing/replay-world.ts';
import { prepare } from './start-campaign.ts';

const closers = new Closers();
afterAll(() => closers.closeAll());

const visit = await recordVisit('socketchat');
const server = await startServer(closers, 'socketchat', { pace: 'fast' });
const { seed, stage, close } = await prepare({ recording: visit.recording, to: towards(visit, server), allow: [] });
closers.add(close);

const logout = seed.base.steps.find((step) => isSend(step) && step.message === 'logout')!;
/** Of whoever logs out, up to then. */
const stay: readonly Step[] = seed.base.steps
  .slice(0, seed.base.steps.indexOf(logout) + 1)
  .filter(({ conn }) => conn === logout.conn);
/** It is waited until the server has hung up. */
const gone = (step: Step): Step => (step === logout && isSend(step) ? { ...step, awaits: [[step.conn, 99]] } : step);
const NEXT = logout.conn + OTHER;
let tag = 1;

function play(steps: readonly Step[]): Promise<Run> {
  const script: Script = { steps };
  const identities = new Identities(seed.scene.identities);
  const patience = { answer: 2000, muted: 300, settle: 20 };
  return runScript(script, stage, { scene: seed.scene, identities, tag: tag++, patience });
}

test('who comes when the last one has left is played, too', async () => {
  const { connections } = await play([...stay.map(gone), ...copied(stay, OTHER)]);
  expect(connections.get(logout.conn)?.ending?.by).toBe('server');
  expect(connections.get(NEXT)?.frames).toBeGreaterThan(0);
});

test('where something wrong was said before, nobody comes any more', async () => {
  const wrong = stay.map((step) => (step === logout ? ({ ...gone(step), mutated: true } as Step) : step));
  const { connections } = await play([...wrong, ...copied(stay, OTHER)]);
  expect(connections.get(NEXT)).toBeUndefined();
});
