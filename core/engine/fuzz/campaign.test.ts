/** Campaigns from end to end: real servers as processes of their own, real sockets, over each carrier. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { protocols } from '../../../dissectors/index.ts';
import type { CampaignStatus } from '../../fuzz/campaign.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { readJournal } from '../../fuzz/journal.ts';
import { countSends, isSend } from '../../fuzz/script.ts';
import { Closers, recordVisit, type Visit } from '../../io/testing/replay-world.ts';
import { visitFco, visitMana } from '../../io/testing/visits.ts';
import { readFinding } from './folder.ts';
import { startCampaign } from './start-campaign.ts';
import { readRecording } from '../session-recording.ts';
import { folderFor, fuzz, type FuzzHow, homeOf } from './testing/fuzz-world.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());

/** Recorded once; each campaign has a server of its own. */
const VISITS: Readonly<Record<string, Visit>> = {
  socketchat: await recordVisit('socketchat'),
  fco: await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints, 'mina_fox') }),
  mana: await recordVisit('mana', { visit: (endpoints) => visitMana(endpoints) }),
};

/** @param messages how many client messages of the recording are mutated, from the first */
async function against(name: string, bugs: readonly string[], messages = 4): Promise<FuzzHow> {
  const { recording } = VISITS[name]!;
  const { to, target } = await homeOf(name, VISITS[name]!, bugs);
  const sent = recording.frames.filter((frame) => frame.direction === 'toServer').slice(0, messages);
  return {
    recording,
    to,
    target,
    only: new Set(sent.map((frame) => frame.n)),
    lanes: 4,
  };
}

async function firstFinding(name: string, bug: string, messages?: number): Promise<{ finding: Finding; path: string }> {
  const how = await against(name, [bug], messages);
  const { status, path } = await fuzz(closers, { ...how, cases: 1500, maxFindings: 1, confirm: 2 });
  expect(status.error).toBeUndefined();
  const [finding] = status.findings;
  if (finding === undefined) throw new Error(`nothing found in ${status.cases} cases`);
  return { finding, path: join(path, 'findings', finding.id) };
}

describe('a planted bug is found from a plain recording, confirmed and made small', () => {
  test('over TCP: the process ends on a root that is no object', async () => {
    const { finding, path } = await firstFinding('socketchat', 'array-root-crash');
    expect(finding).toMatchObject({ oracle: 'exit', confirmed: { times: 2, of: 2 }, exit: { code: 1 } });
    expect(countSends(finding.script)).toBe(1);
    expect(finding.evidence.join()).toContain('TypeError');

    // Everything somebody needs who was not there.
    const report = readFileSync(join(path, 'report.md'), 'utf8');
    expect(report).toContain('interpose fuzz repro');
    expect(report).toContain("## The target's own words");
    expect(report).toContain('## The smallest session that shows it');
    const { recording } = await readRecording(join(path, `${finding.id}.ipsession`), protocols);
    const wrong = finding.said.find((one) => one.mutated)!;
    expect(recording.frames.some((frame) => Buffer.compare(frame.bytes, wrong.bytes) === 0)).toBe(true);
    const read = readFinding(path).finding;
    expect(read.script).toEqual(finding.script);
    expect(existsSync(join(path, `${finding.id}.ts`))).toBe(true);
  });

  test('over WebSocket: the process ends on a root that is no object', async () => {
    const { finding } = await firstFinding('fco', 'crash-root');
    expect(finding).toMatchObject({ oracle: 'exit', confirmed: { times: 2, of: 2 }, exit: { code: 1 } });
    expect(countSends(finding.script)).toBe(1);
  });

  test('over ENet: the process ends on a message too short for its number', async () => {
    const { finding } = await firstFinding('mana', 'crash-short');
    expect(finding).toMatchObject({ oracle: 'exit', confirmed: { times: 2, of: 2 }, exit: { code: 1 } });
    expect(countSends(finding.script)).toBe(1);
    const wrong = finding.script.steps.find((step) => isSend(step) && step.mutated);
    expect(wrong !== undefined && isSend(wrong) && wrong.bytes.length).toBeLessThan(2);
  });

  test('a reply that breaks its description, in the recorded session itself', async () => {
    const { finding } = await firstFinding('socketchat', 'flag-as-text', 100);
    expect(finding.oracle).toBe('schema');
    expect(finding.title).toContain('Flag should be an integer');
  });
});

describe('nothing is found where nothing is wrong', () => {
  test.each([
    ['socketchat', 80],
    ['fco', 60],
    ['mana', 50],
  ])('%s', async (name, cases) => {
    const { status } = await fuzz(closers, { ...(await against(name, [], 100)), cases });
    expect(status.findings.map((one) => one.title)).toEqual([]);
    expect(status).toMatchObject({ state: 'done', cases });
  });
});

describe('a campaign', () => {
  test('writes down each case before it is sent and when it is over', async () => {
    const { status, path } = await fuzz(closers, { ...(await against('socketchat', [])), cases: 40 });
    expect(status.state).toBe('done');
    const text = readFileSync(join(path, 'journal.jsonl'), 'utf8');
    const { done, open } = readJournal(text);
    expect([...done].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(open.size).toBe(0);
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { what: string; case?: number });
    for (const index of done) {
      const own = lines.filter((line) => line.case === index && (line.what === 'start' || line.what === 'done'));
      expect(own.at(-1)?.what).toBe('done');
      expect(own.filter((line) => line.what === 'done')).toHaveLength(1);
    }
  });

  test('plays several cases on the same connections when it is told to, and finds which of them it was', async () => {
    const clean = await fuzz(closers, { ...(await against('fco', [])), cases: 250, reuse: 8 });
    expect(clean.status.findings.map((one) => one.title)).toEqual([]);
    const lines = readFileSync(join(clean.path, 'journal.jsonl'), 'utf8').split('\n').slice(0, -1);
    const done = lines.flatMap((line) => {
      const entry = JSON.parse(line) as { what: string; case: number; with?: number };
      return entry.what === 'done' ? [entry] : [];
    });
    expect(done.map((entry) => entry.case).sort((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, i) => i));
    expect(done.filter((entry) => entry.with !== undefined).length).toBeGreaterThan(20);

    const planted = await fuzz(closers, {
      ...(await against('fco', ['crash-root'])),
      cases: 1500,
      maxFindings: 1,
      reuse: 8,
    });
    expect(planted.status.findings).toMatchObject([{ oracle: 'exit', exit: { code: 1 } }]);
    expect(countSends(planted.status.findings[0]!.script)).toBe(1);
  });

  test('is the same with the same seed of the dice', async () => {
    const how = await against('socketchat', []);
    const ids = async (): Promise<string[]> => {
      const { path } = await fuzz(closers, { ...how, cases: 20, lanes: 1 });
      const lines = readFileSync(join(path, 'journal.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      return lines.flatMap((line) => {
        const { what, id } = JSON.parse(line) as { what: string; id: string };
        return what === 'done' ? [id] : [];
      });
    };
    expect(await ids()).toEqual(await ids());
  });

  /** Stopped as soon as enough is known; then it goes on. */
  async function stoppedAt(
    how: FuzzHow,
    isEnough: (status: CampaignStatus) => boolean,
    later: Partial<FuzzHow> = {},
  ): Promise<{
    readonly path: string;
    readonly stopped: CampaignStatus;
    readonly goOn: () => Promise<CampaignStatus>;
  }> {
    const folder = folderFor(closers, how);
    const { campaign, done } = await startCampaign({
      rng: 1,
      allow: [],
      ...how,
      folder,
      onStatus: (status) => isEnough(status) && campaign.stop(),
    });
    const { path } = folder;
    const goOn = async (): Promise<CampaignStatus> => {
      const again = folderFor(closers, how, path);
      const { done: rest } = await startCampaign({ rng: 1, allow: [], ...how, ...later, folder: again });
      return rest;
    };
    return { path, stopped: await done, goOn };
  }

  test('stops when it is told to, leaves no process behind and goes on later', async () => {
    const how = { ...(await against('socketchat', [])), cases: 60 };
    const { path, stopped, goOn } = await stoppedAt(how, ({ cases }) => cases >= 10);
    expect(stopped.state).toBe('stopped');
    expect(stopped.cases).toBeLessThan(60);
    expect(existsSync(join(path, 'target.json'))).toBe(false);
    expect(await goOn()).toMatchObject({ state: 'done', cases: 60 });
  });

  test('makes a finding smaller, when it goes on, that it was stopped at', async () => {
    const how = await against('socketchat', ['array-root-crash']);
    const isFound = ({ findings }: CampaignStatus): boolean => findings.length > 0;
    const { path, stopped, goOn } = await stoppedAt(how, isFound, { maxFindings: 1 });
    const [found] = stopped.findings;
    expect(found).toMatchObject({ oracle: 'exit' });
    expect(found!.isSmallest).toBeUndefined();
    expect(countSends(found!.script)).toBeGreaterThan(1);
    const [smaller] = (await goOn()).findings;
    expect(smaller).toMatchObject({ id: found!.id, key: found!.key, isSmallest: true });
    expect(countSends(smaller!.script)).toBe(1);
    expect(readFinding(join(path, 'findings', found!.id)).finding.isSmallest).toBe(true);
  });

  test('stops while it waits for a server that does not come up', async () => {
    const how = { ...(await against('socketchat', [])), target: 'exec sleep 60' };
    const { campaign, done } = await startCampaign({ rng: 1, allow: [], ...how, folder: folderFor(closers, how) });
    setTimeout(() => campaign.stop(), 200);
    const { state, elapsedMs } = await done;
    expect(state).toBe('stopped');
    // It would have waited for thirty seconds.
    expect(elapsedMs).toBeLessThan(15_000);
  });

  test('keeps to a time that was given, whatever it is doing', async () => {
    const how = await against('socketchat', ['split-utf8-crash', 'array-root-crash', 'length-lie-crash']);
    const { status } = await fuzz(closers, { ...how, seconds: 2 });
    expect(status.state).toBe('done');
    // Two seconds, five of grace, and what a step under way may take.
    expect(status.elapsedMs).toBeLessThan(20_000);
  });

  test('refuses targets beyond this machine unless they are allowed by name', async () => {
    const visit = VISITS['socketchat']!;
    const [recorded] = Object.keys(visit.endpoints);
    const how = { recording: visit.recording, to: { [recorded!]: 'tcp://192.0.2.1:4004' }, cases: 5 };
    await expect(async () => fuzz(closers, how)).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(async () => fuzz(closers, { ...how, allow: ['192.0.2.2'] })).rejects.toMatchObject({
      code: 'not-allowed',
    });
  });
});
