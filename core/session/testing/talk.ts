/** Recording table talk in tests: a recorder with its worker, and frames to feed it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Connection, Direction } from '../../traffic/frame.ts';
import type { FrameDraft } from '../../traffic/sink.ts';
import type { FromRecorder, Port, RecorderSetup, ToRecorder } from '../recorder-messages.ts';
import { Recorder } from '../recorder.ts';

export const BEGAN = 1_790_000_000;

export function temporaryFile(name = 'test.ipsession'): string {
  return join(mkdtempSync(join(tmpdir(), 'interpose-test-')), name);
}

export async function startRecorder(path: string, create = true): Promise<Recorder> {
  const setup: RecorderSetup = {
    path,
    create,
    meta: { began: String(BEGAN), title: 'Test', engineVersion: '0' },
    sources: [],
    posted: new SharedArrayBuffer(4),
  };
  const worker = new Worker(new URL('./talk-recorder-worker.ts', import.meta.url), { workerData: setup });
  const recorder = new Recorder(
    {
      port: worker as unknown as Port<FromRecorder, ToRecorder>,
      posted: setup.posted,
      now: () => performance.now(),
    },
    { record: create },
  );
  const close = recorder.close.bind(recorder);
  recorder.close = async () => {
    await close();
    await worker.terminate();
  };
  await recorder.ready;
  return recorder;
}

export function connection(id: number, more: Partial<Connection> = {}): Connection {
  return {
    id,
    proxy: 'table',
    transport: 'tcp',
    client: { address: '127.0.0.1', port: 50_000 + id },
    server: { address: '127.0.0.1', port: 7000 },
    protocol: 'talk',
    opened: BEGAN,
    details: {},
    ...more,
  };
}

let clock = 0;
export function draft(conn: number, direction: Direction, value: unknown, more: Partial<FrameDraft> = {}): FrameDraft {
  clock += 1000;
  return {
    conn,
    direction,
    time: BEGAN + clock / 1e6,
    mono: clock,
    carrier: {},
    bytes: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
    head: new Uint8Array(0),
    tail: new Uint8Array([10]),
    origin: 'wire',
    fate: 'forwarded',
    expert: [],
    ...more,
  };
}
