/**
 * The page at 50 000 frames a second for a minute: the longest time between two pictures, what the page holds in memory, and
 * whether every frame number is there. `INTERPOSE_BENCH_SECONDS` shortens it. Needs a Chromium and the built page.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { CHROMIUM, goTo, launch, numbersInSight, open, ROW } from '../app/e2e/browser.ts';
import { startContractServer } from '../app/e2e/contract-server/server.ts';

const RATE = 50_000;
const SECONDS = Number(process.env['INTERPOSE_BENCH_SECONDS'] ?? 60);
const SAMPLES = 40;

if (CHROMIUM === undefined) {
  process.stdout.write('no Chromium: skipped\n');
  process.exit(0);
}
const server = await startContractServer({ rows: 1000, rate: RATE, perSecond: RATE });
const browser = await launch();
const { page, errors } = await open(browser, server.url);
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
const from = server.length();
let behind = 0;
let looks = 0;
let waiting = 0;
let misplaced = 0;
while (performance.now() - began < SECONDS * 1000) {
  await wait(500);
  const now = server.length();
  const rows = await rowsInSight();
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
const frames = server.length() - from;
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
    `frames       ${frames.toLocaleString('en')} in ${seconds.toFixed(1)} s, ${Math.round(frames / seconds).toLocaleString('en')}/s`,
    `pictures     ${(gaps.pictures / seconds).toFixed(1)}/s; longest gap ${gaps.longest.toFixed(0)} ms; ${gaps.over100} over 100 ms, ${gaps.over500} over 500 ms${gaps.worst.map(([at, ms]) => ` (${ms} ms at ${(at / 1000).toFixed(1)} s)`).join('')}`,
    `newest row   at most ${behind.toLocaleString('en')} frames (${Math.round((behind / RATE) * 1000)} ms) behind the newest frame; ${waiting} of ${looks} looks met a row still being fetched`,
    `numbers      ${misplaced} of ${looks} looks with a number out of place, ${missing} of ${SAMPLES} places afterwards with one missing`,
    `page memory  ${(heap / 1e6).toFixed(0)} MB`,
    `errors       ${errors.length}`,
    '',
  ].join('\n'),
);
await browser.close();
await server.close();
process.exit(gaps.longest < 1000 && misplaced === 0 && missing === 0 && errors.length === 0 ? 0 : 1);

/** Place and number of every row in sight; 0: still being fetched. */
async function rowsInSight(): Promise<[number, number][]> {
  return page.locator('.rows .tr:not(.gone)').evaluateAll((rows) =>
    rows.map((row) => {
      const text = row.classList.contains('waiting') ? '' : (row.querySelector('.n')?.textContent ?? '');
      return [Number(row.getAttribute('aria-rowindex')), Number(text.replaceAll(/\D/g, ''))];
    }),
  );
}
