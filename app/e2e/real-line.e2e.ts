/** What a page on the real engine goes through: a second window, a reload, another engine in its place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { startEngine } from '../engine/start-engine.ts';
import {
  applyFilter,
  chooseFirst,
  isMissingChromium,
  open,
  reads,
  ROW,
  seen,
  selectedNumber,
  until,
} from './browser.ts';
import { type ChatWorld, inChatWorld, proxyTo } from './chat-world.ts';

describe.skipIf(isMissingChromium())('pages on the real engine', () => {
  let browser: Browser;
  let world: ChatWorld;
  let page: Page;
  let errors: readonly string[];

  inChatWorld((now) => ({ browser, page, world, errors } = now));

  const filter = (text: string): Promise<void> => applyFilter(page, text);

  test('two windows on one engine: each has its own view, what is held or marked is common', async () => {
    const second = await open(browser, world.url);
    try {
      await second.page.waitForSelector(ROW);
      await filter('message == "chat_send" and toServer');
      await seen(second.page.locator('.hits b'), 0);
      const n = await chooseFirst(page);
      await page.keyboard.press('Shift+H');
      await page.locator('#tab-holds').click();
      await second.page.locator('#tab-holds').click();
      await second.page.locator('.queue .q').first().waitFor({ timeout: 60_000 });
      await page.locator('.queue .q').first().waitFor();
      await until(
        'nothing to be held in either',
        async () => {
          await second.page.keyboard.press('Shift+A');
          return (await page.locator('.queue .q').count()) + (await second.page.locator('.queue .q').count());
        },
        (count) => count === 0,
      );
      // A fault, a hold and a rule set in one window are in the other at once, without it asking.
      for (const each of [page, second.page]) await each.locator('.seg button', { hasText: 'Faults' }).click();
      await page.locator('.presets button').first().click();
      await second.page.locator('.rule-form .fault').first().waitFor();
      await second.page.locator('.editor .head .btn', { hasText: 'Remove all' }).click();
      await seen(page.locator('.rule-form .fault'), 0);
      expect((await world.started.engine.call('faults.get', {})).faults).toEqual([]);
      for (const each of [page, second.page]) await each.locator('.seg button', { hasText: 'Rules' }).click();
      await world.started.engine.call('rules.set', {
        rules: [{ id: 'there', enabled: true, when: 'message == "none"', actions: [{ do: 'drop' }] }],
      });
      for (const each of [page, second.page]) await reads(each.locator('.rule code'), /none/);
      await world.started.engine.call('rules.set', { rules: [] });
      for (const each of [page, second.page]) await seen(each.locator('.rule code'), 0);
      await page.locator('#timeline-grid').focus();
      await page.keyboard.press('m');
      await until(
        'the mark to be kept',
        () => world.started.engine.call('marks.list', {}),
        (marks) => marks.some((each) => each.n === Number(n)),
      );
      await second.page.keyboard.press('/');
      await second.page.keyboard.type(`frame.n == ${n}`);
      await second.page.keyboard.press('Enter');
      await reads(second.page.locator(`${ROW} .marks`), /mark/);
      expect([...errors, ...second.errors]).toEqual([]);
    } finally {
      await second.page.context().close();
    }
  }, 180_000);

  test('a reload loses nothing: what is held waits, filter, frame and tool are there again', async () => {
    await filter('message == "chat_send" and toServer');
    const n = await chooseFirst(page);
    await page.keyboard.press('h');
    await page.locator('#tab-holds').click();
    await page.locator('.queue .q').first().waitFor({ timeout: 60_000 });
    const [held] = await world.started.engine.call('held.list', {});
    await page.reload();
    await page.locator(`#held-${held!.n}`).waitFor();
    await until(
      'the filter again',
      () => page.locator('#filter-input').inputValue(),
      (text) => text === 'message == "chat_send" and toServer',
    );
    await until(
      'the frame again',
      () => selectedNumber(page),
      (text) => text === n,
    );
    await world.started.engine.call('breakpoints.set', { breakpoints: [] });
    await world.started.engine.call('held.releaseAll', {});
    await seen(page.locator('.queue .q'), 0);
    expect(errors).toEqual([]);
  }, 180_000);

  test('an engine that starts again in the same place is gone on with, and its session is whole', async () => {
    const mine = mkdtempSync(join(tmpdir(), 'interpose-again-'));
    const first = await startEngine({ home: mine, log: 'quiet' });
    const plain = await proxyTo(first, world.server);
    await socketchat.startClients({ endpoints: { plain }, seed: 5, pace: 'fast', once: true }).done;
    const { path } = first.engine.session.info();
    await page.goto(first.url ?? '');
    await page.waitForSelector(ROW);
    await filter('message == "chat_send" and toServer');
    const n = await chooseFirst(page);
    const port = Number(new URL(first.url ?? '').port);
    await first.close();
    await reads(page.locator('.status'), /not reached/);
    const second = await startEngine({ home: mine, open: path, port, log: 'quiet' });
    try {
      // Another engine, another token: the old page is let in no more and says so; the new address finds everything as it was.
      await page.locator('.refused').waitFor();
      await page.goto(second.url ?? '');
      await page.reload();
      await until(
        'the same frame',
        () => selectedNumber(page),
        (text) => text === n,
      );
      await page.locator('.tree .node').first().waitFor();
    } finally {
      await page.goto('about:blank');
      await second.close();
      rmSync(mine, { recursive: true, force: true });
    }
  }, 180_000);
});
