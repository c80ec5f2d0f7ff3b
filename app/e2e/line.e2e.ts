/** The line between page and engine: it breaks and comes back, the page reloads, two pages look at one engine. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goTo, isMissingChromium, launch, open, reads, ROW, seen, selectedNumber, until } from './browser.ts';
import { startContractServer } from './contract-server/server.ts';

describe.skipIf(isMissingChromium())('the line to the engine', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('a broken line is said, tried again, and everything goes on where it was', async () => {
    const server = await startContractServer();
    const { page } = await open(browser, server.url);
    await page.waitForSelector(ROW);
    await goTo(page, '84105');
    server.cut();
    await until(
      'the page to notice',
      async () => server.asked.filter((each) => each.verb === 'view.open').length,
      (count) => count >= 2,
    );
    await until(
      'the engine to be back',
      () => page.locator('.status').textContent(),
      (text) => (text ?? '').includes('engine ok'),
    );
    await until(
      'the selected frame',
      () => selectedNumber(page),
      (n) => n === '84105',
    );
    await page.locator('.tree .node').first().waitFor();
    await page.context().close();
    await server.close();
  });

  test('an engine that restarts on the same port is found again', async () => {
    const first = await startContractServer();
    const { page } = await open(browser, first.url);
    await page.waitForSelector(ROW);
    const port = Number(new URL(first.url).port);
    await first.close();
    await until(
      'the page to say so',
      () => page.locator('.status').textContent(),
      (text) => (text ?? '').includes('not reached'),
    );
    const second = await startContractServer({ port });
    await until(
      'the engine to be back',
      () => page.locator('.status').textContent(),
      (text) => (text ?? '').includes('engine ok'),
    );
    await page.waitForSelector(ROW);
    await page.context().close();
    await second.close();
  });

  test('a reload loses nothing: filter, selection, field and open tool are there again', async () => {
    const server = await startContractServer();
    const { page } = await open(browser, server.url);
    await page.waitForSelector(ROW);
    await page.keyboard.press('/');
    await page.keyboard.type('mana and toClient');
    await page.keyboard.press('Enter');
    await until(
      'the filter',
      () => page.locator('.hits b').count(),
      (count) => count === 1,
    );
    await goTo(page, '84105');
    await page.locator('.tree .node').first().click();
    await page.locator('#tab-connections').click();
    await page.reload();
    await page.waitForSelector(ROW);
    await until(
      'the filter again',
      () => page.locator('#filter-input').inputValue(),
      (text) => text === 'mana and toClient',
    );
    await until(
      'the selected frame in sight',
      () => page.locator(`${ROW}.sel`).count(),
      (count) => count === 1,
    );
    await until(
      'the same frame',
      () => selectedNumber(page),
      (n) => n === '84105',
    );
    await seen(page.locator('#tab-connections[aria-selected=true]'), 1);
    await page.locator('#tab-inspector').click();
    await until(
      'the field',
      () => page.locator('.node.sel').count(),
      (count) => count === 1,
    );
    await page.context().close();
    await server.close();
  });

  test('two pages on one engine do not disturb each other', async () => {
    const server = await startContractServer();
    const [a, b] = await Promise.all([open(browser, server.url), open(browser, server.url)]);
    await Promise.all([a.page.waitForSelector(ROW), b.page.waitForSelector(ROW)]);
    await a.page.keyboard.press('/');
    await a.page.keyboard.type('fco');
    await a.page.keyboard.press('Enter');
    await until(
      'the filter in one',
      () => a.page.locator('.hits b').count(),
      (count) => count === 1,
    );
    await goTo(b.page, '84105');
    expect(await b.page.locator('.hits b').count()).toBe(0);
    await until(
      'only its rows',
      () => a.page.locator(`${ROW} .conn`).allTextContents(),
      (texts) => texts.length > 5 && texts.every((text) => text.startsWith('fco')),
    );
    await Promise.all([a.page.context().close(), b.page.context().close()]);
    await server.close();
  });

  test('without the token the page says what to do instead of trying for ever', async () => {
    const server = await startContractServer();
    const { page } = await open(browser, server.url.replace(/token=.*/, 'token=wrong'));
    await page.locator('.refused').waitFor();
    await reads(page.locator('.refused'), /address the engine printed/);
    await page.context().close();
    await server.close();
  });
});
