/**
 * The pictures of README and guide, made from the demo: `npm run screenshots`. Needs a Chromium (CHROMIUM_PATH or /usr/bin/chromium).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { startEngine } from '../engine/start-engine.ts';

const OUT = join(import.meta.dirname, '../../docs/images');
const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const SETTLE_MS = 600;

if (!existsSync(CHROMIUM)) {
  process.stderr.write(`no Chromium at ${CHROMIUM}; set CHROMIUM_PATH\n`);
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
const started = await startEngine({ log: 'quiet' });
await started.engine.call('demo.start', {});
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  // Enough of a session to have something of everything.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  for (const theme of ['dark', 'light'] as const) {
    const page = await browser.newPage({
      viewport: { width: 1440, height: 900 },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    await page.goto(started.url!);
    await page.getByRole('grid').first().waitFor();
    await picture(page, 'timeline', theme, async () => {
      await filter(page, 'mjsonp and not none');
      await page.getByRole('row').nth(8).click();
    });
    await picture(page, 'palette', theme, () => page.keyboard.press('Control+k'));
    await page.keyboard.press('Escape');
    for (const tab of ['Compose', 'Holds and rules', 'Replay', 'Fuzz', 'Statistics', 'Expert info', 'Connections']) {
      await picture(page, tab.toLowerCase().replaceAll(' ', '-'), theme, () =>
        page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click(),
      );
    }
    await picture(page, 'lanes', theme, async () => {
      await page.getByRole('tab', { name: /^Inspector/ }).click();
      await filter(page, '');
      await page.getByRole('button', { name: 'Lanes' }).click();
    });
    await page.close();
  }
} finally {
  await browser.close();
  await started.close();
}

async function picture(page: Page, name: string, theme: string, arrange: () => Promise<void>): Promise<void> {
  await arrange();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(OUT, `${name}.${theme}.png`) });
  process.stdout.write(`docs/images/${name}.${theme}.png\n`);
}

async function filter(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
}
