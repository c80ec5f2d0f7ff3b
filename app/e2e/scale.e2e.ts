/** Three million rows, and fifty thousand frames a second: every row can be reached and none is lost. Figures are in `bench/`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goTo, isMissingChromium, launch, numbersInSight, open, ROW, selectedNumber, until } from './browser.ts';
import { startContractServer } from './contract-server/server.ts';

const ROWS = 3_000_000;
const HEAP_LIMIT = 300e6;

const heap = (page: Page): Promise<number> => page.evaluate('performance.memory.usedJSHeapSize') as Promise<number>;

describe.skipIf(isMissingChromium())('scale', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('three million rows: the last is reached by key, thumb and number; filter and selection work; memory stays small', async () => {
    const server = await startContractServer({ rows: ROWS, perSecond: 20_000 });
    const { page, errors } = await open(browser, server.url);
    await page.waitForSelector(ROW);
    await page.locator('#timeline-grid').focus();
    await page.keyboard.press('Home');
    await until(
      'the first row',
      () => selectedNumber(page),
      (n) => n === '1',
    );
    await page.keyboard.press('End');
    await until(
      'the last row',
      () => selectedNumber(page),
      (n) => n === String(ROWS),
    );

    const track = await page.locator('.track').boundingBox();
    if (track === null) throw new Error('There is no scrollbar.');
    await page.mouse.move(track.x + 8, track.y + track.height - 12);
    await page.mouse.down();
    await page.mouse.move(track.x + 8, track.y + track.height / 2, { steps: 10 });
    const middle = await until(
      'rows in the middle',
      () => numbersInSight(page),
      (all) => all.length > 5 && (all[0] ?? 0) < ROWS * 0.6,
    );
    expect(middle[0]).toBeGreaterThan(ROWS * 0.4);
    await page.mouse.move(track.x + 8, track.y + track.height + 50, { steps: 10 });
    await page.mouse.up();
    await until(
      'the end again',
      () => numbersInSight(page),
      (all) => all.at(-1) === ROWS,
    );

    await goTo(page, '1500001');
    await page.keyboard.press('ArrowDown');
    await until(
      'the next row',
      () => selectedNumber(page),
      (n) => n === '1500002',
    );

    await page.keyboard.press('/');
    await page.keyboard.type('message == "dahai" and actor == 1');
    await page.keyboard.press('Enter');
    await until(
      'the whole session to be searched',
      () => page.locator('.hits').last().textContent(),
      (text) => /of 3.000.000/.test(text ?? ''),
      50_000,
    );
    await until(
      'rows that fit',
      () => page.locator(`${ROW} .msg`).allTextContents(),
      (names) => names.length > 5 && names.every((name) => name === 'dahai'),
    );
    expect(await heap(page)).toBeLessThan(HEAP_LIMIT);
    expect(errors).toEqual([]);
    await page.context().close();
    await server.close();
  }, 120_000);

  test('fifty thousand frames a second: the newest are in sight, no number is missing, memory stays flat', async () => {
    const server = await startContractServer({ rows: 1000, rate: 50_000, perSecond: 50_000 });
    const { page, errors } = await open(browser, server.url);
    await page.waitForSelector(ROW);
    const target = server.length() + 400_000;
    await until(
      '400 000 more frames',
      async () => server.length(),
      (length) => length > target,
      60_000,
    );
    await page.locator('#timeline-grid').focus();
    await page.keyboard.press('Space');
    await until(
      'the live view to pause',
      () => page.locator('.tail').count(),
      (count) => count === 1,
    );
    const numbers = await until(
      'every row in sight to be there',
      () => numbersInSight(page),
      (all) => all.length > 10 && (all.at(-1) ?? 0) - (all[0] ?? 0) === all.length - 1,
    );
    expect(numbers.at(-1)).toBeGreaterThan(target - 100_000);
    // Rows that were never drawn while they streamed past are there when one goes back to them.
    for (const n of [1, 1234, 100_000, 250_001, 399_999]) {
      await goTo(page, String(n));
      const around = await until(
        'the rows around',
        () => numbersInSight(page),
        (all) => all.includes(n) && (all.at(-1) ?? 0) - (all[0] ?? 0) === all.length - 1,
      );
      expect(around).toContain(n);
    }
    expect(await heap(page)).toBeLessThan(HEAP_LIMIT);
    expect(errors).toEqual([]);
    await page.context().close();
    await server.close();
  }, 120_000);
});
