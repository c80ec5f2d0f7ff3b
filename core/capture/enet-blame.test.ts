import { expect, test } from 'vitest';
import { writeDatagram } from '../enet-node/wire.ts';
import { MemorySink } from '../relay/toy-for-tests.ts';
import { enetFigures } from '../traffic/enet-figures.ts';
import { createDatagramFlows } from './datagram-flows.ts';
import { ConnectionNumbers } from './hinted-connection.ts';

const CLIENT = { address: '10.0.0.1', port: 40_000 };
const SERVER = { address: '10.0.0.2', port: 9601 };
const connecting = { outgoingPeerId: 1, incomingSessionId: 0, outgoingSessionId: 0, mtu: 1400, windowSize: 32_768 };
const limits = {
  channelCount: 1,
  throttleInterval: 5000,
  throttleAcceleration: 2,
  throttleDeceleration: 2,
  connectId: 7,
};

test('a captured message that came late is blamed for those that waited for it', () => {
  const sink = new MemorySink();
  const options = { sink, choose: () => undefined, keepCarrier: true };
  const flows = createDatagramFlows(options, new ConnectionNumbers(sink), 100, () => 1000);
  const route = {
    source: CLIENT,
    destination: SERVER,
    from: '10.0.0.1:40000',
    to: '10.0.0.2:9601',
    pair: '10.0.0.1:40000 10.0.0.2:9601',
  };
  let n = 0;
  const push = (ms: number, data: Uint8Array, isBack = false): void => {
    const way = isBack ? { ...route, source: SERVER, destination: CLIENT, from: route.to, to: route.from } : route;
    const packet = { n: ++n, time: 1000 + ms / 1000, link: 1, bytes: data, length: data.length };
    flows.push({ kind: 'udp', packet, route: way, data, missing: 0 });
  };
  const say = (ms: number, reliableSequence: number): void => {
    const payload = new TextEncoder().encode(`message ${reliableSequence}`);
    const command = { name: 'sendReliable', acknowledge: true, reliableSequence, payload } as const;
    push(ms, writeDatagram({ peerId: 2, sentTime: ms, commands: [command] }));
  };
  const values = { ...connecting, ...limits };
  push(
    0,
    writeDatagram({
      peerId: 0xfff,
      sentTime: 0,
      commands: [{ name: 'connect', acknowledge: true, channel: 255, reliableSequence: 1, values }],
    }),
  );
  const granted = { ...values, outgoingPeerId: 2 };
  push(
    1,
    writeDatagram({
      peerId: 1,
      sentTime: 1,
      commands: [{ name: 'verifyConnect', acknowledge: true, channel: 255, reliableSequence: 1, values: granted }],
    }),
    true,
  );
  say(10, 1);
  say(30, 3);
  say(40, 4);
  say(130, 2);
  flows.end(1001);
  const text = sink.frames.map(({ bytes }) => new TextDecoder().decode(bytes));
  expect(text).toEqual(['message 1', 'message 2', 'message 3', 'message 4']);
  const [client, server] = enetFigures(sink.connections.get(1)!);
  expect(client).toMatchObject({ side: 'client', blame: [{ channel: 0, sequence: 2, waitedMs: 100, frames: [3, 4] }] });
  expect(server).toMatchObject({ side: 'server', blame: [] });
  // The commands between them are told too, in their places.
  expect(sink.bare.map(({ direction }) => direction)).toEqual(['toServer', 'toClient']);
});
