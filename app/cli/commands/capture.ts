import { existsSync } from 'node:fs';
import { LiveCapture } from '../../../core/engine/live-capture.ts';
import { captureTraffic } from '../../../core/engine/files/read-traffic.ts';
import { type SessionInWriting, writeSession } from '../../../core/engine/files/write-session.ts';
import type { Packet } from '../../../core/capture/packet.ts';
import { CaptureRing } from '../../../core/io/capture-ring.ts';
import { BACKENDS, type Backend } from '../../../core/io/capture-tools.ts';
import { createSystemClock } from '../../../core/io/system-clock.ts';
import { type Invocation, UsageError } from '../command.ts';
import { print, printError, progress } from '../output.ts';
import { type ProtocolChoice, readProtocolChoice } from '../protocol-options.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { untilEnded } from '../until-ended.ts';
import { VERSION } from '../version.ts';

/** Captures until a signal or `--duration`. With `--keep`, only what was last is saved, at the end and on SIGUSR1. */
export async function capture(invocation: Invocation): Promise<number> {
  const path = invocation.text('session')!;
  const keep = invocation.number('keep');
  const snapLength = invocation.number('snap');
  const filter = invocation.text('filter');
  const backend = backendOf(invocation.text('backend'));
  const choice = readProtocolChoice(invocation);
  const began = createSystemClock().wall();
  const ring = keep === undefined ? undefined : new CaptureRing(keep);
  if (existsSync(path)) throw new UsageError(`${path} exists already; choose another name`);
  const written = ring === undefined ? await begin(path, began) : undefined;
  let fault: string | undefined;
  const over = Promise.withResolvers<void>();
  let live: LiveCapture;
  try {
    live = await LiveCapture.start({
      interface: invocation.text('interface')!,
      choice,
      // What goes round in the ring is no frame yet.
      sink: written?.recorder ?? NO_SINK,
      began,
      ...(filter === undefined ? {} : { filter }),
      ...(snapLength === undefined ? {} : { snapLength }),
      ...(backend === undefined ? {} : { backend }),
      ...(ring === undefined ? {} : { divert: (packets: readonly Packet[]) => ring.push(packets) }),
      ended: (error) => {
        fault = error ?? 'the capture tool ended';
        over.resolve();
      },
    });
  } catch (error) {
    await written?.discard();
    throw error;
  }
  print(`capturing on ${live.status.interface} with ${live.status.backend}`);
  const showing = setInterval(() => {
    const { packets, dropped } = live.status;
    progress(`${packets} packets, ${dropped} dropped`);
  }, 500);
  let saves = 0;
  const saved: Promise<void>[] = [];
  const save = (): void => {
    if (ring === undefined) return;
    const packets = ring.take();
    saves++;
    saved.push(saveRing(saves === 1 ? path : numbered(path, saves), packets, choice));
  };
  process.on('SIGUSR1', save);
  await Promise.race([untilEnded(invocation.number('duration')), over.promise]);
  clearInterval(showing);
  progress('');
  const { packets, dropped } = await live.stop();
  process.off('SIGUSR1', save);
  save();
  await Promise.all(saved);
  await written?.finish();
  if (written !== undefined) print(`${written.recorder.frames} frames of ${packets} packets in ${path}`);
  if (dropped > 0)
    printError(new Error(`${dropped} packets were dropped before they reached us; a capture filter helps`));
  if (fault !== undefined) throw new Error(fault);
  return 0;
}

function begin(path: string, began: number): Promise<SessionInWriting> {
  return writeSession({
    path,
    recorderWorker: RECORDER_WORKER,
    meta: { began: String(began), title: 'Capture', engineVersion: VERSION },
    now: () => performance.now(),
  });
}

async function saveRing(path: string, packets: readonly Packet[], choice: ProtocolChoice): Promise<void> {
  const began = packets[0]?.time ?? createSystemClock().wall();
  const written = await begin(path, began);
  const traffic = captureTraffic(choice, written.recorder, true);
  traffic.begin(began);
  for (const [i, packet] of packets.entries()) {
    traffic.push(packet);
    if (i % 1024 === 0) await written.breathe();
  }
  traffic.end();
  await written.finish();
  print(`${written.recorder.frames} frames of ${packets.length} packets in ${path}`);
}

function numbered(path: string, n: number): string {
  return path.replace(/(\.ipsession)?$/, `-${n}$1`);
}

function backendOf(text: string | undefined): Backend | undefined {
  if (text === undefined) return undefined;
  const backend = BACKENDS.find((known) => known === text);
  if (backend === undefined) throw new UsageError(`--backend is ${BACKENDS.join(' or ')}, not "${text}"`);
  return backend;
}

const NO_SINK = {
  isFull: false,
  onDrain: () => undefined,
  nextConnectionId: () => 0,
  opened: () => undefined,
  changed: () => undefined,
  closed: () => undefined,
  frame: () => 0,
  update: () => undefined,
  remark: () => undefined,
};
