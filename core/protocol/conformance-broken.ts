/** Conformance on broken input: cut at every offset, damaged, random, the wrong way round; nothing may throw or hang. */
import { toHex } from '../schema/characters.ts';
import { blank } from '../schema/form.ts';
import { havoc } from '../schema/havoc.ts';
import type { FieldNode } from '../schema/nodes.ts';
import { type Roll, rollFrom } from '../schema/roll.ts';
import { CONTIGUOUS, ranges, summaries } from './conformance-frames.ts';
import { attempt, type ConformanceOptions, type Failures, type Golden, linkOf } from './conformance-ground.ts';
import type { Direction, Dissected, Memory, Protocol } from './protocol.ts';

const noMemory: Memory = { recall: () => undefined, remember: () => undefined };

/** Everything a relay, a row and a details view do with a frame. */
function exercise(
  protocol: Protocol,
  name: string,
  bytes: Uint8Array,
  direction: Direction,
  state: unknown,
  failures: Failures,
  options: ConformanceOptions,
  withTree: boolean,
): Dissected | undefined {
  const before = options.clock?.() ?? 0;
  const made = attempt(() => {
    protocol.classify(bytes, direction, state);
    const frame = protocol.dissect(bytes, direction, state);
    protocol.next(state, direction, frame, bytes, noMemory);
    return frame;
  });
  if (made.error !== undefined) {
    failures.add(`${name}: threw ${made.error} on ${toHex(bytes.subarray(0, 200))}`);
    return undefined;
  }
  const frame = made.value;
  if (frame.messages.length === 0) failures.add(`${name}: no message on ${toHex(bytes.subarray(0, 200))}`);
  if (withTree) {
    ranges(`${name} on ${toHex(bytes.subarray(0, 200))}`, frame, bytes, failures);
    summaries(protocol, name, frame, direction, failures);
  }
  const took = (options.clock?.() ?? 0) - before;
  if (took > (options.patience ?? 1000)) failures.add(`${name}: took ${Math.round(took)} ms on ${bytes.length} bytes.`);
  return frame;
}

export function truncated(
  protocol: Protocol,
  goldens: readonly Golden[],
  failures: Failures,
  options: ConformanceOptions,
): void {
  for (const one of goldens) {
    const { example, bytes, state } = one;
    const whole: FieldNode[] = [];
    const binary = CONTIGUOUS.has(protocol.dissect(bytes, example.direction, state).tree().kind);
    if (binary) leaves(protocol.dissect(bytes, example.direction, state).tree(), whole);
    for (let size = 0; size < bytes.length && !failures.many; size += 1) {
      const cut = bytes.slice(0, size);
      const frame = exercise(
        protocol,
        `${example.name} cut to ${size}`,
        cut,
        example.direction,
        state,
        failures,
        options,
        true,
      );
      if (frame === undefined || !binary) continue;
      const left: FieldNode[] = [];
      leaves(frame.tree(), left);
      const kept = new Set(left.map((leaf) => `${leaf.name} ${leaf.start} ${leaf.end}`));
      for (const leaf of whole) {
        const inside = leaf.end <= size && leaf.end > leaf.start && leaf.bits === undefined;
        if (inside && !kept.has(`${leaf.name} ${leaf.start} ${leaf.end}`)) {
          failures.add(`${example.name} cut to ${size}: lost ${leaf.name} at ${leaf.start}…${leaf.end}.`);
        }
      }
    }
  }
}

interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly direction: Direction;
  readonly state: unknown;
}

/** At least one frame per message: its examples, or the blank value the encoder writes. */
function seedsOf(protocol: Protocol, goldens: readonly Golden[]): readonly Seed[][] {
  const groups = new Map<string, Seed[]>();
  for (const { example, bytes, state } of goldens) {
    const key = String(example.message);
    groups.set(key, [...(groups.get(key) ?? []), { name: example.name, bytes, direction: example.direction, state }]);
  }
  for (const spec of protocol.messages) {
    if (groups.has(spec.name)) continue;
    const state = protocol.start(linkOf(protocol), {});
    const direction = spec.direction === 'both' ? 'toServer' : spec.direction;
    const made = attempt(() => protocol.encode({ message: spec.name, fields: blank(spec.node) }, direction, state));
    if (made.value !== undefined)
      groups.set(spec.name, [{ name: spec.name, bytes: made.value.bytes, direction, state }]);
  }
  return [...groups.values()];
}

function randomBytes(roll: Roll): Uint8Array {
  const bytes = new Uint8Array(roll(roll(8) === 0 ? 600 : 64));
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = roll(256);
  return bytes;
}

export function damaged(
  protocol: Protocol,
  goldens: readonly Golden[],
  failures: Failures,
  options: ConformanceOptions,
): void {
  const groups = seedsOf(protocol, goldens);
  const perMessage = Math.max(
    options.perMessage ?? 1000,
    Math.ceil((options.inputs ?? 0) / Math.max(1, groups.length)),
  );
  const roll = rollFrom(`${options.seed ?? 1}:${protocol.id}`);
  for (const group of groups) {
    for (let round = 0; round < perMessage && !failures.many; round += 1) {
      const seed = group[round % group.length] as Seed;
      // Every tenth input has nothing to do with the protocol; every eighth comes the wrong way.
      const bytes = round % 10 === 9 ? randomBytes(roll) : havoc(seed.bytes, roll);
      const direction = round % 8 === 7 ? (seed.direction === 'toServer' ? 'toClient' : 'toServer') : seed.direction;
      exercise(protocol, `${seed.name} damaged`, bytes, direction, seed.state, failures, options, round % 4 === 0);
    }
  }
}

function leaves(node: FieldNode, into: FieldNode[]): void {
  if (node.children.length === 0) into.push(node);
  for (const child of node.children) leaves(child, into);
}
