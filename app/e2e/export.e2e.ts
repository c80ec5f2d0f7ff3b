/** Every format exported from the page, on the real engine: each file is opened with what it is for, and holds no secret. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaptureReader } from '../../core/capture/capture-reader.ts';
import { openSession } from '../../core/session/session-reader.ts';
import { protocols } from '../../dissectors/index.ts';
import { isMissingChromium, launch, open, ROW, until } from './browser.ts';
import { type ChatWorld, startChatWorld } from './chat-world.ts';

describe.skipIf(isMissingChromium())('exports from the page', () => {
  let browser: Browser;
  let world: ChatWorld;
  let page: Page;
  let errors: readonly string[];
  let frames = 0;
  let passwords: readonly string[] = [];

  beforeAll(async () => {
    [browser, world] = await Promise.all([launch(), startChatWorld()]);
    const { engine } = world.started;
    await engine.session.settle();
    const reader = openSession(engine.session.path, protocols);
    frames = reader.frames;
    const fields = [...reader.read()].flatMap(({ dissected }) => dissected?.messages.map((m) => m.fields) ?? []);
    passwords = fields.flatMap((of) => {
      const { Password } = (of ?? {}) as { readonly Password?: unknown };
      return typeof Password === 'string' && Password.length >= 4 ? [Password] : [];
    });
    reader.close();
    expect(passwords.length).toBeGreaterThan(0);
    ({ page, errors } = await open(browser, world.url));
    await page.waitForSelector(ROW);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  async function exported(format: string): Promise<Buffer> {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('export');
    await page.keyboard.press('Enter');
    await page.locator(`.formats input[value=${format}]`).check();
    const download = page.waitForEvent('download', { timeout: 60_000 });
    await page.locator('.dialog-foot .main').click();
    const path = join(world.home, `out.${format}`);
    await (await download).saveAs(path);
    await until(
      'the dialog to close',
      () => page.locator('.dialog').count(),
      (count) => count === 0,
    );
    return readFileSync(path);
  }

  const isSession = (file: Buffer): void => expect(file.subarray(0, 15).toString()).toBe('SQLite format 3');
  const isReport = (file: Buffer): void => expect(file.toString().toLowerCase()).toContain('<!doctype html>');
  const CHECKS: Readonly<Record<string, (file: Buffer) => void>> = {
    ipsession: isSession,
    bundle(file) {
      const entries = unzipSync(file);
      expect(Object.keys(entries)).toEqual(
        expect.arrayContaining(['README.md', 'report.html', 'session.ipsession', 'protocols.md', 'run.json']),
      );
      isSession(Buffer.from(entries['session.ipsession']!));
      isReport(Buffer.from(entries['report.html']!));
    },
    pcapng(file) {
      const reader = new CaptureReader();
      const packets = reader.push(file);
      reader.end();
      expect(reader.notes.problems).toEqual([]);
      expect(packets.length).toBeGreaterThanOrEqual(frames);
    },
    jsonl(file) {
      const lines = file.toString().trimEnd().split('\n');
      expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(lines.map((_line, i) => i + 1));
      expect(lines).toHaveLength(frames);
    },
    csv(file) {
      expect(file.toString()).toMatch(/^\uFEFFn,time/);
    },
    har(file) {
      expect((JSON.parse(file.toString()) as { log: { entries: unknown[] } }).log.entries).toEqual([]);
    },
    html: isReport,
    markdown(file) {
      expect(file.toString()).toMatch(/^## /);
    },
    test(file) {
      const code = stripTypeScriptTypes(file.toString());
      expect(code).toContain("from 'interpose'");
      expect(code).toContain("c1.send('");
    },
  };

  test.each(Object.keys(CHECKS))(
    '%s',
    async (format) => {
      const file = await exported(format);
      CHECKS[format]!(file);
      for (const password of passwords) expect(file.includes(password), `the password ${password}`).toBe(false);
      expect(errors).toEqual([]);
    },
    90_000,
  );

  test('every format the dialog offers is tried above', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('export');
    await page.keyboard.press('Enter');
    await page.locator('.formats input').first().waitFor();
    const offered = await page
      .locator('.formats input')
      .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('value')));
    expect(offered.sort()).toEqual(Object.keys(CHECKS).sort());
  });
});
