/** The session of a finding: what was said when it was seen, to look at like any other. */
import { rmSync } from 'node:fs';
import type { Finding } from '../../fuzz/finding.ts';
import { mirrorDirection } from '../../fuzz/mirror.ts';
import type { Scene } from '../../fuzz/scene.ts';
import { originalOf } from '../../fuzz/script.ts';
import type { ProtocolSource } from '../../session/recorder-messages.ts';
import { writeSession } from '../files/write-session.ts';

export interface SessionHow {
  readonly recorderWorker: URL;
  readonly sources: readonly ProtocolSource[];
  readonly version: string;
}

export async function saveSession(
  finding: Finding,
  path: string,
  scene: Scene | undefined,
  { recorderWorker, sources, version }: SessionHow,
): Promise<void> {
  for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
  const began = Date.now() / 1000;
  const writing = await writeSession({
    path,
    recorderWorker,
    sources,
    meta: { title: finding.title, version, finding: finding.id },
    now: () => performance.now(),
  });
  const { recorder } = writing;
  const isMirrored = scene?.side === 'client';
  const ids = new Map<number, number>();
  for (const { conn, at } of finding.said) {
    if (ids.has(conn)) continue;
    const id = recorder.nextConnectionId();
    ids.set(conn, id);
    const known = scene?.connections.get(originalOf(conn));
    const recorded = known?.recorded.connection;
    recorder.opened({
      id,
      transport: recorded?.transport ?? 'tcp',
      client: { address: '127.0.0.1', port: 0 },
      server: { address: known?.url?.host ?? recorded?.server.address ?? '', port: recorded?.server.port ?? 0 },
      protocol: known?.recorded.protocol?.id ?? '',
      ...(known === undefined ? {} : { options: known.recorded.options }),
      opened: began + at / 1000,
      details: {},
      ...(recorded?.role === undefined ? {} : { role: recorded.role }),
    });
  }
  const none = new Uint8Array(0);
  for (const one of finding.said) {
    const n = recorder.frame({
      conn: ids.get(one.conn)!,
      direction: isMirrored ? mirrorDirection(one.direction) : one.direction,
      time: began + one.at / 1000,
      mono: Math.round(one.at * 1000),
      carrier: one.carrier,
      bytes: one.bytes,
      head: none,
      tail: none,
      origin: one.direction === 'toClient' ? 'wire' : one.mutated ? 'fuzzed' : 'replayed',
      fate: 'forwarded',
      expert: [],
    });
    if (one.mutated) await recorder.mark(n, 'red', finding.what);
  }
  const last = finding.said.at(-1)?.at ?? 0;
  for (const id of ids.values())
    recorder.closed(
      id,
      began + last / 1000,
      finding.exit === undefined ? 'end of the finding' : `the ${isMirrored ? 'client' : 'server'} went down`,
    );
  await writing.finish();
}
