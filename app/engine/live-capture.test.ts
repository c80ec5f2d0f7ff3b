/** A capture that looks on at loopback sees the same frames as the proxy in between, for every world of the fixtures. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trafficChoice } from '../../core/engine/capture-verbs.ts';
import { writeSession } from '../../core/engine/files/write-session.ts';
import { LiveCapture } from '../../core/engine/live-capture.ts';
import { findTool } from '../../core/io/capture-tools.ts';
import { openSession } from '../../core/session/session-reader.ts';
import { protocols } from '../../dissectors/index.ts';
import { startDemo } from './demo-world.ts';
import { startEngine } from './start-engine.ts';

const tcpdump = findTool('tcpdump');
const canCapture =
  tcpdump !== undefined &&
  process.platform === 'linux' &&
  spawnSync(tcpdump, ['-i', 'lo', '-d'], { timeout: 10_000 }).status === 0;

/** Frames as they went on, by the client's port and the direction; TLS is closed to those who look on. */
function streamsOf(path: string, isWanted: (stream: string) => boolean): Map<string, string[]> {
  const reader = openSession(path, protocols);
  const streams = new Map<string, string[]>();
  for (const frame of reader.each()) {
    const { transport, client } = reader.connection(frame.conn)!;
    if (transport === 'tls' || transport === 'wss') continue;
    const stream = `${transport} ${client.port} ${frame.direction}`;
    if (!isWanted(stream)) continue;
    const frames = streams.get(stream) ?? [];
    frames.push(`${reader.messageNames(frame.n).join()} ${Buffer.from(frame.sent ?? frame.bytes).toString('hex')}`);
    streams.set(stream, frames);
  }
  reader.close();
  return streams;
}

test.skipIf(!canCapture).each(['fco', 'mana', 'mjsonp', 'muddery', 'socketchat'])(
  'a passive capture gives the same frames as the proxy, and drops nothing: %s (skipped where tcpdump or the right to capture is missing)',
  async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'interpose-test-'));
    const proxied = join(folder, 'proxied.ipsession');
    const captured = join(folder, 'captured.ipsession');
    const started = await startEngine({ session: proxied, serve: false, home: folder });
    const { engine } = started;
    const { began } = engine.session.info();
    const written = await writeSession({
      path: captured,
      recorderWorker: new URL('./recorder-worker.ts', import.meta.url),
      meta: { began: String(began), title: 'Capture', engineVersion: 'test' },
      now: () => performance.now(),
    });
    const capture = await LiveCapture.start({
      interface: 'lo',
      choice: trafficChoice(engine),
      sink: written.recorder,
      began,
    });
    const demo = await startDemo(
      {
        startProxy: async (spec) => (await engine.proxies.start(spec)).url!,
        authority: async () => (await engine.options.authority!()).certificate,
        failed: (name, error) => expect.unreachable(`${name}: ${error.message}`),
      },
      { only: [world], pace: 'fast', once: true },
    );
    await demo.done;
    await demo.stop();
    const { dropped } = await capture.stop();
    await written.finish();
    await started.close();
    expect(dropped).toBe(0);
    const wanted = streamsOf(proxied, () => true);
    expect(wanted.size).toBeGreaterThan(0);
    expect(streamsOf(captured, (stream) => wanted.has(stream))).toEqual(wanted);
  },
);
