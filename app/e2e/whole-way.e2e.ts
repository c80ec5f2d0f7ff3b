/**
 * The whole way of a user on the real engine: filter, inspect, a column, hold and edit, replay, a fuzz finding, an export. Once
 * with the mouse, once by keyboard alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../fixtures/fixture.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { applyFilter, isMissingChromium, launch, open, reads, ROW, seen, until } from './browser.ts';
import { type ChatWorld, startChatWorld } from './chat-world.ts';

const SUBMIT = 'form.start-form button[class~=main]';

describe.skipIf(isMissingChromium())('the whole way on the real engine', () => {
  let browser: Browser;
  let world: ChatWorld;
  let newBuild: RunningServer;
  let buggy: RunningServer;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    [browser, world, newBuild, buggy] = await Promise.all([
      launch(),
      startChatWorld(),
      socketchat.startServer({ seed: 2, pace: 'fast' }),
      socketchat.startServer({ seed: 3, pace: 'fast', bugs: ['flag-as-text'] }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
    await Promise.all([newBuild?.close(), buggy?.close()]);
  });
  beforeEach(async () => {
    await page?.context().close();
    await world.visitors();
    ({ page, errors } = await open(browser, world.url));
    await page.waitForSelector(ROW);
  });

  const filter = (text: string): Promise<void> => applyFilter(page, text);
  /** Holds the next message like the chosen one, changes its text, sends it; waits for its row. */
  const edited = async (text: string, send: () => Promise<void>): Promise<void> => {
    await page.locator('.queue .q').first().waitFor({ timeout: 60_000 });
    await page.locator('.form input.field:not(.mono):not(.num)').last().fill(text);
    await reads(page.locator('.diff2 .by').last(), new RegExp(text));
    await send();
    await until(
      'the frame to have gone on as edited',
      () => world.started.engine.call('meter', {}),
      ({ exact, changedOnPurpose }) => exact && changedOnPurpose > 0,
    );
  };
  const verdict = (): Promise<void> => reads(page.locator('.replay .banner .big'), /^(The same|Not the same)/);
  const finding = async (): Promise<void> => {
    await until(
      'a finding',
      () => page.locator('.findings [role=row]').count(),
      (count) => count > 1,
      90_000,
    );
    await reads(page.locator('.codebox.command').first(), /interpose fuzz repro/);
    await reads(page.locator('.find .remark.good'), /Reproduced \d of \d/);
  };
  const exported = async (download: Promise<Download>): Promise<void> => {
    const path = join(world.home, 'out.jsonl');
    await (await download).saveAs(path);
    const [line = ''] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(line)).toMatchObject({ protocol: 'socketchat', message: 'chat_send', dir: 'c2s' });
  };

  test('with the mouse', async () => {
    await filter('message == "chat_send"');
    await page.locator(`${ROW} .msg`, { hasText: 'chat_send' }).filter({ visible: true }).nth(1).click();
    await page.locator('.tree .node', { hasText: 'Message' }).first().click();
    await page.locator('.hex .b.s').first().waitFor();
    await page.locator('.node.sel').click({ button: 'right' });
    await page.locator('.menu .item', { hasText: 'Show as a column' }).click();
    await until(
      'the column',
      () => page.locator(`${ROW} .fieldcol`).allTextContents(),
      (values) => values.length > 0 && values.every((value) => value !== ''),
    );
    await page.keyboard.press('Shift+H');
    await page.locator('#tab-holds').click();
    await edited('changed by hand', () => page.locator('.actbar .btn.main').click());

    await page.locator('#tab-replay').click();
    await page.locator('.start-card textarea').first().fill(newBuild.endpoints['plain']!);
    await page.locator(SUBMIT).click();
    await verdict();

    await page.locator('#tab-fuzz').click();
    await page.locator('.start-card textarea').first().fill(buggy.endpoints['plain']!);
    await page.locator(SUBMIT).click();
    await finding();
    await page.locator('.fuzz .quiet-danger').click();
    await page.locator('.fuzz .banner .btn', { hasText: 'New campaign' }).waitFor();

    await page.keyboard.press('Control+k');
    await page.keyboard.type('export');
    await page.keyboard.press('Enter');
    await page.locator('.formats input[value=jsonl]').check();
    const download = page.waitForEvent('download');
    await page.locator('.dialog-foot .main').click();
    await exported(download);
    expect(errors).toEqual([]);
  }, 240_000);

  test('by keyboard alone', async () => {
    const key = async (...keys: readonly string[]): Promise<void> => {
      for (const each of keys) await page.keyboard.press(each);
    };
    const isFocused = (selector: string): Promise<boolean> =>
      page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`) as Promise<boolean>;
    const goInto = async (chord: string, selector: string): Promise<void> => {
      await key(chord);
      await until(
        `${selector} to have the focus`,
        () => isFocused(selector),
        (is) => is,
      );
    };
    const tabTo = async (selector: string): Promise<void> => {
      await page.locator(selector).first().waitFor();
      for (let i = 0; i < 60; i++) {
        if (await isFocused(selector)) return;
        await key('Tab');
      }
      throw new Error(`Tab never reaches ${selector}.`);
    };
    const command = async (name: string): Promise<void> => {
      await key('Control+k');
      await page.locator('.palette').waitFor();
      await page.keyboard.type(name);
      await reads(page.locator('.palette .cmd.on'), new RegExp(name, 'i'));
      await key('Enter');
      await seen(page.locator('.palette'), 0);
    };

    await filter('message == "chat_send" and toServer');
    await page.locator(ROW).first().waitFor();
    await key('Home');
    await seen(page.locator(`${ROW}.sel`), 1);
    await page.locator('.tree .node').first().waitFor();
    await goInto('Control+2', '#field-tree');
    await key('End');
    await page.locator('.hex .b.s').first().waitFor();
    // The bytes lead back to the field.
    await goInto('Control+3', '#byte-grid');
    await goInto('Control+2', '#field-tree');
    // The menu of the field, by its key: first the copies, then the column.
    await key('Shift+F10');
    await page.locator('.menu .item', { hasText: 'Copy as a C array' }).waitFor();
    await key('ArrowDown', 'ArrowDown', 'ArrowDown');
    await reads(page.locator('.menu .item.on .word'), 'Show as a column');
    await key('Enter');
    await until(
      'the column',
      () => page.locator(`${ROW} .fieldcol`).allTextContents(),
      (values) => values.length > 0 && values.every((value) => value !== ''),
    );
    await key('Control+1', 'Shift+H');
    await command('Show holds and rules');
    await page.locator('.queue .q').first().waitFor({ timeout: 60_000 });
    await tabTo('.form input.field:not(.mono):not(.num)');
    // The last text of the form is the message.
    const texts = await page.locator('.form input.field:not(.mono):not(.num)').count();
    for (let i = 1; i < texts; i++) {
      await key('Tab');
      await tabTo('.form input.field:not(.mono):not(.num)');
    }
    await key('Control+a');
    await page.keyboard.type('changed by key');
    await reads(page.locator('.diff2 .by').last(), /changed by key/);
    await key('Control+Enter');
    await until(
      'the form to be gone, and any for what was held meanwhile: a slash would be text in it',
      async () => {
        const is = await isFocused('.form input');
        if (is && (await page.locator('.queue .q').count()) > 0) await key('Control+Enter');
        return is;
      },
      (is) => !is,
    );
    await filter('fate == edited');
    await until(
      'its row',
      () => page.locator(`${ROW} .marks`).allTextContents(),
      (marks) => marks.some((mark) => mark.includes('edited')),
    );
    await until(
      'nothing to be held any more',
      async () => {
        if ((await page.locator('.queue .q').count()) > 0) await key('Shift+A');
        return page.locator('.queue .q').count();
      },
      (count) => count === 0,
    );

    await filter('conn == 1');
    await key('Home');
    await seen(page.locator(`${ROW}.sel`), 1);
    await key('r');
    await page.locator('.start-card textarea').first().waitFor();
    await tabTo('.start-card textarea');
    await key('Control+a');
    await page.keyboard.type(newBuild.endpoints['plain']!);
    await key('Enter');
    await verdict();
    await filter('message == "chat_send" and toServer');
    await key('Home');
    await seen(page.locator(`${ROW}.sel`), 1);
    await key('z');
    await page.locator('.start-card textarea').first().waitFor();
    await until(
      'the server field to have the focus',
      () => isFocused('.start-card textarea'),
      (is) => is,
    );
    await key('Control+a');
    await page.keyboard.type(buggy.endpoints['plain']!);
    await key('Enter');
    await finding();
    await tabTo('.fuzz .quiet-danger');
    await key('Enter');
    await page.locator('.fuzz .banner .btn', { hasText: 'New campaign' }).waitFor();

    await command('Export');
    await until(
      'the dialog to have the focus',
      () => isFocused('.formats input'),
      (is) => is,
    );
    await key('ArrowDown', 'ArrowDown', 'ArrowDown');
    await seen(page.locator('.formats input[value=jsonl]:checked'), 1);
    await tabTo('.dialog-foot .main');
    const download = page.waitForEvent('download');
    await key('Enter');
    await exported(download);
    expect(errors).toEqual([]);
  }, 240_000);
});
