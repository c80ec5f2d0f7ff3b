/** What one does with rows, values and connections besides reading them, on the real engine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { applyFilter, chooseFirst, isMissingChromium, reads, ROW, seen, until } from './browser.ts';
import { type ChatWorld, inChatWorld } from './chat-world.ts';

const CAPTURE = join(import.meta.dirname, '../../fixtures/captures/mjsonp/game.pcap');

describe.skipIf(isMissingChromium())('tools on the real engine', () => {
  let world: ChatWorld;
  let page: Page;
  let errors: readonly string[];

  inChatWorld((now) => ({ page, world, errors } = now));

  const command = async (name: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(name);
    await reads(page.locator('.palette .cmd.on'), new RegExp(name, 'i'));
    await page.keyboard.press('Enter');
    await seen(page.locator('.palette'), 0);
  };
  /** Opens the menu of the chosen field and takes an entry. */
  const onField = async (entry: string): Promise<void> => {
    await page.locator('#field-tree').focus();
    await page.keyboard.press('Shift+F10');
    await page.locator('.menu .item', { hasText: entry }).click();
  };
  const copied = (): Promise<string> => page.evaluate('navigator.clipboard.readText()') as Promise<string>;

  test('rows take a colour by a value, times count from a frame, a filter is saved by name; a reload keeps them', async () => {
    await applyFilter(page, 'message == "login" and toServer');
    await chooseFirst(page);
    await page.locator('.tree .node', { hasText: 'Name' }).first().click();
    await onField('Colour rows with this value');
    await page.locator('.menu .item', { hasText: 'Green' }).click();
    await page.locator(`${ROW}.wash-green`).first().waitFor();
    await command('Save the filter');
    await page.locator('.dialog input').fill('all logins');
    await page.keyboard.press('Enter');
    await seen(page.locator('.dialog'), 0);
    await command('Time relative to this frame');
    await reads(page.locator(`${ROW}.sel .t`), /^0/);

    await command('Columns and their widths');
    await page
      .locator('.menu .item', { hasText: /Message/ })
      .last()
      .click();
    const width = (): Promise<number> =>
      page.locator('#grip-message').evaluate((grip) => Math.round(grip.parentElement?.clientWidth ?? 0));
    const before = await width();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    await until('a wider column', width, (now) => now === before + 40);
    await until(
      'it to be kept',
      () => world.started.engine.call('look.get', {}),
      ({ look }) => (look['columnWidths'] as Record<string, number> | undefined)?.['message'] !== undefined,
    );
    await page.reload();
    await page.locator(`${ROW}.wash-green`).first().waitFor();
    await until('the width again', width, (now) => now === before + 40);
    expect(await page.evaluate('localStorage.getItem("interpose.settings")')).toContain('all logins');
    expect(errors).toEqual([]);
  }, 120_000);

  test('a value is copied every way, found elsewhere, and put into a rule and a campaign', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await applyFilter(page, 'message == "login" and toServer');
    await chooseFirst(page);
    await page.locator('.tree .node', { hasText: 'Name' }).first().click();
    await onField('Copy value');
    await page.locator('.notice', { hasText: 'Copied' }).waitFor();
    const value = await copied();
    expect(value).not.toBe('');
    for (const [entry, expected] of [
      ['Copy path', /^Name$/],
      ['Copy as hex', new RegExp(Buffer.from(value).toString('hex'), 'i')],
      ['Copy as JSON', new RegExp(value)],
      ['Copy as a C array', /0x[0-9a-f]{2}/i],
    ] as const) {
      await onField(entry);
      await until(
        entry,
        async () => (await copied()).replaceAll(/\s(?=[0-9a-f]{2}(\s|$))/g, ''),
        (text) => expected.test(text),
      );
    }
    await onField('Find the same value elsewhere');
    await page.locator('.menu .item', { hasText: '#' }).first().waitFor();
    await page.keyboard.press('Escape');
    await onField('Filter by this value');
    await until(
      'the filter to name the value',
      () => page.locator('#filter-input').inputValue(),
      (text) => text.includes(value),
    );
    await reads(page.locator('.hits b'), /\d/);
    await onField('Use in a rule');
    await page.locator('.rule-form input').first().waitFor();
    expect(await page.locator('.rule-form').textContent()).not.toBe('');
    await page.locator('#tab-inspector').click();
    await onField('Use as a fuzz target');
    await page.locator('.start-card textarea').first().waitFor();
    expect(errors).toEqual([]);
  }, 120_000);

  test('a connection is decoded as something else and back, and reset; a chart is saved both ways', async () => {
    await page.locator('#tab-connections').click();
    const { engine } = world.started;
    await page.locator('.connections [role=row]', { hasText: 'closed' }).first().click();
    await reads(page.locator('.connections .pane').last().locator('dl'), /Called itself/);
    await page.locator('.acts .btn', { hasText: 'Decode' }).click();
    await page.locator('.dialog select').first().selectOption('json');
    await page.locator('.dialog-foot .main').click();
    await until(
      'another protocol',
      async () => (await engine.call('connections.list', {})).map((each) => each.protocol),
      (all) => all.includes('json'),
    );
    // Visitors come and go: one that is there now is reset.
    await until(
      'a connection to have been reset',
      async () => {
        await page
          .locator('.connections [role=row]', { hasText: 'open' })
          .first()
          .click({ timeout: 1000 })
          .catch(() => undefined);
        await page
          .locator('.acts .btn:enabled', { hasText: 'Reset' })
          .click({ timeout: 1000 })
          .catch(() => undefined);
        return (await engine.call('connections.list', {})).map((each) => each.ending);
      },
      (endings) => endings.includes('reset by the user'),
    );

    await page.locator('#tab-statistics').click();
    await page.locator('.stat-nav button', { hasText: 'Rate' }).click();
    for (const [name, head] of [
      ['PNG', '\x89PNG'],
      ['SVG', '<svg'],
    ] as const) {
      const download = page.waitForEvent('download');
      await page.locator('.btn', { hasText: name }).click();
      const bytes = readFileSync((await (await download).path())!);
      expect(bytes.subarray(0, 200).toString('latin1')).toContain(head);
      expect(bytes.length).toBeGreaterThan(1000);
    }
    expect(errors).toEqual([]);
  }, 120_000);

  test('a capture dropped onto the page is imported and shown', async () => {
    const hex = readFileSync(CAPTURE).toString('base64');
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob(${JSON.stringify(hex)}), (c) => c.charCodeAt(0));
      const carried = new DataTransfer();
      carried.items.add(new File([bytes], 'game.pcap'));
      document.querySelector('.app').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: carried }));
    })()`);
    await reads(page.locator(`${ROW} .conn`).first(), /mjsonp/);
    expect(world.started.engine.session.info()).toMatchObject({ readOnly: true });
    expect(errors).toEqual([]);
  }, 120_000);
});
