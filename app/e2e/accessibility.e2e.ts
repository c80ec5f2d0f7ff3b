/** axe-core on every view in both themes: nothing serious or critical, nowhere. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goTo, isMissingChromium, launch, open, ROW, until } from './browser.ts';
import { startContractServer, type ContractServer } from './contract-server/server.ts';

type Steps = (page: Page) => Promise<void>;

const tab =
  (name: string): Steps =>
  async (page) => {
    await page.locator(`#tab-${name}`).click();
    await page.locator('.dock-body > *').first().waitFor();
  };
const statistics =
  (name: string): Steps =>
  async (page) => {
    await tab('statistics')(page);
    await page.locator('.stat-nav button', { hasText: name }).click();
  };
const dialog =
  (command: string): Steps =>
  async (page) => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    await page.locator('.dialog').waitFor();
  };

const VIEWS: Readonly<Record<string, Steps>> = {
  timeline: async () => undefined,
  lanes: async (page) => {
    await page.keyboard.press('v');
    await page.locator('.lanesvg').waitFor();
  },
  'field selected': async (page) => page.locator('.tree .node').nth(2).click(),
  'filter being typed': async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('mana and dest');
    await page.locator('.completions').waitFor();
  },
  palette: async (page) => {
    await page.keyboard.press('Control+k');
    await page.locator('.palette').waitFor();
  },
  shortcuts: async (page) => {
    await page.keyboard.press('?');
    await page.locator('.sheet').waitFor();
  },
  'row menu': async (page) => {
    await page.locator(`${ROW}.sel .msg`).click({ button: 'right' });
    await page.locator('.menu').waitFor();
  },
  compose: async (page) => {
    await page.keyboard.press('e');
    await page.locator('.composer .form input').first().waitFor();
  },
  holds: async (page) => {
    await tab('holds')(page);
    await page.locator('.form input').first().waitFor();
  },
  rule: async (page) => {
    await tab('holds')(page);
    await page.locator('.rule .what').first().click();
  },
  faults: async (page) => {
    await tab('holds')(page);
    await page.locator('.seg button', { hasText: 'Faults' }).click();
    await page.locator('.presets button').first().click();
  },
  replay: tab('replay'),
  compare: tab('diff'),
  fuzz: tab('fuzz'),
  expert: tab('expert'),
  connections: tab('connections'),
  messages: statistics('Messages'),
  latency: statistics('Latency'),
  rate: statistics('Rate'),
  enet: statistics('ENet health'),
  carrier: statistics('ENet commands'),
  coverage: statistics('Coverage'),
  'bytes per field': statistics('Bytes'),
  export: dialog('export'),
  proxy: dialog('start a proxy…'),
  about: dialog('about'),
  doctor: dialog('doctor'),
};

/** @param rules only these; all of axe's when absent */
async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) })}).then(({ violations }) => violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.target.join(' ') + ': ' + n.failureSummary) })))`,
  )) as readonly { id: string; impact: string; nodes: readonly string[] }[];
  return result
    .filter((each) => each.impact === 'serious' || each.impact === 'critical')
    .map((each) => `${each.id} (${each.impact})\n  ${each.nodes.slice(0, 4).join('\n  ')}`);
}

describe.skipIf(isMissingChromium())('accessibility', () => {
  let browser: Browser;
  let server: ContractServer;
  let empty: ContractServer;

  beforeAll(async () => {
    [browser, server, empty] = await Promise.all([
      launch(),
      startContractServer(),
      startContractServer({ isEmpty: true }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await empty?.close();
  });

  /** In both themes; the same page in other colours can differ in nothing but contrast. */
  const bothThemes = async (page: Page): Promise<string[]> => {
    const dark = await violations(page);
    await page.emulateMedia({ colorScheme: 'light' });
    return [...dark, ...(await violations(page, ['color-contrast']))];
  };

  test('axe finds nothing serious on any view, in both themes', async () => {
    const found: Record<string, string[]> = {};
    for (const [name, steps] of Object.entries(VIEWS)) {
      const { page, errors } = await open(browser, server.url, { colorScheme: 'dark', reducedMotion: 'reduce' });
      await page.waitForSelector(ROW);
      await goTo(page, '84105');
      await page.locator('.tree .node').first().waitFor();
      await steps(page);
      const problems = await bothThemes(page);
      if (problems.length > 0) found[name] = problems;
      expect(errors, name).toEqual([]);
      await page.context().close();
    }
    expect(found).toEqual({});
  }, 400_000);

  test('axe finds nothing serious on the first page, in both themes', async () => {
    const { page } = await open(browser, empty.url, { colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.locator('.doctor').first().waitFor();
    expect(await bothThemes(page)).toEqual([]);
    await page.context().close();
  });

  test('with the system’s own colours the selection is still visible', async () => {
    const { page } = await open(browser, server.url, { forcedColors: 'active' });
    await page.waitForSelector(ROW);
    await goTo(page, '84105');
    await until(
      'an outline',
      () => page.evaluate(`getComputedStyle(document.querySelector('.rows .tr.sel')).outlineStyle`),
      (style) => style === 'solid',
    );
    await page.context().close();
  });

  test('with reduced motion nothing animates', async () => {
    const { page } = await open(browser, server.url, { reducedMotion: 'reduce' });
    await page.waitForSelector(ROW);
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
    await page.context().close();
  });
});
