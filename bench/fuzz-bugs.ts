/**
 * How many of the planted bugs of our worlds a campaign of some minutes finds from one recording: the world's own clients once.
 * Each finding is played ten times more, then against builds with one bug each, which says what bug it is; then a campaign
 * goes against the clean build, where nothing may be found.
 *
 *   npx node bench/fuzz-bugs.ts [WORLD…] [--seconds N] [--clean-cases N] [--clean-seconds N] [--bug NAME]… [--lanes N] [--reuse N] [--minimal]
 *
 * `--minimal` leaves out each message of each finding, one at a time: where it still shows each of several times, it was not needed.
 */
import { parseArgs } from 'node:util';
import { type FuzzHow, fuzz, homeOf } from '../core/engine/fuzz/testing/fuzz-world.ts';
import { openReproduction } from '../core/engine/fuzz/reproduction.ts';
import type { Finding } from '../core/fuzz/finding.ts';
import { countSends, isSend, isWrong } from '../core/fuzz/script.ts';
import { timingText } from '../core/fuzz/timing.ts';
import { Closers, recordVisit, type Visit } from '../core/io/testing/replay-world.ts';
import { fixtureNames, loadFixture } from '../fixtures/index.ts';
// A target ends with the process that started it: a signal makes that end an orderly one.
import './feed/ends-with-us.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '240' },
    'clean-cases': { type: 'string', default: '20000' },
    'clean-seconds': { type: 'string', default: '600' },
    bug: { type: 'string', multiple: true, default: [] },
    lanes: { type: 'string' },
    reuse: { type: 'string' },
    rng: { type: 'string', default: '1' },
    minimal: { type: 'boolean', default: false },
  },
});
const OPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  /** One player at a table of their own, which plays the same story each time. */
  mjsonp: { houseBots: '3', repeat: 'yes' },
  /** One of its bugs is in how lengths are read. */
  socketchat: { framing: 'decimal' },
};
const TIMES = 10;
/** Each time is hundreds of messages in many bursts. */
const MEMORY_TIMES = 2;
/** In a row: what does not come back as often as the finding itself must was needed. */
const SPARE_TIMES = TIMES;
const rng = Number(values.rng);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function printFindings(findings: readonly Finding[]): void {
  for (const { id, oracle, title, script, sendsBefore, confirmed, caseId, at, isSmallest } of findings) {
    say(
      `  ${id} ${oracle} at ${Math.round(at / 1000)} s, ${confirmed.times} of ${confirmed.of}, ${isSmallest === true ? '' : 'at most '}${countSends(script)} of ${sendsBefore} messages, ${caseId}`,
    );
    say(`     ${title}`);
  }
}

async function campaign(title: string, how: FuzzHow): Promise<readonly Finding[]> {
  const closers = new Closers();
  const started = performance.now();
  const { status, campaign: played } = await fuzz(closers, {
    ...how,
    rng,
    ...(values.lanes === undefined ? {} : { lanes: Number(values.lanes) }),
    ...(values.reuse === undefined ? {} : { reuse: Number(values.reuse) }),
    onNote: (text) => say(`  note: ${text}`),
  });
  await closers.closeAll();
  const took = ((performance.now() - started) / 1000).toFixed(0);
  say(
    `${title}: ${status.cases} cases in ${took} s (${status.perSecond.toFixed(1)}/s), ${status.lanes} at once, ${status.findings.length} findings${status.error === undefined ? '' : `; ${status.error}`}`,
  );
  const { messagesMutated, messagesTotal, replies, transitions } = status.coverage;
  say(`  time: ${timingText(status.phases)}`);
  say(
    `  ${messagesMutated} of ${messagesTotal} messages, ${replies} answers, ${transitions} transitions; ${JSON.stringify(played.outcomes)}`,
  );
  for (const { title, cases } of status.unconfirmed) say(`  not confirmed: ${title}: ${cases.join(' ')}`);
  printFindings(status.findings);
  return status.findings;
}

/** Runs of so many in which each finding shows, against a build with these bugs. */
async function count(
  name: string,
  visit: Visit,
  bugs: readonly string[],
  findings: readonly Finding[],
  times: number,
): Promise<ReadonlyMap<string, number>> {
  const home = await homeOf(name, visit, bugs, OPTIONS[name]);
  const reproduction = await openReproduction({ recording: visit.recording, ...home, allow: [], rng });
  const seen = new Map<string, number>();
  try {
    for (const finding of findings) {
      let shown = 0;
      const most = finding.oracle === 'memory' ? Math.min(times, MEMORY_TIMES) : times;
      for (let i = 0; i < most; i++) if ((await reproduction.shows(finding)) !== undefined) shown += 1;
      seen.set(finding.id, shown);
    }
  } finally {
    await reproduction.close();
  }
  return seen;
}

/** Messages of each finding that could be left out, one at a time. */
async function printSpare(
  name: string,
  visit: Visit,
  bugs: readonly string[],
  findings: readonly Finding[],
): Promise<void> {
  const home = await homeOf(name, visit, bugs, OPTIONS[name]);
  const reproduction = await openReproduction({ recording: visit.recording, ...home, allow: [], rng });
  try {
    for (const finding of findings) {
      if (finding.oracle === 'memory') continue;
      const { steps } = finding.script;
      const spare: string[] = [];
      for (const step of steps) {
        if (!isSend(step) || isWrong(step)) continue;
        const script = { steps: steps.filter((one) => one !== step) };
        let shown = 0;
        for (let i = 0; i < SPARE_TIMES && shown === i; i++) {
          await reproduction.restart();
          if ((await reproduction.shows({ ...finding, script })) !== undefined) shown += 1;
        }
        if (shown === SPARE_TIMES) spare.push(step.message);
      }
      say(`  ${finding.id}: ${spare.length} of ${countSends(finding.script)} could go: ${spare.join(', ')}`);
    }
  } finally {
    await reproduction.close();
  }
}

async function measure(name: string): Promise<void> {
  const fixture = await loadFixture(name);
  const options = OPTIONS[name];
  const visit = await recordVisit(name, options === undefined ? {} : { server: { options } });
  const sent = visit.recording.frames.filter((frame) => frame.direction === 'toServer').length;
  say(`\n${name}: ${sent} client messages recorded`);
  const bugs = values.bug.length > 0 ? values.bug : fixture.bugs.map((bug) => bug.name);
  const home = await homeOf(name, visit, bugs, options);
  const seconds = Number(values.seconds);
  if (seconds > 0) {
    const findings = await campaign('planted', { recording: visit.recording, ...home, seconds });
    if (values.minimal) await printSpare(name, visit, bugs, findings);
    const shown = await count(name, visit, bugs, findings, TIMES);
    say(
      `  again: ${findings.map(({ id, oracle }) => `${id} ${shown.get(id)} of ${oracle === 'memory' ? MEMORY_TIMES : TIMES}`).join(', ')}`,
    );
    const whose = new Map<string, string[]>();
    const owned = new Set<string>();
    for (const bug of bugs) {
      const open = findings.filter(({ id }) => !owned.has(id));
      const own = await count(name, visit, [bug], open, 1);
      const ids = open.filter(({ id }) => own.get(id)! > 0).map(({ id }) => id);
      for (const id of ids) owned.add(id);
      if (ids.length > 0) whose.set(bug, ids);
    }
    say(
      `  found ${whose.size} of ${bugs.length}: ${[...whose].map(([bug, ids]) => `${bug} (${ids.join(' ')})`).join(', ')}`,
    );
    say(`  missed: ${bugs.filter((bug) => !whose.has(bug)).join(', ')}`);
    // One bug may hide behind another: what is not there any more when this one is taken away needs it.
    const rest = findings.filter(({ id }) => !owned.has(id));
    const needs = new Map<string, string[]>(rest.map(({ id }) => [id, []]));
    for (const bug of rest.length === 0 ? [] : bugs) {
      const others = bugs.filter((one) => one !== bug);
      const without = await count(name, visit, others, rest, 1);
      for (const { id } of rest) if (without.get(id) === 0) needs.get(id)!.push(bug);
    }
    for (const [id, needed] of needs) say(`  ${id} needs ${needed.join(' and ') || 'none of them'}`);
    const found = new Set([...whose.keys(), ...[...needs.values()].flat()]);
    const missed = bugs.filter((bug) => !found.has(bug));
    say(`  with those, found ${found.size} of ${bugs.length}; missed: ${missed.join(', ')}`);
  }
  const cases = Number(values['clean-cases']);
  if (cases === 0) return;
  const clean = await homeOf(name, visit, [], options);
  const limit = Number(values['clean-seconds']);
  await campaign('clean', { recording: visit.recording, ...clean, cases, seconds: limit });
}

for (const name of positionals.length > 0 ? positionals : fixtureNames) await measure(name);
process.exit(0);
