/** Conformance of what a protocol says of itself: its tables fit together, and it is recognised by its own examples. */
import { fromHex } from '../schema/characters.ts';
import { attempt, type Failures, linkOf } from './conformance-ground.ts';
import { pathExists } from './declared-paths.ts';
import { wrapPayload } from './framer.ts';
import type { Direction, Example, Link, Protocol, Sample } from './protocol.ts';
import { Registry } from './recognise.ts';

export function declarations(protocol: Protocol, failures: Failures): void {
  const seen = new Set<string>();
  for (const spec of protocol.messages) {
    const key = [spec.name, spec.direction, ...(spec.dialects ?? [])].join(' ');
    if (seen.has(key)) failures.add(`Message ${spec.name} is declared twice for ${spec.direction}.`);
    seen.add(key);
  }
  const known = (name: string, path: string, what: string): void => {
    const specs = protocol.messages.filter((spec) => spec.name === name);
    if (specs.length === 0) failures.add(`${what} names the message ${name}, which is not declared.`);
    else if (!specs.some((spec) => pathExists(spec.node, path))) {
      failures.add(`${what} names ${name}.${path}, which is no field of it.`);
    }
  };
  for (const handoff of protocol.handoffs) {
    for (const path of [handoff.address, handoff.port, ...(handoff.token === undefined ? [] : [handoff.token])]) {
      known(handoff.message, path, 'A handoff');
    }
  }
  for (const correlation of protocol.correlations) {
    for (const place of [correlation.issued, ...correlation.echoed]) known(place.message, place.path, 'A correlation');
  }
  for (const option of protocol.options) {
    if (option.values !== undefined && !option.values.includes(option.default)) {
      failures.add(`Option ${option.name} has the default ${option.default}, which is not one of its values.`);
    }
    if (option.doc === '') failures.add(`Option ${option.name} has no doc.`);
  }
  const names = new Set<string>();
  for (const example of protocol.examples) {
    if (names.has(example.name)) failures.add(`Two examples are called ${example.name}.`);
    names.add(example.name);
  }
}

export function examplesForAll(protocol: Protocol, failures: Failures): void {
  const have = new Set(protocol.examples.map((example) => example.message));
  for (const spec of protocol.messages) {
    if (!have.has(spec.name)) failures.add(`${spec.name} (${spec.direction}) has no example.`);
  }
}

export function recognised(protocol: Protocol, among: readonly Protocol[], failures: Failures): void {
  const registry = new Registry(among);
  for (const transport of new Set(protocol.transports)) {
    const stream = transport === 'tcp' || transport === 'tls';
    const sets = new Map<string, Example[]>();
    for (const example of protocol.examples) {
      if (example.message === null || example.lossy !== undefined) continue;
      const key = JSON.stringify([example.role, example.serverPort, example.options]);
      sets.set(key, [...(sets.get(key) ?? []), example]);
    }
    for (const examples of sets.values()) {
      const sample: Sample = {
        toServer: first(protocol, examples, 'toServer', stream),
        toClient: first(protocol, examples, 'toClient', stream),
      };
      const link: Link = { ...linkOf(protocol, examples[0]), transport };
      const [best] = registry.guesses(sample, link);
      const own = attempt(() => protocol.recognise(sample, link)).value ?? 0;
      if (own <= 0) failures.add(`${transport}: does not recognise its examples (${examples[0]?.name}, …).`);
      else if (best !== undefined && best.protocol.id !== protocol.id && best.confidence > own) {
        failures.add(
          `${transport}: takes its examples (${examples[0]?.name}, …) for ${best.protocol.id} (${best.confidence} > ${own}).`,
        );
      }
    }
  }
}

/** What a sample would hold: a few frames of a stream, the first message elsewhere. */
function first(protocol: Protocol, examples: readonly Example[], direction: Direction, stream: boolean): Uint8Array {
  const payloads = examples.filter((example) => example.direction === direction).map((example) => fromHex(example.hex));
  if (!stream) return payloads[0] ?? new Uint8Array();
  const frames = payloads.slice(0, 8).map((payload) => wrapPayload(protocol.framing, payload));
  const size = frames.reduce((sum, frame) => sum + frame.length, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}
