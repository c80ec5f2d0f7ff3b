import { spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Packet } from '../capture/packet.ts';
import { PacketLayers } from '../capture/packet-layers.ts';
import { startCapture } from './capture-child.ts';
import { CaptureRing } from './capture-ring.ts';
import { BACKENDS, checkFilter, explain, findBackend, findTool, listInterfaces } from './capture-tools.ts';

/** Rights show only when one tries. */
function canCapture(backend: (typeof BACKENDS)[number]): boolean {
  const path = findTool(backend);
  if (path === undefined || process.platform === 'win32') return false;
  const args = backend === 'tcpdump' ? ['-i', 'lo', '-d'] : ['-i', 'lo', '-d', '-f', ''];
  const tried = spawnSync(path, args, { timeout: 10_000, encoding: 'utf8' });
  return tried.status === 0 && !/permission|not permitted/i.test(tried.stderr);
}
const able = new Map(BACKENDS.map((backend) => [backend, canCapture(backend)]));
const nothing = { packets: () => undefined, ended: () => undefined };

for (const backend of BACKENDS) {
  test.skipIf(able.get(backend) !== true)(
    `${backend} hands over every packet of a connection on loopback (skipped where ${backend} or the right to capture is missing)`,
    async () => {
      const server = createServer((socket) => socket.pipe(socket));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const packets: Packet[] = [];
      const source = await startCapture(
        { interface: 'lo', filter: `tcp port ${port}` },
        { packets: (some) => void packets.push(...some), ended: () => undefined },
        backend,
      );
      expect(source.backend).toBe(backend);
      const socket = connect(port, '127.0.0.1');
      let echoed = 0;
      for (let i = 0; i < 200; i++) socket.write(`line ${i}\n`);
      socket.on('data', (chunk) => {
        echoed += chunk.length;
        if (echoed >= 1690) socket.end();
      });
      await once(socket, 'close');
      server.close();
      const stats = await source.stop();
      expect(stats).toEqual({ packets: packets.length, dropped: 0 });
      const layers = new PacketLayers();
      const sent = packets.flatMap((packet) => {
        const found = layers.read(packet);
        return found?.kind === 'tcp' && found.route.destination.port === port ? [found.data] : [];
      });
      expect(Buffer.concat(sent).toString()).toBe(Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join(''));
    },
    30_000,
  );

  test.skipIf(able.get(backend) !== true)(
    `a filter ${backend} cannot read, and an interface that is not there, are refused before anything starts (skipped without ${backend} or rights)`,
    async () => {
      await expect(startCapture({ interface: 'lo', filter: 'tcp portt 1' }, nothing, backend)).rejects.toMatchObject({
        code: 'bad-filter',
      });
      await expect(checkFilter(findBackend(backend), 'lo', 'udp port 53')).resolves.toBeUndefined();
      await expect(startCapture({ interface: 'nowhere0' }, nothing, backend)).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining('nowhere0'),
      });
    },
    30_000,
  );

  test.skipIf(able.get(backend) !== true)(
    `a filter is never taken for an option of ${backend} (skipped without ${backend} or rights)`,
    async () => {
      await expect(startCapture({ interface: 'lo', filter: '-w /tmp/never' }, nothing, backend)).rejects.toMatchObject({
        code: 'bad-filter',
      });
    },
    30_000,
  );
}

test.skipIf(able.get('tcpdump') !== true && able.get('dumpcap') !== true)(
  'interfaces are listed with their addresses, those with an address first (skipped without tcpdump, dumpcap or rights)',
  async () => {
    const list = await listInterfaces();
    expect(list.find((each) => each.name === 'lo')?.addresses).toContain('127.0.0.1');
    const withAddress = list.map((each) => each.addresses.length > 0);
    expect(withAddress).toEqual(withAddress.toSorted((a, b) => Number(b) - Number(a)));
  },
  30_000,
);

test('without a tool, the error says what to install and that a proxy needs none', () => {
  const empty = mkdtempSync(join(tmpdir(), 'interpose-test-'));
  expect(findTool('no-such-tool-at-all', empty)).toBeUndefined();
  expect(() => findBackend('dumpcap', '')).toThrow(/not installed.*proxy needs neither/is);
});

test('what a tool says when it may not, cannot read or finds nothing becomes an error that says what to do', () => {
  const rights = explain('tcpdump', "tcpdump: lo: You don't have permission to capture on that device", 'lo');
  expect(rights.code).toBe('missing-rights');
  expect(rights.message).toContain('tcpdump');
  expect(
    explain('dumpcap', 'dumpcap: The capture session could not be initiated (socket: Operation not permitted).', 'lo')
      .code,
  ).toBe('missing-rights');
  expect(explain('tcpdump', "tcpdump: can't parse filter expression: syntax error", 'lo', 'x y').message).toContain(
    '"x y"',
  );
  expect(explain('tcpdump', 'tcpdump: eth9: No such device exists', 'eth9').code).toBe('bad-request');
  expect(explain('tcpdump', 'something else', 'lo').message).toContain('something else');
});

test('a ring keeps what is young enough and forgets the rest, within its bytes', () => {
  const packet = (n: number, time: number, size = 10): Packet => ({
    n,
    time,
    link: 1,
    bytes: new Uint8Array(size),
    length: size,
  });
  const ring = new CaptureRing(10);
  for (let i = 0; i < 5000; i++) ring.push([packet(i, i / 100)]);
  const kept = ring.take();
  expect(kept[0]!.time).toBeCloseTo(39.99, 5);
  expect(kept.at(-1)!.n).toBe(4999);
  expect(ring.size).toBe(0);
  const small = new CaptureRing(1000, 10_000);
  for (let i = 0; i < 100; i++) small.push([packet(i, 0, 1000)]);
  expect(small.size).toBeLessThan(10);
  expect(small.overflowed).toBeGreaterThan(90);
});
