/**
 * 200 copies of one recorded visit at once, against a server in a process of its own: a chat over TCP, and a role-playing game
 * over ENet with its handoff. Prints messages a second and the time from a client message to its answer; the same visit by
 * one copy alone stands beside it.
 *
 *   npx node bench/replay.ts [COPIES]
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSystemClock } from '../core/io/system-clock.ts';
import { createSystemTimer } from '../core/io/system-timer.ts';
import { createTarget } from '../core/io/target.ts';
import { recordVisit, towards, type Visit } from '../core/io/testing/replay-world.ts';
import { visitChat, visitMana } from '../core/io/testing/visits.ts';
import { type CopiesReport, type CopyValues, runCopies } from '../core/replay/copies.ts';
import { endsWithUs } from './feed/ends-with-us.ts';

const copies = Number(process.argv[2] ?? 200);
const ROOT = join(import.meta.dirname, '..');

interface World {
  readonly name: string;
  readonly visit: (endpoints: Readonly<Record<string, string>>) => Promise<void>;
  readonly values: CopyValues;
}

const WORLDS: readonly World[] = [
  { name: 'socketchat', visit: (endpoints) => visitChat(endpoints), values: { 'value:Quinn42': 'Quinn{copy:4}' } },
  {
    name: 'mana',
    visit: (endpoints) => visitMana(endpoints),
    values: {
      'value:wren': 'wren{copy:4}',
      'value:wren@example.test': 'wren{copy:4}@example.test',
      'value:Wren': 'Wren{copy:4}',
    },
  },
];

/** A world in a process of its own; its endpoints by name. */
async function startWorld(name: string): Promise<{ endpoints: Record<string, string>; stop: () => void }> {
  const flags = ['--disable-warning=ExperimentalWarning', 'fixtures/run.ts', name, '--port', '0', '--pace', 'fast'];
  const child = endsWithUs(
    spawn(process.execPath, [...flags, '--quiet'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const endpoints: Record<string, string> = {};
  const lines = createInterface(child.stdout);
  await new Promise<void>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the world ${name} ended`)));
    lines.on('line', (line) => {
      const [, endpoint, url] = /^ready (\S+) (\S+)$/.exec(line) ?? [];
      if (endpoint !== undefined && url !== undefined) endpoints[endpoint] = url;
      // All of them are told in one go.
      clearTimeout(timer);
      timer = setTimeout(resolve, 200);
    });
  });
  return { endpoints, stop: () => void child.kill('SIGTERM') };
}

async function play(world: World, visit: Visit, count: number): Promise<CopiesReport> {
  const { endpoints, stop } = await startWorld(world.name);
  const target = createTarget({ verify: false });
  try {
    return await runCopies(
      {
        recording: visit.recording,
        to: towards(visit, { endpoints, close: () => Promise.resolve() }),
        pace: { kind: 'lockstep' },
        timeoutMs: 20_000,
        copies: count,
        values: [world.values],
      },
      { target, clock: createSystemClock(), timer: createSystemTimer() },
    );
  } finally {
    await target.close();
    stop();
  }
}

function show(name: string, report: CopiesReport): void {
  const seconds = report.elapsedMs / 1000;
  const messages = report.sent + report.received;
  const answers = report.latencies.reduce((sum, one) => sum + one.count, 0);
  const weighted = (pick: (one: CopiesReport['latencies'][number]) => number): string =>
    (report.latencies.reduce((sum, one) => sum + pick(one) * one.count, 0) / Math.max(1, answers)).toFixed(1);
  process.stdout.write(
    [
      name.padEnd(12),
      `${report.verdicts.same}/${report.copies}`.padStart(9),
      String(report.sent).padStart(8),
      String(report.received).padStart(9),
      seconds.toFixed(2).padStart(8),
      Math.round(messages / seconds)
        .toString()
        .padStart(11),
      weighted((one) => one.p50Ms).padStart(8),
      weighted((one) => one.p95Ms).padStart(8),
      String(Math.max(0, ...report.latencies.map((one) => one.maxMs))).padStart(9),
    ].join('') + '\n',
  );
  for (const { text, count } of report.errors) process.stdout.write(`  ${count} copies: ${text}\n`);
  for (const { copy, report: failed } of report.failures.slice(0, 2)) {
    const row = failed.rows.find(
      (one) => one.outcome !== 'same' && one.outcome !== 'extra' && one.outcome !== 'different',
    );
    process.stdout.write(`  copy ${copy}: ${row?.outcome ?? ''} ${row?.recorded?.message ?? ''} ${row?.note ?? ''}\n`);
  }
}

process.stdout.write('world          reached    sent  received   seconds messages/s  p50 ms  p95 ms   max ms\n');
let isComplete = true;
for (const world of WORLDS) {
  const visit = await recordVisit(world.name, { visit: world.visit });
  show(`${world.name} ×1`, await play(world, visit, 1));
  const report = await play(world, visit, copies);
  show(`${world.name} ×${copies}`, report);
  isComplete &&= report.verdict === 'same';
}
process.exit(isComplete ? 0 : 1);
