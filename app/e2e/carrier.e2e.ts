/** What is below the frames, in the page: the carrier's bytes of a frame, and the commands that brought none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';
import { chooseFirst, isMissingChromium, launch, open, reads, ROW, seen } from './browser.ts';

const CAPTURES = join(import.meta.dirname, '../../fixtures/captures');

describe.skipIf(isMissingChromium())('the carrier', () => {
  const home = mkdtempSync(join(tmpdir(), 'interpose-carrier-'));
  let browser: Browser;
  let started: StartedEngine;

  beforeAll(async () => {
    [browser, started] = await Promise.all([launch(), startEngine({ home, log: 'quiet' })]);
  });
  afterAll(async () => {
    await browser?.close();
    await started?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test('a frame shows the ENet commands or WebSocket frames that carried it, linked to their bytes', async () => {
    await started.engine.call('files.import', { path: join(CAPTURES, 'mana/head-quick.pcap') });
    const { page, errors } = await open(browser, started.url!);
    await page.waitForSelector(ROW);
    await chooseFirst(page);
    const carrier = page.locator('.seg.small button', { hasText: 'Carrier' });
    await carrier.click();
    const groups = page.locator('.inspect .tree .name.n2');
    await reads(groups, 'datagram sendReliable');
    // Header and command are four and six bytes, before the payload.
    await page.locator('.inspect .node', { hasText: 'reliableSequence' }).click();
    await reads(page.locator('.inspect .hr .b.s'), '00 01');
    await page.locator('.inspect .hr .b[data-at="5"]').click();
    await reads(page.locator('.inspect .node.sel .name'), 'channel');
    // Bits count from the highest: the command is the low half of its byte.
    await page.locator('.inspect .node', { has: page.locator('.name', { hasText: /^command$/ }) }).click();
    await reads(page.locator('.reads .bits i.on'), '0 1 1 0');
    // Filters speak of messages: what the carrier's fields hold is only to be looked at and copied.
    await reads(page.locator('.acts .btn'), /^Copy/);

    // The page follows the engine to another session, and the same number is another frame there.
    await started.engine.call('files.import', { path: join(CAPTURES, 'muddery/muddery080_webclient.pcap') });
    await reads(page.locator('.inspect .head .mono').first(), 'unloggedin_look');
    await carrier.click();
    await reads(groups, 'text');
    await page.locator('.inspect .node', { hasText: 'maskingKey' }).click();
    await seen(page.locator('.inspect .hr .b.s'), 4);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test('commands without a message are listed apart, narrowed by name, and looked into', async () => {
    await started.engine.call('files.import', { path: join(CAPTURES, 'mana/head-quick.pcap') });
    const { page, errors } = await open(browser, started.url!);
    await page.waitForSelector(ROW);
    await page.locator('#tab-statistics').click();
    await page.locator('.stat-nav button', { hasText: 'ENet commands' }).click();
    const rows = page.locator('.carrier .row:not(.h)');
    await reads(rows.first(), /connect 1 channel, MTU 1400/);
    await page.locator('.carrier-tools select').nth(1).selectOption('disconnect');
    await reads(rows.first(), /disconnect data 0/);
    await rows.first().click();
    await reads(page.locator('.carrier-bytes .name.n2'), /^datagram .*disconnect$/);
    await page.locator('.carrier-bytes .node', { has: page.locator('.name', { hasText: /^sentTime$/ }) }).click();
    await seen(page.locator('.carrier-bytes .hr .b.s'), 2);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
