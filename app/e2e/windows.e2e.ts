/** A second window in the browser: on the same session, and on another session in an engine of its own. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMissingChromium, launch, open, reads, ROW, seen, until } from './browser.ts';
import { type ChatWorld, startChatWorld } from './chat-world.ts';

describe.skipIf(isMissingChromium())('windows of the browser', () => {
  let browser: Browser;
  let world: ChatWorld;

  beforeAll(async () => {
    [browser, world] = await Promise.all([launch(), startChatWorld()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const opened = async (page: Page, name: string): Promise<Page> => {
    const next = page.context().waitForEvent('page');
    await page.keyboard.press('Control+k');
    await page.keyboard.type(name);
    await reads(page.locator('.palette .cmd.on'), new RegExp(name, 'i'));
    await page.keyboard.press('Enter');
    return next;
  };

  test('one more window on this session; a file and a new session beside it, while recording goes on', async () => {
    const { page, errors } = await open(browser, world.url);
    await page.waitForSelector(ROW);
    const { path, frames } = world.started.engine.session.info();
    const kept = join(world.home, 'kept.ipsession');
    await world.started.engine.call('session.saveAs', { path: kept });

    const same = await opened(page, 'New window on this session');
    await same.waitForSelector(ROW);
    expect(new URL(same.url()).origin).toBe(new URL(page.url()).origin);
    await same.close();

    // What is set up here is set up at other addresses too.
    await page.locator('#timeline-grid').focus();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Roomier rows');
    await page.keyboard.press('Enter');
    await until(
      'the engine to keep it',
      () => world.started.engine.call('look.get', {}),
      ({ look }) => look['rowHeight'] === 28,
    );

    page.once('filechooser', (chooser) => void chooser.setFiles(kept));
    const beside = await opened(page, 'Open a file in a new window');
    await beside.waitForSelector(ROW, { timeout: 60_000 });
    expect(new URL(beside.url()).origin).not.toBe(new URL(page.url()).origin);
    await until(
      'its rows to be roomy',
      () =>
        beside
          .locator(ROW)
          .first()
          .evaluate((row) => row.clientHeight),
      (height) => height >= 27,
    );
    await until(
      'the window to have the name of its session',
      () => beside.title(),
      (title) => title === `${world.started.engine.session.info().title} – Interpose`,
    );
    await reads(beside.locator('.status'), new RegExp(`${frames.toLocaleString('en').replace(',', '.?')}`));

    const fresh = await opened(page, 'New session in a new window');
    await fresh.locator('.first').waitFor({ timeout: 60_000 });

    // The first engine knows nothing of it: it records what it recorded.
    const now = world.started.engine.session.info();
    expect([now.path, now.readOnly, now.recording]).toEqual([path, false, true]);
    await seen(page.locator('.notice'), 0);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
