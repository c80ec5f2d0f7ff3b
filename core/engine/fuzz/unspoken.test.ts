/** Cases that are more than a wrong value: second connections, and what the client never said. Against real servers, with and without the bug. */
import { afterEach, expect, test } from 'vitest';
import type { Finding } from '../../fuzz/finding.ts';
import { Identities } from '../../fuzz/identity.ts';
import type { Oracle } from '../../fuzz/suspicion.ts';
import { runScript } from '../../fuzz/run-script.ts';
import { Schedule } from '../../fuzz/schedule.ts';
import { makeSeed } from '../../fuzz/seed.ts';
import { Closers, recordVisit, type Visit } from '../../io/testing/replay-world.ts';
import { visitMana } from '../../io/testing/visits.ts';
import { resolveEndpoints } from '../../replay/endpoints.ts';
import { makePlan } from '../../replay/plan.ts';
import { openReproduction } from './reproduction.ts';
import { prepare } from './start-campaign.ts';
import { homeOf } from './testing/fuzz-world.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

const RNG = 1;

/** Plays the case at an address against the world with these bugs; the titles of what it showed. */
async function shownBy(
  world: string,
  visit: Visit,
  bugs: readonly string[],
  cases: readonly (readonly [address: RegExp, oracle: Oracle, key: string])[],
  options: Readonly<Record<string, string>> = {},
  isSecluded = false,
): Promise<(string | undefined)[]> {
  const { to, target } = await homeOf(world, visit, bugs, options);
  const reproduction = await openReproduction({ recording: visit.recording, to, target, allow: [], rng: RNG });
  closers.add(() => reproduction.close());
  const plan = makePlan(visit.recording);
  const seed = makeSeed(plan, resolveEndpoints(plan, to));
  const { planned } = new Schedule(seed, RNG);
  const titles: (string | undefined)[] = [];
  for (const [address, oracle, key] of cases) {
    const mutation = planned.find((one) => address.test(`${one.message} ${one.id}`));
    const made = mutation?.make(seed, { rng: RNG, tail: 2 });
    if (mutation === undefined || made === undefined) throw new Error(`no case at ${address}`);
    const finding = {
      oracle,
      key,
      title: '',
      evidence: [],
      script: made.script,
      message: mutation.message,
      caseId: `${RNG}:0:${mutation.id}`,
      refusals: [],
      isSecluded,
    } as unknown as Finding;
    titles.push((await reproduction.shows(finding))?.title);
  }
  return titles;
}

test('a used token, a stranger and the number of somebody else are accepted by the server with the bugs only', async () => {
  const visit = await recordVisit('mana', { visit: (endpoints) => visitMana(endpoints) });
  const cases = [
    [/^PCMSG_CONNECT .*@used-token-there/, 'accepted', 'accepted|PCMSG_CONNECT|token'],
    [/^PGMSG_SAY .*@stranger/, 'accepted', 'accepted|PGMSG_SAY|stranger'],
    [/^PAMSG_CHAR_SELECT .*@others-slot-2/, 'accepted', 'accepted|PAMSG_CHAR_SELECT|slot'],
  ] as const;
  const bugs = ['stale-token', 'early-game', 'foreign-character'];
  expect(await shownBy('mana', visit, bugs, cases)).toEqual([
    expect.stringContaining('a token that was used before'),
    expect.stringContaining('sent by somebody who has not said who he is'),
    expect.stringContaining('slot 2, which is refused when nobody else is there'),
  ]);
  expect(await shownBy('mana', visit, [], cases)).toEqual([undefined, undefined, undefined]);
});

test('what the server offered is said wrong, and what it would say next is said for it', async () => {
  const options = { gameType: 'one_kyoku', houseBots: '3', repeat: 'yes' };
  const visit = await recordVisit('mjsonp', { server: { options } });
  const ahead = [[/ 8:@ahead-dahai$/, 'accepted', 'accepted|dahai|answer-kind']] as const;
  expect(await shownBy('mjsonp', visit, ['foreign-actor'], ahead, options)).toEqual([
    expect.stringContaining('dahai does not answer tsumo'),
  ]);
  expect(await shownBy('mjsonp', visit, [], ahead, options)).toEqual([undefined]);

  // An offered call that takes nothing from the hand.
  for (const [bugs, code] of [
    [['crash-consumed'], 1],
    [[], undefined],
  ] as const) {
    const { to, target } = await homeOf('mjsonp', visit, bugs, options);
    const world = await prepare({ recording: visit.recording, to, target, allow: [] });
    closers.add(() => world.close());
    await world.process.restart();
    const { seed, stage } = world;
    const { script } = new Schedule(seed, RNG)
      .byId('90:@offered-chi-0/consumed#empty')!
      .make(seed, { rng: RNG, tail: 0 })!;
    const patience = { answer: 2000, muted: 300, settle: 50 };
    await runScript(script, stage, { scene: seed.scene, identities: new Identities([]), tag: 1, patience });
    if (code !== undefined) await world.process.exited(10_000);
    expect(world.process.lastExit?.code).toBe(code);
  }
});

test('what a server gives once in its life is raced for where nobody has taken it before', async () => {
  const visit = await recordVisit('fco');
  const race = [[/^reward_select .*@race-same/, 'race', 'race|reward_select']] as const;
  expect(await shownBy('fco', visit, ['reward-race'], race, {}, true)).not.toContain(undefined);
  expect(await shownBy('fco', visit, [], race, {}, true)).toEqual([undefined]);
});
