/**
 * A held message costs no connection: longer than ENet's longest time-out (30 s), while everything else goes on.
 * `ENET_HOLD_SECONDS=120 npx vitest run core/io/enet-hold` holds for two minutes.
 */
import { afterEach, expect, test } from 'vitest';
import { dialEnet, listenEnetPeer } from './enet-peers-for-tests.ts';
import { createWorld, portOf, say, type World } from './world-for-tests.ts';

const SECONDS = Number(process.env['ENET_HOLD_SECONDS'] ?? 33);
const OTHERS = 20;

let world: World;
afterEach(() => world.end());

test(
  `a reliable message held for ${SECONDS} s arrives in order, both peers stay connected, other channels lose nothing`,
  async () => {
    world = createWorld();
    const { control } = world;
    const peer = await listenEnetPeer(world);
    const proxy = await world.start({ listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${peer.port}` });
    const client = await dialEnet(world, portOf(proxy), { channels: 2 });
    const server = await peer.next();
    control.setBreakpoints([
      { id: 'b', filter: '"held"', direction: 'toServer', enabled: true, limitMs: 0, onLimit: 'forward' },
    ]);
    client.say(say('held'), 0, 1);
    client.say(say('behind'), 0, 1);
    await world.sink.until(() => control.held().length === 1);
    for (let i = 0; i < OTHERS; i++) {
      client.say(say(`other ${i}`), 1, i % 2);
      server.say(say(`answer ${i}`), 1, i % 2);
      await new Promise((resolve) => setTimeout(resolve, (SECONDS * 1000) / OTHERS));
    }
    expect([client.gone, server.gone]).toEqual([undefined, undefined]);
    const others = Array.from({ length: OTHERS }, (_, i) => say(`other ${i}`));
    await server.count(OTHERS);
    expect(server.heard.map((h) => h.text)).toEqual(others);
    await client.count(OTHERS);
    expect(control.releaseAll()).toBe(1);
    await server.count(OTHERS + 2);
    expect(server.heard.slice(OTHERS).map((h) => h.text)).toEqual([say('held'), say('behind')]);
    expect(client.peer.statistics().throttle).toBe(1);
    expect([client.gone, server.gone]).toEqual([undefined, undefined]);
  },
  SECONDS * 1000 + 60_000,
);
