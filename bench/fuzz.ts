/**
 * Fuzz cases a second, a fresh connection each. Over TCP beside a loop that does what boofuzz does per case (`fuzz-process.py`),
 * on the same server with nothing to do, in turns; calibrating counts. Then over WebSocket and ENet on real worlds: there the
 * seconds in which cases were played, without those spent on a look into one of them.
 *
 *   npx node bench/fuzz.ts [SECONDS]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRecording } from '../app/cli/load-recording.ts';
import { readProtocolChoice } from '../app/cli/protocol-options.ts';
import { type FuzzHow, fuzz, homeOf } from '../core/engine/fuzz/testing/fuzz-world.ts';
import { Closers, recordVisit, type RecordOptions } from '../core/io/testing/replay-world.ts';
import { visitFco, visitMana } from '../core/io/testing/visits.ts';
import { endsWithUs } from './feed/ends-with-us.ts';

const seconds = Number(process.argv[2] ?? 8);
const TURNS = 3;
const closers = new Closers();

async function startIdle(): Promise<{ port: number; stop: () => void }> {
  const child = endsWithUs(
    spawn(process.execPath, [join(import.meta.dirname, 'fuzz-process.ts')], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { port: Number(/^ready (\d+)/.exec(line)?.[1]), stop: () => void child.kill() };
}

/** One login, as a stream log. */
async function loginTo(port: number): Promise<FuzzHow> {
  const hex = (text: string): string => Buffer.from(`${text}\n`).toString('hex');
  const path = join(mkdtempSync(join(tmpdir(), 'interpose-bench-')), 'login.jsonl');
  const said = [
    { dir: 'c2s', t_ms: 0, bytes_hex: hex('{"Command": "01", "Name": "Anna", "Password": "secret"}') },
    { dir: 's2c', t_ms: 1, bytes_hex: hex('{"Command": "11", "Flag": 1, "Friends": []}') },
  ];
  writeFileSync(path, said.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const choice = readProtocolChoice({ text: (name) => (name === 'as' ? 'socketchat' : undefined), texts: () => [] });
  const { recording } = await loadRecording(path, choice);
  return { recording, to: `tcp://127.0.0.1:${port}`, lanes: 16 };
}

async function rateOf(how: FuzzHow): Promise<{ rate: number; playing: number; lanes: number }> {
  const { status } = await fuzz(closers, { ...how, seconds });
  if (status.error !== undefined) throw new Error(status.error);
  return { rate: status.perSecond, playing: middle(status.rates.filter((one) => one > 0)), lanes: status.lanes };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const idle = await startIdle();
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) say('python3 is not installed: figures without a peer');
const ours: number[] = [];
const theirs: number[] = [];
for (let turn = 0; turn < TURNS; turn++) {
  ours.push((await rateOf(await loginTo(idle.port))).rate);
  if (!hasPython) continue;
  // Not spawnSync: what our own connections left behind is cleared meanwhile.
  const loop = endsWithUs(
    spawn('python3', [join(import.meta.dirname, 'fuzz-process.py'), String(idle.port), String(seconds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let out = '';
  loop.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await once(loop, 'close');
  theirs.push(Number(out));
}
idle.stop();
say(`TCP, a server with nothing to do   ${Math.round(middle(ours))} cases/s`);
if (hasPython) {
  say(`a loop like boofuzz's              ${Math.round(middle(theirs))} cases/s`);
  say(`ratio                              ${(middle(ours) / middle(theirs)).toFixed(2)}`);
}

const VISITS: readonly (readonly [string, string, NonNullable<RecordOptions['visit']>])[] = [
  ['WebSocket, fco', 'fco', (endpoints) => visitFco(endpoints, 'mina_fox')],
  ['ENet, mana', 'mana', (endpoints) => visitMana(endpoints)],
];
for (const [title, name, visit] of VISITS) {
  const recorded = await recordVisit(name, { visit });
  const { to, target } = await homeOf(name, recorded);
  const { playing, lanes } = await rateOf({ recording: recorded.recording, to, target });
  say(`${title.padEnd(34)} ${Math.round(playing)} cases/s, ${lanes} at once`);
}
await closers.closeAll();
process.exit(0);
