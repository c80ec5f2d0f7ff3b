/** Connections whose particulars an export of ours wrote into the capture file. */
import type { Connection } from '../traffic/frame.ts';
import type { CaptureOptions } from './capture-traffic.ts';
import type { ConnectionHint } from './packet-hint.ts';
import type { Choose } from './stream-pair.ts';

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
