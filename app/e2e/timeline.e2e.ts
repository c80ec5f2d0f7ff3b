/** The timeline and its inspector in a real browser, on a session computed by the contract server. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  goTo,
  isMissingChromium,
  launch,
  numbersInSight,
  open,
  reads,
  ROW,
  seen,
  selectedNumber,
  until,
} from './browser.ts';
import { startContractServer, type ContractServer } from './contract-server/server.ts';

describe.skipIf(isMissingChromium())('the timeline', () => {
  let browser: Browser;
  let server: ContractServer;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startContractServer()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    await page?.context().close();
    ({ page, errors } = await open(browser, server.url));
    await page.waitForSelector(ROW);
  });

  test('opens at the newest frame, without an error in the page', async () => {
    const numbers = await until(
      'the last row',
      () => numbersInSight(page),
      (all) => all.at(-1) === 102_964,
    );
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
    expect(errors).toEqual([]);
  });

  test('the token leaves the address', async () => {
    await until(
      'the token to be gone',
      () => page.evaluate('location.hash'),
      (hash) => hash === '',
    );
  });

  test('every row is 22 px high, whatever is in it: Chinese, Japanese, a family emoji, control characters', async () => {
    await goTo(page, '84105');
    const heights = await page
      .locator(ROW)
      .evaluateAll((rows) => rows.map((row) => [row.getBoundingClientRect().height, row.scrollHeight]));
    expect(heights.length).toBeGreaterThan(10);
    for (const [height, content] of heights) {
      expect(height).toBe(22);
      expect(content).toBeLessThanOrEqual(22);
    }
    await page.locator(ROW, { hasText: '换行⏎在字符串里' }).first().waitFor();
  });

  test('scrolling up stops following, End follows again, the selection stays', async () => {
    await page.locator(ROW).first().hover();
    await page.mouse.wheel(0, -2000);
    await page.locator('.tail').waitFor();
    await goTo(page, '84105');
    expect(await selectedNumber(page)).toBe('84105');
    await page.locator('.tail').click();
    await until(
      'the end',
      () => numbersInSight(page),
      (all) => all.at(-1) === 102_964,
    );
    await goTo(page, '84105');
    expect(await selectedNumber(page)).toBe('84105');
  });

  test('a field selects its bytes, a byte its field, Escape goes back one level at a time', async () => {
    await goTo(page, '84105');
    await page.locator('.tree .node').first().waitFor();
    await page.locator('.tree .node', { hasText: 'Alice Liddell' }).locator('.tw').click();
    await page.locator('.tree .node', { hasText: 'beingId' }).click();
    await reads(page.locator('.hex .b.s'), '00 09');
    await page.locator('.hex .b[data-at="17"]').click();
    await reads(page.locator('.node.sel .name'), 'y');
    await reads(page.locator('.hex .b.s'), '05 cc');
    await reads(page.locator('.reads'), /1\u2009484/);
    await page.keyboard.press('Escape');
    await seen(page.locator('.node.sel'), 0);
    await seen(page.locator(`${ROW}.sel`), 1);
    await page.keyboard.press('Escape');
    await seen(page.locator(`${ROW}.sel`), 0);
  });

  test('hovering previews and commits nothing', async () => {
    await goTo(page, '84105');
    await page.locator('.tree .node').nth(1).hover();
    await until(
      'dotted bytes',
      () => page.locator('.hex .b.h').count(),
      (count) => count > 0,
    );
    expect(await page.locator('.node.sel').count()).toBe(0);
  });

  test('a filter is explained while it is typed, applied on Enter, and its error has a place', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('mana and toClient and beings.dest');
    await page.locator('.completions .opt').first().waitFor();
    await reads(page.locator('.completions .opt').first(), /beings\.destination\.x/);
    await page.keyboard.press('Tab');
    await until(
      'the completed word',
      () => page.locator('#filter-input').inputValue(),
      (text) => text === 'mana and toClient and beings.destination.x',
    );
    await page.locator('#filter-input').fill('mana and toClient');
    await reads(page.locator('.hits').last(), /^102/);
    await until(
      'the explanation',
      () => page.locator('.explain').count(),
      (count) => count === 1,
    );
    await page.keyboard.press('Enter');
    await until(
      'fewer rows',
      () => page.locator('.hits b').count(),
      (count) => count === 1,
    );
    await until(
      'rows that fit',
      () => page.locator(`${ROW} .conn`).allTextContents(),
      (texts) => texts.length > 5 && texts.every((text) => text.startsWith('mana')),
    );

    await page.keyboard.press('/');
    await page.keyboard.type('mana and (');
    await page.locator('.explain.bad').waitFor();
    await page.locator('.tok-bad').first().waitFor();
    await page.keyboard.press('Enter');
    expect((await page.locator(`${ROW} .conn`).allTextContents()).every((text) => text.startsWith('mana'))).toBe(true);
  });

  test('a decoded field becomes a column, and is one after a reload', async () => {
    await page.locator('.tr.th [role="columnheader"]').first().click({ button: 'right' });
    await page.locator('.menu .item', { hasText: 'Add a field' }).click();
    await page.locator('.dialog input').fill('actor');
    await page.keyboard.press('Enter');
    await page.locator('.tr.th', { hasText: 'actor' }).waitFor();
    await until(
      'values in it',
      () => page.locator(`${ROW} .fieldcol`).allTextContents(),
      (texts) => texts.some((text) => /^[0-3]$/.test(text)),
    );
    await page.reload();
    await page.locator('.tr.th', { hasText: 'actor' }).waitFor();
  });

  test('hiding a message is one click, its count always shown, and undone by another', async () => {
    await goTo(page, '84105');
    await page.locator(`${ROW}.sel .msg`).click({ button: 'right' });
    await page.locator('.menu .item', { hasText: 'Hide this message' }).click();
    await page.locator('.chip', { hasText: 'GPMSG_BEINGS_MOVE' }).waitFor();
    await until(
      'the count',
      () => page.locator('.hits').first().textContent(),
      (text) => /\d.* hidden/.test(text ?? ''),
    );
    await until(
      'rows without it',
      () => page.locator(`${ROW} .msg`).allTextContents(),
      (names) => names.length > 5 && !names.includes('GPMSG_BEINGS_MOVE'),
    );
    await page.locator('.chip .x').first().click();
    await until(
      'all rows',
      () => page.locator('.chip .x').count(),
      (count) => count === 0,
    );
  });

  test('the palette finds commands by words and runs them; what cannot run says why', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('timeline or lanes');
    await reads(page.locator('.palette .cmd.on'), /Timeline or lanes/);
    await page.keyboard.press('Enter');
    await page.locator('.lanesvg').waitFor();
    await page.keyboard.press('v');
    await page.waitForSelector(ROW);
    expect(errors).toEqual([]);
  });

  test('a window dragged on the strip narrows the rows; a double click shows all again', async () => {
    await page.locator('.strip .axis span', { hasText: '100 s' }).waitFor({ state: 'attached' });
    const box = await page.locator('.strip .plot').boundingBox();
    if (box === null) throw new Error('The strip has no place.');
    await page.mouse.move(box.x + 300, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await until(
      'fewer rows',
      () => page.locator('.hits b').count(),
      (count) => count === 1,
    );
    await reads(page.locator('.wlabel'), /\d+ – \d+ s/);
    await page.locator('.strip .plot').dblclick({ position: { x: 40, y: 20 } });
    await until(
      'all rows',
      () => page.locator('.hits b').count(),
      (count) => count === 0,
    );
  });

  test('at 1280 × 800 and at 200 % nothing is out of reach and the page itself never scrolls', async () => {
    for (const size of [
      { width: 1280, height: 800 },
      { width: 720, height: 450 },
    ]) {
      await page.setViewportSize(size);
      await page.locator('.status').waitFor();
      const overflow = await page.evaluate(
        '[document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]',
      );
      expect(overflow, JSON.stringify(size)).toEqual([0, 0]);
    }
  });

  test('an edit of a held frame shows in form, JSON and bytes, and is sent as those bytes', async () => {
    await page.locator('#tab-holds').click();
    await page.locator('.form input').first().waitFor();
    await page.locator('.form input').first().fill('勇者アリス');
    await until(
      'its bytes',
      () => page.locator('.bytes-pane .hex').textContent(),
      (text) => (text ?? '').includes('e5'),
    );
    await reads(page.locator('.cm-content'), /勇者アリス/);
    await page.locator('.diff2 .ins').first().waitFor();
    await page.locator('.queue').focus();
    await page.keyboard.press('Enter');
    const decided = await until(
      'the decision',
      async () => server.asked.find((each) => each.verb === 'held.decide'),
      (found) => found !== undefined,
    );
    expect(decided?.args).toMatchObject({ n: [84_102], action: 'edit' });
    expect(JSON.stringify(decided?.args)).toContain(Buffer.from('勇者アリス').toString('hex'));
    expect(errors).toEqual([]);
  });

  test('a message may be bytes of one’s own, typed or from a file', async () => {
    await page.locator('#tab-compose').click();
    await page.locator('.composer input[type=file]').setInputFiles({
      name: 'message.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('0020ff', 'hex'),
    });
    const text = page.locator('.hex-text');
    await until(
      'the bytes of the file',
      () => text.inputValue(),
      (value) => value === '00 20 ff',
    );
    await text.fill('00 21');
    await page.locator('.side-form select').nth(1).selectOption({ index: 1 });
    await page.locator('.actbar .btn.main').click();
    const sent = await until(
      'the injection',
      async () => server.asked.findLast((each) => each.verb === 'inject'),
      (found) => found !== undefined,
    );
    expect(sent?.args).toMatchObject({ hex: '0021', direction: 'toServer' });
    expect(errors).toEqual([]);
  });
});
