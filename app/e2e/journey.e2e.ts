/** The way of a user through the real thing: demo, live timeline, filter, inspect, column, hold and edit, lanes; by keyboard alone too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';
import {
  applyFilter,
  chooseFirst,
  isMissingChromium,
  launch,
  numbersInSight,
  open,
  reads,
  ROW,
  until,
} from './browser.ts';

describe.skipIf(isMissingChromium())('a journey through the demo', () => {
  let browser: Browser;
  let started: StartedEngine;
  let home: string;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'interpose-journey-'));
    [browser, started] = await Promise.all([launch(), startEngine({ home, log: 'quiet' })]);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await started?.close();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);
  beforeEach(async () => {
    await page?.context().close();
    ({ page, errors } = await open(browser, started.url ?? ''));
  });

  const filter = (text: string): Promise<void> => applyFilter(page, text);
  const held = (): Promise<number> => page.locator('.queue .q').count();

  test('the first page leads to traffic with one key', async () => {
    await page.locator('.first').waitFor();
    await page.locator('.doctor').first().waitFor();
    await page.keyboard.press('d');
    await page.waitForSelector(ROW, { timeout: 60_000 });
    await until(
      'all five games',
      () => page.locator(`${ROW} .conn`).allTextContents(),
      (texts) => texts.length > 8,
      60_000,
    );
    expect(errors).toEqual([]);
  }, 120_000);

  test('live rows follow, a filter narrows them, fields and bytes belong together', async () => {
    await page.waitForSelector(ROW);
    const before = (await numbersInSight(page)).at(-1) ?? 0;
    await until(
      'newer rows',
      () => numbersInSight(page),
      (all) => (all.at(-1) ?? 0) > before,
      60_000,
    );
    await filter('mjsonp and message == "dahai" and toServer');
    await until(
      'rows that fit',
      () => page.locator(`${ROW} .msg`).allTextContents(),
      (names) => names.length > 1 && names.every((name) => name === 'dahai'),
      60_000,
    );
    await chooseFirst(page);
    await page.locator('.tree .node', { hasText: 'pai' }).click();
    const bytes = await until(
      'its bytes',
      () => page.locator('.hex .b.s').allTextContents(),
      (all) => all.length >= 3,
    );
    const text = Buffer.from(bytes.join(''), 'hex').toString();
    await reads(page.locator('.node.sel .val'), text);

    await page.locator('.node.sel').click({ button: 'right' });
    await page.locator('.menu .item', { hasText: 'Show as a column' }).click();
    await until(
      'the column',
      () => page.locator(`${ROW} .fieldcol`).allTextContents(),
      (values) => values.length > 0 && values.every((value) => value !== ''),
    );
    expect(errors).toEqual([]);
  }, 120_000);

  test('a held frame is edited and goes on as edited, and the game survives', async () => {
    await page.waitForSelector(ROW);
    await filter('socketchat and message == "chat_send"');
    await chooseFirst(page);
    await page.locator('.tree .node').first().waitFor();
    await page.keyboard.press('Shift+H');
    await page.locator('#tab-holds').click();
    await until('a held frame', held, (count) => count > 0, 60_000);
    const field = page.locator('.form input.field:not(.mono):not(.num)').last();
    await field.waitFor();
    await field.fill('edited on the way ✎');
    await until(
      'the bytes',
      () => page.locator('.diff2 .by').last().textContent(),
      (text) => (text ?? '').includes('edited on the way ✎'),
    );
    await page.locator('.queue').focus();
    await page.keyboard.press('Enter');
    await until(
      'the frame to go on, and any that came while its hold was being taken away',
      async () => {
        const count = await held();
        if (count > 0 && (await page.locator('.diff2').count()) === 0) await page.keyboard.press('Shift+A');
        return held();
      },
      (count) => count === 0,
      40_000,
    );
    await filter('fate == edited');
    await until(
      'its row',
      () => page.locator(`${ROW} .marks`).allTextContents(),
      (marks) => marks.some((mark) => mark.includes('edited')),
    );
    await until(
      'the meter to say that it was on purpose',
      () => page.locator('.exact').textContent(),
      (text) => /byte-exact.*[1-9].* changed on purpose/.test(text ?? ''),
      30_000,
    );
    expect(errors).toEqual([]);
  }, 180_000);

  test('by keyboard alone: from the filter to a copied value, the lanes and back', async () => {
    await page.waitForSelector(ROW);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await filter('muddery and toServer');
    await page.waitForSelector(ROW, { timeout: 60_000 });
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await until(
      'a chosen row',
      () => page.locator(`${ROW}.sel`).count(),
      (count) => count === 1,
    );
    await page.locator('.tree .node').first().waitFor();
    await page.keyboard.press('Control+2');
    await until(
      'the fields to have the focus',
      () => page.evaluate('document.activeElement?.id'),
      (id) => id === 'field-tree',
    );
    await page.keyboard.press('Home');
    await until(
      'a chosen field',
      () => page.locator('.node.sel').count(),
      (count) => count === 1,
    );
    await page.keyboard.press('c');
    await page.locator('.notice', { hasText: 'Copied' }).waitFor();
    await page.keyboard.press('v');
    await page.locator('.lanesvg').waitFor();
    await page.keyboard.press('v');
    await page.waitForSelector(ROW);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await until(
      'no filter',
      () => page.locator('#filter-input').inputValue(),
      (text) => text === '',
    );
    expect(errors).toEqual([]);
  }, 120_000);

  test('every tool of the dock opens on live traffic without an error', async () => {
    await page.waitForSelector(ROW);
    for (const tab of ['compose', 'holds', 'replay', 'fuzz', 'statistics', 'expert', 'connections', 'inspector']) {
      await page.locator(`#tab-${tab}`).click();
      await page.locator('.dock-body > *').first().waitFor();
    }
    await page.locator('#tab-statistics').click();
    for (const button of await page.locator('.stat-nav button').all()) {
      await button.click();
      await until(
        'something to be shown',
        () => page.locator('.statistics > .pane').textContent(),
        (text) => text !== '' && text !== 'Loading…',
      );
    }
    expect(errors).toEqual([]);
  }, 120_000);
});
