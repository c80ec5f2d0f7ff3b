/** The real browser behind the end-to-end tests: a system Chromium, found by CHROMIUM_PATH or at its usual place. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const PLACES = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

export const CHROMIUM: string | undefined = PLACES.find((path) => path !== '' && existsSync(path));

/** For `test.skipIf`: true, after saying so, when there is no browser to test with. */
export function isMissingChromium(): boolean {
  if (CHROMIUM !== undefined) return false;
  process.stderr.write('SKIPPED: end-to-end tests need Chromium. Install it, or set CHROMIUM_PATH to its program.\n');
  return true;
}

export async function launch(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium.');
  // Containers have no user namespaces for the sandbox; the page under test is our own.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--enable-precise-memory-info'] });
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of the page so far: none are expected, ever. */
  readonly errors: readonly string[];
}

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A connection that is refused while the engine is away is what those tests are about.
    const text = message.text();
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(text) && !errors.includes(text))
      errors.push(text);
  });
  await page.goto(url);
  return { page, errors };
}

export const ROW = '.rows .tr:not(.gone):not(.waiting)';

/** Asks the page again and again until the answer is what is wanted; the page's content policy forbids playwright's own way. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  isIt: (value: T) => boolean,
  ms = 20_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ask();
    if (isIt(value)) return value;
    if (Date.now() > end) throw new Error(`Waited ${ms} ms for ${what}; it is still ${JSON.stringify(value)}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Waits for this many of them: what a key or click changes is drawn a little later. */
export async function seen(where: Locator, wanted: number): Promise<void> {
  await until(
    `${wanted} of ${String(where)}`,
    () => where.count(),
    (count) => count === wanted,
  );
}

/** Waits until their texts, joined by spaces, are this text or match this pattern. */
export async function reads(where: Locator, wanted: string | RegExp): Promise<void> {
  await until(
    `${String(where)} to read ${String(wanted)}`,
    async () => (await where.allTextContents()).join(' '),
    (text) => (typeof wanted === 'string' ? text === wanted : wanted.test(text)),
  );
}

/** Types a filter into the bar, and waits until the timeline shows what fits: keys go to the timeline again from then on. */
export async function applyFilter(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  // The filter is checked by the engine first. Until then the focus stays in the bar, and an earlier filter's count beside it.
  await seen(page.locator('#timeline-grid:focus'), 1);
  await seen(page.locator('.hits b'), 1);
}

/** Frame numbers of the rows in sight, from the top. */
export async function numbersInSight(page: Page): Promise<number[]> {
  const texts = await page
    .locator(ROW)
    .evaluateAll((rows) =>
      rows.map(
        (row) => [Number(row.getAttribute('aria-rowindex')), row.querySelector('.n')?.textContent ?? ''] as const,
      ),
    );
  return texts
    .sort((a, b) => a[0] - b[0])
    .map(([, text]) => Number(text.replaceAll(/\D/g, '')))
    .filter((n) => n > 0);
}

/** Chooses the first row of the view and waits for it: a row in the page need not be one in sight. */
export async function chooseFirst(page: Page): Promise<string> {
  await page.waitForSelector(ROW, { timeout: 60_000 });
  await page.locator('#timeline-grid').focus();
  await page.keyboard.press('Home');
  return until(
    'a chosen row',
    () => selectedNumber(page),
    (n) => n !== '',
  );
}

/** Goes to a frame by number (and waits for it), or to a time. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.locator('#timeline-grid').focus();
  await page.keyboard.press('g');
  await page.locator('.dialog input').fill(place);
  await page.keyboard.press('Enter');
  await until(
    'the dialog to close',
    () => page.locator('.dialog').count(),
    (count) => count === 0,
  );
  if (/^\d+$/.test(place)) {
    await until(
      'the chosen row',
      () => selectedNumber(page),
      (n) => n === place,
    );
  }
}

export async function selectedNumber(page: Page): Promise<string> {
  const texts = await page.locator(`${ROW}.sel .n`).allTextContents();
  return (texts[0] ?? '').replaceAll(/\D/g, '');
}
