/** `capture.*`: passive capture into the open session. */
import type { CaptureStatus } from '../contract/verbs.ts';
import { listInterfaces } from '../io/capture-tools.ts';
import { Registry } from '../protocol/recognise.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import type { TrafficChoice } from './files/read-traffic.ts';
import { LiveCapture } from './live-capture.ts';

const TELL_MS = 500;
const NOT_RUNNING: CaptureStatus = { running: false, packets: 0, dropped: 0 };

export function captureVerbs(engine: Engine): VerbHandlers {
  let capture: LiveCapture | undefined;
  let isStarting = false;
  let timer: NodeJS.Timeout | undefined;
  let toldDrops = 0;
  const tell = (): CaptureStatus => {
    const status = capture?.status ?? NOT_RUNNING;
    engine.emit('capture', status);
    if (status.dropped > toldDrops) {
      toldDrops = status.dropped;
      engine.notice('warning', `The capture dropped ${status.dropped} packets: narrow it by a capture filter.`);
    }
    return status;
  };
  const stop = async (): Promise<CaptureStatus> => {
    clearInterval(timer);
    await capture?.stop();
    return tell();
  };
  engine.onClose(async () => {
    clearInterval(timer);
    await capture?.stop();
  });
  return {
    'capture.interfaces': () => listInterfaces(),
    'capture.start': async ({ interface: name, filter, as }) => {
      if (engine.session.isReadOnly) {
        throw new EngineError('read-only', 'This session was opened from a file. Start a new one to capture into.');
      }
      if (isStarting || capture?.status.running === true) {
        throw new EngineError('not-allowed', 'A capture is running already. Stop it first.');
      }
      isStarting = true;
      toldDrops = 0;
      try {
        capture = await LiveCapture.start({
          interface: name,
          ...(filter === undefined ? {} : { filter }),
          choice: trafficChoice(engine, as),
          sink: engine.session.sink,
          began: engine.session.info().began,
          ended: (error) => {
            clearInterval(timer);
            if (error !== undefined) engine.notice('problem', `The capture ended: ${error}`);
            tell();
          },
        });
      } finally {
        isStarting = false;
      }
      clearInterval(timer);
      timer = setInterval(tell, TELL_MS);
      timer.unref();
      return tell();
    },
    'capture.stop': stop,
  };
}

/** @param as id of the protocol everything is decoded as @throws EngineError `unknown-protocol` */
export function trafficChoice(engine: Engine, as?: string): TrafficChoice {
  const { protocols } = engine.protocols;
  const forced = as === undefined || as === '' || as === 'auto' ? undefined : protocols.find((p) => p.id === as);
  if (forced === undefined && as !== undefined && as !== '' && as !== 'auto') {
    throw new EngineError('unknown-protocol', `There is no protocol ${as}.`);
  }
  const registry = new Registry(protocols);
  return {
    protocols,
    forced,
    given: () => forced,
    choose: (sample, link) =>
      forced === undefined ? (registry.recognise(sample, link) ?? undefined) : { protocol: forced, confidence: 1 },
    serverPorts: new Map(protocols.flatMap((p) => p.ports.map((port) => [port.port, port.transport] as const))),
  };
}
