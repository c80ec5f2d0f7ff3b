/** Replay and comparison on the real engine: verdict, bindings, connections left open, two sessions, a table, two frames. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../fixtures/fixture.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';
import { goTo, isMissingChromium, launch, open, reads, ROW, until } from './browser.ts';

const CAPTURE = join(import.meta.dirname, '../../fixtures/captures/socketchat/session_newline.jsonl');

describe.skipIf(isMissingChromium())('replay and comparison on the real engine', () => {
  let browser: Browser;
  let home: string;
  let started: StartedEngine;
  let recorded: RunningServer;
  let other: RunningServer;
  let untouched: RunningServer;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'interpose-compare-'));
    [browser, started, recorded, other, untouched] = await Promise.all([
      launch(),
      startEngine({ home, log: 'quiet' }),
      socketchat.startServer({ seed: 1, pace: 'fast' }),
      socketchat.startServer({ seed: 2, pace: 'fast' }),
      socketchat.startServer({ seed: 3, pace: 'fast' }),
    ]);
    const upstream = recorded.endpoints['plain']!;
    const { url } = await started.engine.call('proxy.start', {
      spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream, protocol: 'socketchat' },
    });
    await socketchat.startClients({ endpoints: { plain: url! }, seed: 1, pace: 'fast', once: true }).done;
  });
  afterAll(async () => {
    await browser?.close();
    await started?.close();
    await Promise.all([recorded, other, untouched].map((each) => each?.close()));
    rmSync(home, { recursive: true, force: true });
  });
  afterEach(async () => {
    await page?.context().close();
  });

  const start = async (colorScheme: 'dark' | 'light'): Promise<void> => {
    ({ page, errors } = await open(browser, started.url ?? '', {
      colorScheme,
      viewport: { width: 1280, height: 800 },
    }));
    await page.waitForSelector(ROW);
  };
  const accessible = async (): Promise<void> => {
    await page.evaluate(axe.source);
    const violations: unknown = await page.evaluate(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id + ' ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))`,
    );
    expect(violations).toEqual([]);
  };
  /** The page is no wider than the window, and no bar is wider than its place. */
  const fits = async (bars: string): Promise<void> => {
    const wide = await page
      .locator(bars)
      .evaluateAll((found) => found.filter((bar) => bar.scrollWidth > bar.clientWidth + 1).map((bar) => bar.className));
    expect(wide).toEqual([]);
  };

  test('a replay says the same, what was sent and why values were rebound', async () => {
    await start('dark');
    await page.locator('#tab-replay').click();
    await page.locator('.start-card textarea').fill(other.endpoints['plain']!);
    await page.keyboard.press('Tab');
    await page.locator('form.start-form button[class~=main]').click();
    await reads(page.locator('.replay .banner .big'), 'The same');
    expect(await page.locator('.align .row', { hasText: 'sent' }).count()).toBeGreaterThan(3);
    await reads(page.locator('.binding-rows .binding:not(.h)'), /LogOnUserName.*issued in frame/);
    await fits('.replay .banner, .replay > .head');
    await accessible();
    expect(errors).toEqual([]);
  });

  test('a replay that stops in the middle leaves its connection to the composer', async () => {
    await start('light');
    await page.locator('#tab-replay').click();
    await page.getByRole('button', { name: 'Change' }).click();
    await page.locator('.start-card textarea').fill(untouched.endpoints['plain']!);
    await page.locator('.form-line', { hasText: 'Stop behind frame' }).locator('input').fill('3');
    await page.locator('form.start-form button[class~=main]').click();
    await page.locator('.left-open').waitFor();
    await accessible();
    await page.locator('.left-open .btn', { hasText: 'Compose' }).click();
    await reads(page.locator('#tab-compose[aria-selected=true]'), /Compose/);
    await page.locator('#tab-replay').click();
    await page.locator('.left-open .btn', { hasText: 'Close them' }).click();
    await page.locator('.left-open').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  test.each(['dark', 'light'] as const)('two sessions, a table of messages and two frames: %s', async (theme) => {
    await start(theme);
    await page.locator('#tab-diff').click();
    await page.getByLabel('Second', { exact: true }).fill(CAPTURE);
    await page.keyboard.press('Enter');
    await reads(page.locator('.diff .banner .big'), /^Not the same: .*only in the first/);
    await page.locator('.diff .byte-pair .bp').first().waitFor();
    const chosen = (): Promise<string | null> => page.locator('.diff-rows .row.sel').getAttribute('aria-rowindex');
    const before = await chosen();
    await page.locator('.diff-rows').focus();
    await page.keyboard.press('p');
    await until('the next difference', chosen, (now) => now !== null && now !== before);
    await fits('.diff .diff-bar, .diff .banner, .diff-body > .head');
    await accessible();

    await page.getByRole('button', { name: 'One message type' }).click();
    await page.locator('.diff select').first().selectOption('login');
    await reads(page.locator('.wide-table .row.h'), /Name.*Password/);
    await accessible();

    await goTo(page, '1');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('x');
    await page.locator('.diff .cols.one .fd .row').nth(1).waitFor();
    await page.locator('.diff .byte-pair .bp').first().waitFor();
    await accessible();
    expect(errors).toEqual([]);
  });
});
