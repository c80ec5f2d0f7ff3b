/** Recognition by trying: the more of a connection's first bytes a protocol can explain, the more certain it is. */
import type { Direction, Dissected, Link, Memory, Protocol, Sample } from './protocol.ts';
import { createFramer } from './framer.ts';

const FRAMES_TRIED = 6;

export function recogniseByContent(protocol: Protocol): (sample: Sample, link: Link) => number {
  return (sample, link) => {
    const onPort = protocol.ports.some((one) => one.port === link.serverPort);
    if (sample.toServer.length === 0 && sample.toClient.length === 0) return onPort ? 0.3 : 0;
    const score = explains(protocol, sample, link);
    return score === 0 ? 0 : Math.min(1, score + (onPort ? 0.08 : 0));
  };
}

/** 0 (nothing fits) to 0.9 (everything is known and well-formed). */
export function explains(protocol: Protocol, sample: Sample, link: Link): number {
  let state = protocol.start(link, {});
  let tried = 0;
  let sum = 0;
  const memory: Memory = { recall: () => undefined, remember: () => undefined };
  const sides: readonly Direction[] = ['toClient', 'toServer'];
  for (const direction of sides) {
    for (const payload of payloads(protocol, sample[direction], link)) {
      const dissected = protocol.dissect(payload, direction, state);
      sum += worth(dissected);
      tried += 1;
      state = protocol.next(state, direction, dissected, payload, memory);
    }
  }
  if (tried === 0) return 0;
  const mean = sum / tried;
  return mean < 0.3 ? 0 : mean * 0.9;
}

function worth(dissected: Dissected): number {
  if (dissected.messages.some((message) => message.name === null)) return 0;
  if (dissected.expert.some((info) => info.severity === 'error')) return 0.2;
  const warnings = dissected.expert.filter((info) => info.severity === 'warning').length;
  if (dissected.expert.some((info) => info.code === 'wrong-direction')) return 0.3;
  const notes = dissected.expert.length - warnings;
  return Math.max(0.4, 1 - warnings * 0.15 - notes * 0.04);
}

/** Whole payloads only: a frame the sample cuts off says nothing. */
function payloads(protocol: Protocol, bytes: Uint8Array, link: Link): readonly Uint8Array[] {
  if (bytes.length === 0) return [];
  if (link.transport !== 'tcp' && link.transport !== 'tls') return [bytes];
  const cuts = createFramer(protocol.framing).push(bytes);
  return cuts
    .filter((cut) => cut.expert.length === 0 && cut.payload.length > 0)
    .slice(0, FRAMES_TRIED)
    .map((cut) => cut.payload);
}
