/** Connections whose particulars an export of ours wrote into the capture file. */
import type { Connection } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { CaptureOptions } from './capture-traffic.ts';
import type { ConnectionHint } from './packet-hint.ts';
import type { Choose } from './stream-pair.ts';

/**
 * Numbers for connections. One that the file numbers keeps its number, so that a frame is on the same connection in the session, in
 * its export and in what is read back; all others get numbers from the sink.
 */
export class ConnectionNumbers {
  readonly #sink: TrafficSink;
  readonly #used = new Set<number>();

  constructor(sink: TrafficSink) {
    this.#sink = sink;
  }
  next(hint?: ConnectionHint): number {
    let id = hint?.id ?? 0;
    while (id === 0 || this.#used.has(id)) id = this.#sink.nextConnectionId();
    this.#used.add(id);
    return id;
  }
}

/** The connection of a hint as it was when it opened. */
export function openedAs(hint: ConnectionHint, id: number): Connection {
  const { closed: _closed, ending: _ending, ...connection } = hint;
  return { ...connection, id };
}

/** The protocol the file names, as long as there is one of that name here. */
export function chooseAs({ choose, known }: CaptureOptions, hint: ConnectionHint): Choose {
  return (sample, link) => {
    const protocol = hint.protocol === '' ? undefined : known?.(hint.protocol, link);
    return protocol === undefined ? choose(sample, link) : { protocol, confidence: 1 };
  };
}
