/**
 * The page at 50 000 frames a second for a minute: the longest time between two pictures, what the page holds in memory, and
 * whether every frame number is there. First with a server that only speaks the contract, so that the page alone is measured; then
 * with the whole engine, which records and decodes every frame in the same minute, at INTERPOSE_BENCH_RATE.
 * INTERPOSE_BENCH_SECONDS shortens both. Needs a Chromium and the built page.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { CHROMIUM, goTo, launch, numbersInSight, open, ROW } from '../app/e2e/browser.ts';
import { keepHeapsSmall } from '../app/engine/small-heaps.ts';
import { startContractServer } from '../app/e2e/contract-server/server.ts';
import { GameFeed } from './feed/game.ts';

// Before the engine is loaded, as the commands do.
keepHeapsSmall();
const { startEngine } = await import('../app/engine/start-engine.ts');

const RATE = 50_000;
const ENGINE_RATE = Number(process.env['INTERPOSE_BENCH_RATE'] ?? RATE);
const SECONDS = Number(process.env['INTERPOSE_BENCH_SECONDS'] ?? 60);
const SAMPLES = 40;

if (CHROMIUM === undefined) {
  process.stdout.write('no Chromium: skipped\n');
  process.exit(0);
}
const browser = await launch();
const contract = await startContractServer({ rows: 1000, rate: RATE, perSecond: RATE });
let isGood = await measure('a server of the contract alone', contract.url, RATE, contract.length);
await contract.close();
isGood = (await withEngine()) && isGood;
await browser.close();
process.exit(isGood ? 0 : 1);

/** The recorder, the decoder, the reader and the page, all at once. */
async function withEngine(): Promise<boolean> {
  const home = mkdtempSync(join(tmpdir(), 'interpose-bench-'));
  const { engine, url, close } = await startEngine({ home, log: 'quiet' });
  const feed = new GameFeed(engine);
  const { sink } = engine.session;
  const stopping = new AbortController();
  let full = 0;
  const telling = (async () => {
    const began = performance.now();
    let late = 0;
    while (!stopping.signal.aborted) {
      const due = ((performance.now() - began - late) / 1000) * ENGINE_RATE;
      while (feed.n < due && !sink.isFull) feed.tell(Math.min(500, Math.ceil(due - feed.n)));
      if (sink.isFull) {
        // Sockets would be paused now: what is not told is not owed either.
        const at = performance.now();
        await new Promise<void>((resolve) => sink.onDrain(resolve));
        late += performance.now() - at;
        full += performance.now() - at;
      } else await wait(2);
    }
  })();
  try {
    return await measure(
      'the engine: recording, decoding, following',
      url ?? '',
      ENGINE_RATE,
      () => feed.n,
      async () => {
        stopping.abort();
        await telling;
        await engine.session.settle();
        const { frames, lost } = engine.session.info();
        return `recorder     ${frames.toLocaleString('en')} frames in the file, ${lost} lost; its queue was full ${(full / 1000).toFixed(1)} s; engine ${Math.round(process.memoryUsage().rss / 1e6)} MB`;
      },
    );
  } finally {
    stopping.abort();
    await telling;
    await close();
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * @param length frames so far
 * @param end called when the time is over; what else there is to say
 */
async function measure(
  what: string,
  url: string,
  rate: number,
  length: () => number,
  end?: () => Promise<string>,
): Promise<boolean> {
  const { page, errors } = await open(browser, url);
  await page.waitForSelector(ROW);
  await page.evaluate(`(() => {
    const gaps = { longest: 0, pictures: 0, over100: 0, over500: 0, worst: [] };
    window.__gaps = gaps;
    let last = performance.now();
    const began = last;
    const step = (now) => {
      const gap = now - last;
      last = now;
      gaps.pictures++;
      gaps.longest = Math.max(gaps.longest, gap);
      if (gap > 100) gaps.over100++;
      if (gap > 500) { gaps.over500++; gaps.worst.push([Math.round(now - began), Math.round(gap)]); }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })()`);
  const began = performance.now();
  const from = length();
  let behind = 0;
  let looks = 0;
  let waiting = 0;
  let misplaced = 0;
  while (performance.now() - began < SECONDS * 1000) {
    await wait(500);
    const now = length();
    const rows = await rowsInSight(page);
    looks++;
    const filled = rows.filter(([, n]) => n > 0);
    if (filled.length < rows.length) waiting++;
    // Without a filter a row's place and its frame's number go together.
    if (new Set(filled.map(([at, n]) => at - n)).size > 1) misplaced++;
    const newest = Math.max(0, ...filled.map(([, n]) => n));
    if (newest > 0) behind = Math.max(behind, now - newest);
  }
  const seconds = (performance.now() - began) / 1000;
  const gaps = (await page.evaluate('window.__gaps')) as {
    longest: number;
    pictures: number;
    over100: number;
    over500: number;
    worst: [number, number][];
  };
  const heap = (await page.evaluate('performance.memory.usedJSHeapSize')) as number;
  const frames = length() - from;
  const more = await end?.();
  await page.locator('#timeline-grid').focus();
  await page.keyboard.press('Space');
  let missing = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const n = 1 + Math.floor(((i + 0.5) / SAMPLES) * frames);
    await goTo(page, String(n));
    let around: number[] = [];
    for (let tries = 0; tries < 100 && !around.includes(n); tries++) around = await numbersInSight(page);
    if (!around.includes(n) || around.some((each, k) => k > 0 && each !== around[k - 1]! + 1)) missing++;
  }
  process.stdout.write(
    [
      `-- ${what}`,
      `frames       ${frames.toLocaleString('en')} in ${seconds.toFixed(1)} s, ${Math.round(frames / seconds).toLocaleString('en')}/s`,
      `pictures     ${(gaps.pictures / seconds).toFixed(1)}/s; longest gap ${gaps.longest.toFixed(0)} ms; ${gaps.over100} over 100 ms, ${gaps.over500} over 500 ms${gaps.worst.map(([at, ms]) => ` (${ms} ms at ${(at / 1000).toFixed(1)} s)`).join('')}`,
      `newest row   at most ${behind.toLocaleString('en')} frames (${Math.round((behind / rate) * 1000)} ms) behind the newest frame; ${waiting} of ${looks} looks met a row still being fetched`,
      `numbers      ${misplaced} of ${looks} looks with a number out of place, ${missing} of ${SAMPLES} places afterwards with one missing`,
      `page memory  ${(heap / 1e6).toFixed(0)} MB`,
      ...(more === undefined ? [] : [more]),
      `errors       ${errors.length}`,
      '',
    ].join('\n'),
  );
  await page.context().close();
  return gaps.longest < 1000 && misplaced === 0 && missing === 0 && errors.length === 0;
}

/** Place and number of every row in sight; 0: still being fetched. */
async function rowsInSight(page: Page): Promise<[number, number][]> {
  return page.locator('.rows .tr:not(.gone)').evaluateAll((rows) =>
    rows.map((row) => {
      const text = row.classList.contains('waiting') ? '' : (row.querySelector('.n')?.textContent ?? '');
      return [Number(row.getAttribute('aria-rowindex')), Number(text.replaceAll(/\D/g, ''))];
    }),
  );
}
