/**
 * The pictures of README and guide, made from the demo: `npm run screenshots`, or the ones named: `npm run screenshots -- lanes
 * fuzz`. Needs a Chromium (CHROMIUM_PATH or its usual place) and the built page. Each view is arranged once and taken in both themes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { type StartedEngine, startEngine } from '../engine/start-engine.ts';
import { CHROMIUM, chooseFirst, goTo, launch, open, ROW, seen, selectedNumber, until } from './browser.ts';

const OUT = join(import.meta.dirname, '../../docs/images');
/** Enough of a session to have something of everything. */
const FRAMES = 2500;
const SETTLE_MS = 700;
const THEMES = ['dark', 'light'] as const;
const wanted = process.argv.slice(2);

if (CHROMIUM === undefined) {
  process.stderr.write('no Chromium; set CHROMIUM_PATH\n');
  process.exit(2);
}
mkdirSync(OUT, { recursive: true });
const home = mkdtempSync(join(tmpdir(), 'interpose-pictures-'));
const started = await startEngine({ home, log: 'quiet' });
const { engine } = started;
const browser = await launch();
const { page } = await open(browser, started.url ?? '', { reducedMotion: 'reduce', colorScheme: 'dark' });
const buggy = await socketchat.startServer({ seed: 3, pace: 'fast', bugs: ['flag-as-text'] });
const newBuild = await socketchat.startServer({ seed: 9, pace: 'fast' });
try {
  await page.locator('.doctor').first().waitFor();
  await picture('first-run');
  await engine.call('demo.start', {});
  await page.waitForSelector(ROW, { timeout: 60_000 });
  await until(
    'a long enough session',
    () => engine.call('session.info', {}),
    ({ frames }) => frames > FRAMES,
    180_000,
  );

  await goTo(page, await newest('muddery and toClient and frame.messages > 4'));
  await page.locator('.tree .node').nth(3).click();
  await picture('timeline');

  await page.keyboard.press('/');
  await page.keyboard.type('mana and toClient and beings.dest');
  await page.locator('.completions').waitFor();
  await picture('filter');
  await page.keyboard.press('Escape');
  await filter('');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('hold');
  await picture('palette');
  await page.keyboard.press('Escape');

  await goTo(page, await newest('mana and toServer and message == "PAMSG_CHAR_CREATE"'));
  await page.keyboard.press('e');
  await page.locator('.composer .form input').first().waitFor();
  await picture('compose', true);

  await filter('mana');
  await show('inspector');
  await page.keyboard.press('v');
  await page.locator('.lanesvg').waitFor();
  await dockOff();
  await picture('lanes');
  await dockOff();
  await page.keyboard.press('v');
  await filter('');

  await filter('socketchat and message == "chat_send"');
  await chooseFirst(page);
  await page.locator('.tree .node').first().waitFor();
  await engine.call('rules.set', {
    rules: [
      {
        id: 'slow',
        enabled: true,
        when: 'mana and message == "GPMSG_SAY"',
        actions: [{ do: 'delay', ms: 250, jitterMs: 20 }],
      },
      {
        id: 'twice',
        enabled: false,
        when: 'mjsonp and message == "none"',
        actions: [{ do: 'duplicate', times: 1 }],
        probability: 0.05,
      },
      {
        id: 'watch',
        enabled: true,
        when: 'muddery and message == "traverse"',
        actions: [{ do: 'mark', color: 'accent' }],
      },
    ],
  });
  await page.reload();
  await page.waitForSelector(ROW);
  await page.keyboard.press('h');
  await show('holds');
  await page.locator('.queue .q').first().waitFor({ timeout: 90_000 });
  await page.locator('.seg button', { hasText: 'Rules' }).click();
  await page.locator('.form input.field:not(.mono):not(.num)').last().fill('勇者、東の門で会おう ⚔️');
  await picture('holds-and-rules', true);
  await engine.call('breakpoints.set', { breakpoints: [] });
  await engine.call('held.releaseAll', {});
  await page.locator('.seg button', { hasText: 'Faults' }).click();
  await page.locator('.presets button').nth(1).click();
  await picture('faults', true);
  await page.locator('.head .btn', { hasText: 'Remove all' }).click();
  await page.locator('.seg button', { hasText: 'Rules' }).click();
  await engine.call('rules.set', { rules: [] });
  await filter('');

  await page.keyboard.press('End');
  await show('statistics');
  for (const [name, tab] of [
    ['statistics', 'Latency'],
    ['rate', 'Rate'],
    ['coverage', 'Coverage'],
    ['enet', 'ENet health'],
  ] as const) {
    await page.locator('.stat-nav button', { hasText: tab }).click();
    await picture(name, true);
  }
  await show('expert');
  await page.locator('.expert').waitFor();
  await picture('expert-info');
  await show('connections');
  await picture('connections');

  // Where the demo's chat is now, so that the recording can be sent there again.
  const chat = engine.proxies.list().find(({ spec }) => spec.name === 'socketchat-plain');
  const server = new URL(chat?.spec.upstream ?? '');
  await show('inspector');
  await filter('proxy == "socketchat-plain" and message == "chat_send"');
  await chooseFirst(page);
  await page.locator('.tree .node').first().waitFor();
  if (isWanted('fuzz')) {
    await page.keyboard.press('z');
    await page
      .locator('.start-card textarea')
      .first()
      .fill(buggy.endpoints['plain'] ?? '');
    await page.locator('.start-form .btn.main').click();
    await until(
      'a finding',
      () => page.locator('.findings [role=row]').count(),
      (count) => count > 1,
      120_000,
    );
    await page.locator('.codebox.command').waitFor();
    await picture('fuzz');
    await engine.call('fuzz.stop', {});
  }
  await filter('');

  // A recording of the chat alone, against another build of it.
  const folder = mkdtempSync(join(home, 'alone-'));
  const [thisBuild = '', otherBuild = ''] = [8, 9].map((build) => join(folder, `build ${build}.ipsession`));
  const alone = await startEngine({ home: folder, session: thisBuild, log: 'quiet' });
  try {
    await recordChat(alone, server.href.replace(/\/$/, ''), 4);
    await page.goto(alone.url ?? '');
    await page.waitForSelector(ROW);
    // The same visit to the other build, and what is not the same about it.
    const other = await startEngine({ home: folder, session: otherBuild, serve: false, log: 'quiet' });
    await recordChat(other, newBuild.endpoints['plain'] ?? '', 5).finally(() => other.close());
    await show('diff');
    await page.getByLabel('Second', { exact: true }).fill(otherBuild);
    await page.keyboard.press('Enter');
    await page.locator('.diff .byte-pair .bp').first().waitFor();
    await picture('compare');
    await show('replay');
    await page
      .locator('.start-card textarea')
      .first()
      .fill(newBuild.endpoints['plain'] ?? '');
    await page.locator('.start-form .btn.main').click();
    await page.locator('.replay .banner .big').waitFor();
    await until(
      'the verdict',
      () => page.locator('.replay .banner .big').textContent(),
      (text) => /same/i.test(text ?? ''),
      120_000,
    );
    await picture('replay');
  } finally {
    await page.goto('about:blank');
    await alone.close();
  }
} catch (error) {
  await page.screenshot({ path: join(tmpdir(), 'interpose-picture-failed.png') });
  throw error;
} finally {
  await browser.close();
  await started.close();
  await Promise.all([buggy.close(), newBuild.close()]);
  rmSync(home, { recursive: true, force: true });
}

function isWanted(name: string): boolean {
  return wanted.length === 0 || wanted.includes(name);
}

async function picture(name: string, keepsDock = false): Promise<void> {
  if (!isWanted(name)) return;
  if (!keepsDock) await page.mouse.move(0, 0);
  for (const dismiss of await page.locator('.notice button').all()) await dismiss.click().catch(() => undefined);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: join(OUT, `${name}.${theme}.png`) });
    process.stdout.write(`docs/images/${name}.${theme}.png\n`);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
}

async function filter(text: string): Promise<void> {
  await page.locator('#filter-input').fill(text);
  await page.locator('#filter-input').press('Enter');
  await seen(page.locator('.hits b'), text === '' ? 0 : 1);
  await page.locator('#timeline-grid').focus();
}

/** One visit to a chat server, recorded by this engine. */
async function recordChat(by: StartedEngine, upstream: string, seed: number): Promise<void> {
  const spec = { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream, protocol: 'socketchat' };
  const { url } = await by.engine.call('proxy.start', { spec });
  await socketchat.startClients({ endpoints: { plain: url ?? '' }, seed, pace: 'fast', once: true }).done;
}

async function show(tab: string): Promise<void> {
  await page.locator(`#tab-${tab}`).click();
}

/** Opens or closes the dock. */
async function dockOff(): Promise<void> {
  await page.keyboard.press('Control+j');
}

/** Number of the newest frame that fits. */
async function newest(text: string): Promise<string> {
  await filter(text);
  await page.keyboard.press('End');
  const n = await until(
    'the newest of them',
    () => selectedNumber(page),
    (found) => found !== '',
  );
  await filter('');
  return n;
}
