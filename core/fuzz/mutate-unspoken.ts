/**
 * What the recorded client never said: what the server offered and it did not take, the server's own messages in the wrong
 * direction, and messages only the protocol's description knows.
 */
import type { DissectedMessage, MessageSpec, Protocol } from '../protocol/protocol.ts';
import { leavesOf } from '../replay/leaves.ts';
import type { RecordedFrame } from '../replay/recording.ts';
import { blank } from '../schema/blank.ts';
import { mutants } from '../schema/mutate.ts';
import { getPath } from '../schema/path.ts';
import { around, fieldPattern, isSameBytes, mutated, type Mutation, sendAt } from './mutation.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { fromHex, isSend } from './script.ts';

interface Unspoken {
  readonly name: string;
  readonly doc: string;
  readonly field?: string;
  readonly bytes: Uint8Array;
}

/** Offers looked at in one frame of the server. */
const MOST_OFFERS = 12;
/** Wrong values in one message that nobody said: fields, and for each. */
const MOST_FIELDS = 16;
const MOST_WRONG = 8;
/** Messages of the description tried at one place. */
const MOST_KNOWN = 150;
/** Wrong values that break the shape of a message; its roots are tried on what was said. */
const SHAPE =
  /^(?:as-(?:array|object|string)|null|missing|empty$|many$|one-less|one-more|minus-one|negated|below-|above-|int-max|max$|length|count)/;

export function* unspokenMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  for (const one of [...offered(seed, at), ...wrongDirection(seed, at)]) yield mutationOf(at, one);
}

/** Messages of the description that are not in the recording, at a place where others are answered. */
export function* unknownMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  for (const one of described(seed, at)) yield mutationOf(at, one);
}

function mutationOf(at: SeedMessage, { name, doc, field = '', bytes }: Unspoken): Mutation {
  return {
    id: `${at.frame.n}:@${name}`,
    family: 'sequence',
    message: at.name,
    field,
    name: name.replace(/\/.*$/, ''),
    doc,
    n: at.frame.n,
    step: at.step,
    make: (seed, how) => {
      const { links: _links, ...step } = sendAt(seed, at.step);
      if (isSameBytes(bytes, step.bytes)) return undefined;
      return around(seed, at.step, [mutated(step, { bytes })], how);
    },
  };
}

function protocolOf(seed: Seed, { frame }: SeedMessage): Protocol | undefined {
  return seed.scene.connections.get(frame.conn)?.recorded.protocol;
}

/** A message for the server that lies in a message of the server: the choices of a dialogue, what may be done now. */
function* offered(seed: Seed, at: SeedMessage): Generator<Unspoken> {
  const protocol = protocolOf(seed, at);
  const before = seed.between.get(at.frame.n)?.before;
  if (protocol === undefined || before === undefined) return;
  let count = 0;
  for (const message of before.messages) {
    for (const path of objectsIn(message.fields)) {
      if (count >= MOST_OFFERS) return;
      const made = asMessage(protocol, getPath(message.fields, path), at.frame);
      if (made === undefined || isSameBytes(made.bytes, at.frame.bytes)) continue;
      const name = `offered-${made.message.name ?? '?'}-${count++}`;
      yield { name, doc: `The ${made.message.name} that the server offered.`, bytes: made.bytes };
      yield* wrongIn(protocol, at, made.message, name);
    }
  }
}

function objectsIn(fields: unknown): string[] {
  const paths = new Set<string>();
  for (const { path } of leavesOf(fields)) {
    let text = '';
    for (const segment of path.slice(0, -1)) {
      text += typeof segment === 'number' ? `[${segment}]` : text === '' ? segment : `.${segment}`;
      paths.add(text);
    }
  }
  return [...paths];
}

/** The object as a payload, when it is a message that clients send and nothing about it is odd. */
function asMessage(
  protocol: Protocol,
  value: unknown,
  { state, bytes: original }: RecordedFrame,
): { readonly message: DissectedMessage; readonly bytes: Uint8Array } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return undefined;
  if (!/^\s*\{/.test(new TextDecoder().decode(original.subarray(0, 8)))) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = new TextEncoder().encode(JSON.stringify(value));
  } catch {
    return undefined;
  }
  const { messages, expert } = protocol.dissect(bytes, 'toServer', state as never);
  const [message] = messages;
  if (message?.spec === undefined || message.spec.direction === 'toClient') return undefined;
  return expert.some(({ severity }) => severity === 'error') ? undefined : { message, bytes };
}

/** What the server says before and after, said by the client. */
function* wrongDirection(seed: Seed, at: SeedMessage): Generator<Unspoken> {
  const { before, answers } = seed.between.get(at.frame.n) ?? {};
  const after = answers?.[0];
  if (before !== undefined) {
    yield {
      name: `echo-${nameOf(before)}`,
      doc: `The server's own ${nameOf(before)}, back to it.`,
      bytes: before.bytes,
    };
  }
  if (after !== undefined) {
    yield {
      name: `ahead-${nameOf(after)}`,
      doc: `The ${nameOf(after)} that the server would say next.`,
      bytes: after.bytes,
    };
  }
}

function nameOf({ messages }: RecordedFrame): string {
  return messages[0]?.name ?? 'message';
}

function* described(seed: Seed, at: SeedMessage): Generator<Unspoken> {
  const protocol = protocolOf(seed, at);
  if (protocol === undefined) return;
  const said = new Set(seed.base.steps.flatMap((step) => (isSend(step) ? [step.message] : [])));
  let count = 0;
  for (const spec of protocol.messages) {
    if (said.has(spec.name) || count >= MOST_KNOWN) continue;
    const made = sampleOf(protocol, spec, at);
    if (made === undefined) continue;
    count += 1;
    const name = `never-${spec.name}`;
    const isOurs = spec.direction !== 'toClient';
    const whose = isOurs ? 'that the recorded client never said' : 'that only servers say';
    yield { name, doc: `A ${spec.name}, ${whose}.`, bytes: made.bytes };
    if (isOurs) yield* wrongIn(protocol, at, made.message, name);
  }
}

/** As an example has it, or as plain as the description allows. */
function sampleOf(
  protocol: Protocol,
  spec: MessageSpec,
  { frame }: SeedMessage,
): { readonly message: DissectedMessage; readonly bytes: Uint8Array } | undefined {
  const direction = spec.direction === 'toClient' ? 'toClient' : 'toServer';
  const read = (bytes: Uint8Array): DissectedMessage | undefined => {
    const [message] = protocol.dissect(bytes, direction, frame.state as never).messages;
    return message?.name === spec.name ? message : undefined;
  };
  for (const example of protocol.examples) {
    if (example.message !== spec.name || example.direction !== direction) continue;
    const bytes = fromHex(example.hex);
    const message = read(bytes);
    if (message !== undefined) return { message, bytes };
  }
  try {
    const composed = { message: spec.name, fields: blank(spec.node) };
    const { bytes } = protocol.encode(composed, direction, frame.state as never);
    const message = read(bytes);
    return message === undefined ? undefined : { message, bytes };
  } catch {
    return undefined;
  }
}

function* wrongIn(protocol: Protocol, at: SeedMessage, message: DissectedMessage, name: string): Generator<Unspoken> {
  if (message.spec === undefined || message.name === null) return;
  const counts = new Map<string, number>();
  for (const mutant of mutants(message.spec.node, message.fields)) {
    const field = fieldPattern(mutant.path);
    const count = counts.get(field) ?? 0;
    if (!SHAPE.test(mutant.name) || count >= MOST_WRONG || (count === 0 && counts.size >= MOST_FIELDS)) continue;
    try {
      const override = mutant.override === undefined ? {} : { override: mutant.override };
      const composed = { message: message.name, fields: mutant.value };
      const { bytes } = protocol.encode(composed, 'toServer', at.frame.state as never, override);
      counts.set(field, count + 1);
      yield {
        name: `${name}/${mutant.id}`,
        field: mutant.path,
        doc: `The ${message.name} that nobody said, wrong: ${mutant.doc}`,
        bytes,
      };
    } catch {
      // It has no bytes.
    }
  }
}
