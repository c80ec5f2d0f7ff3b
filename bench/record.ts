/**
 * Recording and looking: frames a second into a session file, decoded; then the file opened again, first rows, filters by
 * message name and by a decoded field. A recorded mahjong game again and again, four connections each. `node bench/record.ts [frames]`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keepHeapsSmall } from '../app/engine/small-heaps.ts';
import { decodeRowBatch } from '../core/contract/row-batch.ts';
import type { Events } from '../core/contract/verbs.ts';
import { GameFeed, meanSize } from './feed/game.ts';

// Before the engine is loaded, as the commands do.
keepHeapsSmall();
const { startEngine } = await import('../app/engine/start-engine.ts');

const FRAMES = Number(process.argv[2] ?? 1_000_000);
const rss = (): string => `${Math.round(process.memoryUsage().rss / 1e6)} MB`;
const print = (what: string, figure: string, budget = ''): void => {
  process.stdout.write(`${what.padEnd(52)} ${figure.padStart(18)}   ${budget}\n`);
};

async function record(path: string): Promise<void> {
  const { engine, close } = await startEngine({ session: path, serve: false, home: dirname(path) });
  const { sink } = engine.session;
  const memory: string[] = [];
  const began = performance.now();
  const feed = new GameFeed(engine);
  while (feed.n < FRAMES) {
    feed.tell(Math.min(1000, FRAMES - feed.n));
    if (feed.n >= ((memory.length + 1) * FRAMES) / 5) memory.push(rss());
    if (sink.isFull) await new Promise<void>((resolve) => sink.onDrain(resolve));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  const handed = performance.now();
  await engine.session.settle();
  const settled = performance.now();
  print(`recorded, ${meanSize} bytes a frame on average`, `${rate(FRAMES, handed - began)}`, 'budget ≥ 100 000/s');
  print('recorded and decoded', `${rate(FRAMES, settled - began)}`);
  print('memory along the way', memory.join(' '));
  await close();
  print('size of the file', `${Math.round(statSync(path).size / 1e6)} MB`);
}

async function look(path: string): Promise<void> {
  const began = performance.now();
  const { engine, close } = await startEngine({ open: path, serve: false, home: dirname(path) });
  const { reader } = engine.session;
  const opened = await reader.ask('view.open', { spec: { filter: '' }, follow: true });
  const answer = await reader.request('view.rows', { view: opened.view, start: 0, count: 50 }, 0, 1);
  const first = 'batch' in answer ? decodeRowBatch(answer.batch).count : 0;
  print(`opened ${opened.total} frames, first ${first} rows`, ms(performance.now() - began), 'budget < 1 s');
  const last = performance.now();
  await reader.request('view.rows', { view: opened.view, start: opened.total - 50, count: 50 }, 0, 2);
  print('last 50 rows', ms(performance.now() - last));
  for (const [what, filter, budget] of [
    ['filter on a message name', 'message == "dahai"', 'budget < 0.3 s'],
    ['filter on size and direction', 'frame.size > 100 && toClient', ''],
    ['filter on a decoded field of one message', 'message == "dahai" && actor == 1', 'budget < 3 s'],
    ['filter on a decoded field of any message', 'actor == 1', 'budget < 3 s'],
    ['text anywhere', '"5mr"', ''],
  ] as const) {
    const start = performance.now();
    const { promise: done, resolve } = Promise.withResolvers<number>();
    let revision: number | undefined;
    const stop = engine.events.listen({
      event: (event, data) => {
        if (event !== 'grew') return;
        const mine = (data as Events['grew']).views.find((v) => v.view === opened.view);
        if (mine?.done === true && mine.revision === revision) resolve(mine.shown);
      },
    });
    const now = await reader.ask('view.change', { view: opened.view, spec: { filter } });
    revision = now.revision;
    const shown = now.done ? now.shown : await done;
    stop();
    print(what, ms(performance.now() - start), `${shown} rows ${budget}`);
  }
  const start = performance.now();
  await reader.ask('stats.messages', {});
  print('message totals', ms(performance.now() - start));
  print('memory of the engine', rss(), 'budget < 400 MB at 10 000 000 frames');
  await close();
}

const ms = (time: number): string => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
const rate = (count: number, time: number): string => `${Math.round(count / time) * 1000}/s`;

// Looking has a process of its own, so that its memory is that of an engine that opened a file.
if (process.argv[3] !== undefined) await look(process.argv[3]);
else {
  const home = mkdtempSync(join(tmpdir(), 'interpose-bench-'));
  const path = join(home, 'bench.ipsession');
  try {
    await record(path);
    spawnSync(process.execPath, [...process.execArgv, import.meta.filename, String(FRAMES), path], {
      stdio: 'inherit',
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
