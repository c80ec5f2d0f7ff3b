import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from './start-engine.ts';

test('traffic that is decoded by the wrong protocol is noticed, and the right one is named', async () => {
  const lines = [
    '{"type":"hello","protocol":"mjsonp","protocol_version":3}',
    '{"type":"start_game","id":0,"names":["a","b","c","d"]}',
  ];
  const upstream = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    for (let i = 0; i < 4; i++) socket.write(`${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as net.AddressInfo;
  const { engine, close } = await startEngine({
    home: mkdtempSync(join(tmpdir(), 'interpose-test-')),
    serve: false,
    log: 'quiet',
    proxies: [
      { name: 'game', listen: 'tcp://127.0.0.1:0', upstream: `tcp://127.0.0.1:${port}`, protocol: 'socketchat' },
      { name: 'nowhere', listen: 'tcp://127.0.0.1:0', upstream: 'tcp://127.0.0.1:1', protocol: 'auto' },
    ],
  });
  const visit = (name: string): Promise<net.Socket> =>
    new Promise((resolve) => {
      const url = new URL(
        engine.proxies
          .list()
          .find((p) => p.spec.name === name)!
          .url!.replace('tcp:', 'http:'),
      );
      const socket = net.connect(Number(url.port), '127.0.0.1');
      socket.on('error', () => resolve(socket));
      socket.once('data', () => resolve(socket));
      socket.once('close', () => resolve(socket));
    });
  const socket = await visit('game');
  await visit('nowhere');
  await engine.session.settle();
  const findings = await engine.call('doctor.run', {});
  const wrong = findings.find((f) => f.title.includes('does not look like socketchat'));
  expect(wrong).toMatchObject({ state: 'warning', advice: expect.stringContaining('mjsonp') });
  expect(findings.find((f) => f.title === 'nowhere does not reach its server')).toMatchObject({ state: 'problem' });
  socket.destroy();
  await close();
  upstream.close();
});
