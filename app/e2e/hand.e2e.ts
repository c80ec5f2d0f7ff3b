/** Traffic in hand, on the real engine: which rule touched a row, lies, secrets, an order of release, a script that is wrong. */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import { mjsonp } from '../../fixtures/mjsonp/index.ts';
import { mana } from '../../fixtures/mana/mana.ts';
import { applyFilter, chooseFirst, isMissingChromium, reads, ROW, seen, until } from './browser.ts';
import { type ChatWorld, inChatWorld } from './chat-world.ts';

describe.skipIf(isMissingChromium())('traffic in hand', () => {
  let world: ChatWorld;
  let page: Page;
  let errors: readonly string[];

  inChatWorld((now) => ({ page, world, errors } = now));

  test('a row says which rule touched it, and shows all that the rule touched', async () => {
    const { engine } = world.started;
    await engine.call('rules.set', {
      rules: [
        {
          id: 'r',
          title: 'Slow talk',
          enabled: true,
          when: 'message == "group_send"',
          actions: [{ do: 'delay', ms: 5 }],
        },
      ],
    });
    try {
      await applyFilter(page, 'message == "group_send" and exists(touched)');
      await page.waitForSelector(ROW, { timeout: 60_000 });
      await reads(page.locator(`${ROW} .marks`).first(), /Slow talk/);
      await page.locator(`${ROW} .marks`).first().click({ button: 'right' });
      await page.locator('.menu .item', { hasText: 'All that Slow talk touched' }).click();
      await until(
        'the filter',
        () => page.locator('#filter-input').inputValue(),
        (text) => text.includes('touched == "Slow talk"'),
      );
      await page.waitForSelector(ROW);
      expect(errors).toEqual([]);
    } finally {
      await engine.call('rules.set', { rules: [] });
    }
  }, 180_000);

  test('rules of a group stand under its name and are switched together', async () => {
    const { engine } = world.started;
    const rule = { enabled: true, when: 'message == "none"', actions: [{ do: 'drop' as const }] };
    await engine.call('rules.set', {
      rules: [
        { ...rule, id: 'a' },
        { ...rule, id: 'b', group: 'Lag' },
        { ...rule, id: 'c', group: 'Lag' },
      ],
    });
    try {
      await page.locator('#tab-holds').click();
      await reads(page.locator('.rule-group b'), 'Lag');
      await seen(page.locator('.rule.off'), 0);
      await page.getByRole('switch', { name: 'All rules of Lag' }).click();
      await seen(page.locator('.rule.off'), 2);
      const { rules } = await engine.call('rules.list', {});
      expect(rules.map(({ enabled }) => enabled)).toEqual([true, false, false]);
      expect(errors).toEqual([]);
    } finally {
      await engine.call('rules.set', { rules: [] });
    }
  }, 180_000);

  test('messages of several clients are released in the order one gives them', async () => {
    const { engine } = world.started;
    const asked: string[] = [];
    page.on('websocket', (line) => line.on('framesent', ({ payload }) => asked.push(String(payload))));
    await page.reload();
    const filter = 'message == "register" and Name in {"Racer1", "Racer2"}';
    const breakpoint = { id: 'b', enabled: true, filter, limitMs: 60_000, onLimit: 'forward' as const };
    await engine.call('breakpoints.set', { breakpoints: [breakpoint] });
    const [proxy] = await engine.call('proxies.list', {});
    const racers = [1, 2].map((i) => {
      const socket = connect(Number(new URL(proxy!.url!).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`{"Command": "02", "Name": "Racer${i}", "Password": "lantern7"}`);
      return socket;
    });
    try {
      await page.locator('#tab-holds').click();
      await page.locator('.queue .q').nth(1).waitFor({ timeout: 60_000 });
      const ids = await page.locator('.queue .q').evaluateAll((all) => all.slice(0, 2).map(({ id }) => id));
      const [first, second] = ids.map((id) => Number(id.replace('held-', '')));
      await page.locator(`#held-${second} .turn`).click();
      await page.locator(`#held-${first} .turn`).click();
      await reads(page.locator(`#held-${second} .turn`), '1');
      await reads(page.locator(`#held-${first} .turn`), '2');
      await page.locator('.queue-foot button', { hasText: 'Release 2 in this order' }).click();
      await seen(page.locator(`#held-${second}`), 0);
      await seen(page.locator(`#held-${first}`), 0);
      // That the relay keeps the order it is told is shown where its clock can be seen (core/relay/hold.test.ts).
      const order = asked.filter((text) => text.includes('"race.release"'));
      expect(order.map((text) => (JSON.parse(text) as { args: unknown }).args)).toEqual([{ order: [second, first] }]);
      expect(errors).toEqual([]);
    } finally {
      for (const socket of racers) socket.destroy();
      await engine.call('breakpoints.set', { breakpoints: [] });
      await engine.call('held.releaseAll', {});
    }
  }, 180_000);

  test('a question that is dropped is answered in the client’s place, and the table goes on', async () => {
    const { engine } = world.started;
    const options = { houseBots: '3' };
    const server = await mjsonp.startServer({ pace: 'fast', options });
    const { url } = await engine.call('proxy.start', {
      spec: { name: 'table', listen: 'tcp://127.0.0.1:0', upstream: server.endpoints['game']!, protocol: 'mjsonp' },
    });
    const player = mjsonp.startClients({ endpoints: { game: url! }, pace: 'human', once: true, options });
    player.done.catch(() => undefined);
    try {
      await applyFilter(page, 'mjsonp and toServer and message == "none"');
      await page.waitForSelector(ROW, { timeout: 60_000 });
      const filter = 'toClient and message == "dahai"';
      const breakpoint = { id: 'd', enabled: true, filter, limitMs: 60_000, onLimit: 'forward' as const };
      await engine.call('breakpoints.set', { breakpoints: [breakpoint] });
      await page.locator('#tab-holds').click();
      await page.locator('.queue .q').first().waitFor({ timeout: 60_000 });
      const [held] = await engine.call('held.list', {});
      await page.getByRole('button', { name: 'Answer it' }).click();
      await reads(page.locator('.composer .pane.editor h2'), 'none');
      const before = (await engine.call('session.info', {})).frames;
      await page.locator('.composer .actbar .btn.main').click();
      await until(
        'the server to go on',
        () => engine.call('session.info', {}),
        ({ frames }) => frames > before + 1,
        60_000,
      );
      expect((await engine.call('frame.get', { n: held!.n })).fate).toBe('dropped');
      expect(errors).toEqual([]);
    } finally {
      await engine.call('breakpoints.set', { breakpoints: [] });
      await engine.call('held.releaseAll', {});
      await player.stop();
      await engine.call('proxy.stop', { name: 'table' });
      await server.close();
    }
  }, 240_000);

  test('secrets are dots everywhere until they are asked for', async () => {
    await applyFilter(page, 'message == "register"');
    await chooseFirst(page);
    await page.locator('.tree .node').first().waitFor();
    const sent = await world.started.engine.call('frame.get', { n: await focused(page), revealSecrets: true });
    const { Password: secret } = sent.messages[0]!.fields as { Password: string };
    expect(secret.length).toBeGreaterThan(3);
    const inspector = page.locator('.dock.inspector, .dock').first();
    expect(await inspector.innerText()).not.toContain(secret);
    await page.locator('#timeline-grid').focus();
    await page.keyboard.press('e');
    await page.locator('.json-editor .cm-content').waitFor();
    await reads(page.locator('.json-editor .cm-content'), /••••••/);
    const composer = page.locator('.pane.editor');
    expect(await composer.innerText()).not.toContain(secret);
    await page.locator('.secret-field input').waitFor();
    expect(await page.locator('.secret-field input').getAttribute('type')).toBe('password');
    await composer.locator('.head.sub button[aria-label="Show secrets"]').click();
    await reads(page.locator('.json-editor .cm-content'), new RegExp(secret));
    expect(errors).toEqual([]);
  }, 180_000);

  test('the length in front of a text is computed, or a lie', async () => {
    const { engine } = world.started;
    const server = await mana.startServer({ pace: 'fast' });
    try {
      const { url } = await engine.call('proxy.start', {
        spec: {
          name: 'account',
          listen: 'enet://127.0.0.1:0',
          upstream: server.endpoints['account']!,
          protocol: 'mana',
        },
      });
      await mana.startClients({ endpoints: { account: url! }, pace: 'fast', once: true }).done;
      await applyFilter(page, 'message == "PAMSG_CHAR_CREATE"');
      await chooseFirst(page);
      await page.keyboard.press('e');
      await page.getByRole('button', { name: /^length of name: .*lie here/i }).click();
      await page.getByRole('textbox', { name: 'length of name' }).fill('200');
      await reads(page.locator('.diff2 .by').last(), /c8/);
      await reads(page.locator('.remark.in-editor'), /needs 200 bytes/);
      await page.getByRole('button', { name: /^length of name: A deliberate lie/ }).click();
      await seen(page.locator('.diff2'), 0);
      expect(errors).toEqual([]);
    } finally {
      await engine.call('proxy.stop', { name: 'account' });
      await server.close();
    }
  }, 180_000);

  test('a replay that ends behind a frame is gone on with by the fuzzer, from that frame', async () => {
    const { engine } = world.started;
    const server = await socketchat.startServer({ pace: 'fast' });
    try {
      await applyFilter(page, 'conn == 1 and message == "login"');
      const n = await chooseFirst(page);
      await applyFilter(page, 'conn == 1');
      await chooseFirst(page);
      await page.keyboard.press('r');
      await page.locator('.start-card textarea').first().fill(server.endpoints['plain']!);
      await page.locator('.start-card').getByLabel('Frames', { exact: true }).fill('conn == 1');
      await page.getByLabel('Stop behind').fill(n);
      await page.locator('.start-card .btn.main').click();
      await page.locator('.left-open .btn', { hasText: 'Fuzz from here' }).click({ timeout: 60_000 });
      await until(
        'the frame in the form',
        () => page.getByLabel('Behind frame').inputValue(),
        (value) => value.replaceAll(/\D/g, '') === n,
      );
      await page.locator('.fuzz .start-acts .btn.main, .start-form .btn.main').first().click();
      const status = await until(
        'cases',
        () => engine.call('fuzz.status', {}),
        (now) => now !== null && (now.state === 'failed' || now.cases > 5),
        90_000,
      );
      expect(status).toMatchObject({ state: 'running' });
      expect(status!.coverage.messages.map(({ name }) => name)).not.toContain('register');
      await engine.call('fuzz.stop', {});
      expect(errors).toEqual([]);
    } finally {
      await server.close();
    }
  }, 240_000);

  test('a script that cannot run says where, and the next one runs', async () => {
    const path = join(world.home, 'wrong.ts');
    writeFileSync(path, 'export default {\n  onFrame(f) { return f.nothing.here; },\n};\n');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('script');
    await page.keyboard.press('Enter');
    await page.locator('.dialog input').fill(path);
    await page.keyboard.press('Enter');
    await seen(page.locator('.dialog'), 0);
    const failed = await until(
      'an error with its line',
      () => world.started.engine.call('script.status', {}),
      ({ error }) => error !== undefined,
      60_000,
    );
    expect(failed.error?.line).toBe(2);
    await reads(page.locator('.status'), /script/i);
    writeFileSync(path, 'export default { onFrame() {} };\n');
    await until(
      'it to run',
      () => world.started.engine.call('script.status', {}),
      ({ running, error, calls }) => running && error === undefined && calls > 0,
      60_000,
    );
    await world.started.engine.call('script.unload', {});
    expect(errors).toEqual([]);
  }, 180_000);
});

async function focused(page: Page): Promise<number> {
  return Number((await page.locator(`${ROW}.sel .n`).first().textContent())?.replaceAll(/\D/g, ''));
}
