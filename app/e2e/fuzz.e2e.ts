/** The form of a fuzz campaign, on the real engine: what is chosen there is what is played, and what is wrong is said there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FuzzStatus } from '../../core/contract/fuzz-verbs.ts';
import { freePort } from '../../core/engine/fuzz/testing/fuzz-world.ts';
import { isMissingChromium, reads, seen, until } from './browser.ts';
import { type ChatWorld, inChatWorld } from './chat-world.ts';

describe.skipIf(isMissingChromium())('the form of a campaign', () => {
  let world: ChatWorld;
  let page: Page;
  let errors: readonly string[];

  inChatWorld((now) => ({ page, world, errors } = now));
  beforeEach(async () => {
    await page.locator('#tab-fuzz').click();
  });

  const server = () => page.getByRole('textbox', { name: 'Server', exact: true });
  const start = () => page.getByRole('button', { name: 'Start the campaign' });
  const campaign = (what: string, isIt: (status: FuzzStatus) => boolean): Promise<FuzzStatus> =>
    until(
      what,
      async () => (await world.started.engine.call('fuzz.status', {}))!,
      (status) => status !== null && isIt(status),
      60_000,
    );
  const configOf = ({ folder }: FuzzStatus): unknown =>
    JSON.parse(readFileSync(join(folder, 'campaign.json'), 'utf8')) as unknown;

  test('what cannot be fuzzed is said where it is typed, and what could not begin is corrected at once', async () => {
    // The only server that was recorded is likely meant.
    await until(
      'the server',
      () => server().inputValue(),
      (url) => url === world.server,
    );
    await server().fill('tcp://192.0.2.1:4004');
    await reads(page.locator('.form-hint.c-problem'), /^192\.0\.2\.1 is not this machine/);
    expect(await start().isDisabled()).toBe(true);
    await page.locator('.more > summary').click();
    await page.getByLabel('Allowed hosts').fill('example.org, 192.0.2.1');
    await seen(page.locator('.form-hint.c-problem'), 0);
    await page.getByLabel('Allowed hosts').fill('');
    await reads(page.locator('.more > summary'), 'More options');
    await server().fill(`tcp://127.0.0.1:${await freePort()}`);
    await page.getByLabel('Reuse').fill('none');
    await start().click();
    await seen(page.locator('[aria-invalid=true]:focus'), 1);
    await page.getByLabel('Reuse').fill('1');
    await start().click();
    await reads(page.getByRole('alert'), /could not begin\. Nothing listens on/);
    await server().fill(world.server);
    await page.getByRole('textbox', { name: 'cases', exact: true }).fill('5');
    await start().click();
    await campaign('the end', ({ state }) => state === 'done');
    await reads(page.locator('.fuzz .banner .big'), 'Campaign, finished');
    expect(errors).toEqual([]);
  }, 180_000);

  test('a campaign begins with what an earlier one kept, and its folder may be named too', async () => {
    const { engine } = world.started;
    await engine.call('fuzz.start', { to: world.server, cases: 40 });
    const first = await campaign('an earlier campaign', ({ state }) => state === 'done');
    const [earlier] = await engine.call('fuzz.campaigns', {});
    expect(earlier).toMatchObject({ folder: first.folder });
    expect(earlier!.kept).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'New campaign' }).click();
    await server().fill(world.server);
    await until(
      'the earlier campaign',
      () => page.getByLabel('Begin with').locator('option').allTextContents(),
      (options) => options.some((option) => option.includes(`${earlier!.kept} case`)),
    );
    await page.getByLabel('Begin with').selectOption(first.folder);
    await page.getByRole('textbox', { name: 'cases', exact: true }).fill('100000');
    await page.getByRole('textbox', { name: 'findings', exact: true }).fill('7');
    await page.locator('.more > summary').click();
    await page.getByLabel('Reuse').fill('4');
    await page.getByLabel('Cases at once').fill('2');
    await page.getByLabel('Cases per second').fill('200');
    await page.getByLabel('Seed of the dice').fill('9');
    await reads(page.locator('.more > summary'), 'More options, 4 set');
    await start().click();
    const running = await campaign('cases', ({ state, cases }) => state === 'running' && cases > 20);
    expect(configOf(running)).toMatchObject({
      cases: 100_000,
      maxFindings: 7,
      reuse: 4,
      lanes: 2,
      ratePerSecond: 200,
      rng: 9,
    });
    const begun = readFileSync(join(running.folder, 'corpus/first.jsonl'), 'utf8');
    expect(begun.split('\n').length - 1).toBe(earlier!.kept);

    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Go on', exact: true }).click();
    const more = await campaign('more cases', ({ state, cases }) => state === 'running' && cases > running.cases);
    expect(more).toMatchObject({ folder: running.folder, planned: 100_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();

    await page.getByRole('button', { name: 'New campaign' }).click();
    await page.locator('.earlier-one', { hasText: running.folder.split('/').at(-1)! }).waitFor();
    await page.getByLabel('Begin with').selectOption({ label: 'a folder…' });
    await start().click();
    // Nothing begins without one.
    await seen(page.locator('input:invalid:focus'), 1);
    const nowhere = join(world.home, 'nowhere');
    await page.getByLabel('Its folder').fill(nowhere);
    await start().click();
    await reads(page.getByRole('alert'), new RegExp(`There is no corpus in ${nowhere}`));
    await page.getByLabel('Its folder').fill(first.folder);
    const out = join(world.home, 'named');
    await page.getByLabel('Findings go to').fill(out);
    await page.getByRole('textbox', { name: 'cases', exact: true }).fill('5');
    await start().click();
    await campaign('the end', ({ state, folder }) => state === 'done' && folder === out);
    expect(existsSync(join(out, 'corpus/first.jsonl'))).toBe(true);
    expect(errors).toEqual([]);
  }, 240_000);
});
