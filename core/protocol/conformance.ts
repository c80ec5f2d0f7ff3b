/**
 * The conformance kit: what every protocol must hold, checked without a line of code in its dissector. `checksOf` gives named
 * checks; each throws an Error that lists what failed. Pure, so it runs in tests, in the CLI and in the UI alike.
 */
import { fromHex, toHex } from '../schema/characters.ts';
import { equalValues } from '../schema/encode.ts';
import { blank, form, readForm } from '../schema/form.ts';
import { havoc } from '../schema/havoc.ts';
import { mutant, mutants } from '../schema/mutate.ts';
import type { FieldNode, Node } from '../schema/nodes.ts';
import { joinPath, segmentOf } from '../schema/path.ts';
import { plainValue } from '../schema/plain-value.ts';
import { type Roll, rollFrom } from '../schema/roll.ts';
import { pathExists } from './declared-paths.ts';
import { wrapPayload } from './framer.ts';
import type { Direction, Dissected, Example, Link, Memory, MessageSpec, Protocol, Sample } from './protocol.ts';
import { Registry } from './recognise.ts';
import { SUMMARY_LIMIT } from './summary.ts';

export interface Check {
  /** A sentence about behaviour. */
  readonly name: string;
  /** @throws Error listing what failed. */
  run(): void;
}

export interface ConformanceOptions {
  /** All registered protocols: recognition is a contest. Default: the protocol alone. */
  readonly among?: readonly Protocol[];
  /** Random and damaged inputs per message; default 1000. */
  readonly perMessage?: number;
  /** At least so many inputs in all; default 0. */
  readonly inputs?: number;
  readonly seed?: number;
  /** Monotonic milliseconds, to watch the time budget; without one, time is not checked. */
  readonly clock?: () => number;
  /** Milliseconds one input may take; default 1000 (a hang, not a slow machine). */
  readonly patience?: number;
}

const MOST_SHOWN = 8;
const noMemory: Memory = { recall: () => undefined, remember: () => undefined };

class Failures {
  private readonly shown: string[] = [];
  private count = 0;
  add(text: string): void {
    this.count += 1;
    if (this.shown.length < MOST_SHOWN) this.shown.push(text);
  }
  get many(): boolean {
    return this.count >= 50;
  }
  end(): void {
    if (this.count === 0) return;
    const more = this.count > this.shown.length ? [`… and ${this.count - this.shown.length} more`] : [];
    throw new Error([...this.shown, ...more].join('\n'));
  }
}

interface Golden {
  readonly example: Example;
  readonly bytes: Uint8Array;
  readonly state: unknown;
}

export function checksOf(protocol: Protocol, options: ConformanceOptions = {}): readonly Check[] {
  const goldens = protocol.examples.map(
    (example): Golden => ({
      example,
      bytes: fromHex(example.hex),
      state: protocol.start(linkOf(protocol, example), example.options ?? {}),
    }),
  );
  const check = (name: string, run: (failures: Failures) => void): Check => ({
    name,
    run: () => {
      const failures = new Failures();
      run(failures);
      failures.end();
    },
  });
  return [
    check('what it declares fits together', (failures) => declarations(protocol, failures)),
    check('every message has an example', (failures) => examplesForAll(protocol, failures)),
    check('golden bytes decode to the stored message and value', (failures) => golden(protocol, goldens, failures)),
    check('golden bytes are re-encoded identically, or say why not', (failures) =>
      reencoded(protocol, goldens, failures),
    ),
    check('editing one value and back restores the bytes', (failures) => unchangedEdit(protocol, goldens, failures)),
    check('ranges nest, are ordered and cover what was read', (failures) => {
      for (const one of goldens) ranges(one.example.name, dissected(protocol, one), one.bytes, failures);
    }),
    check('truncation at every offset keeps the fields before and throws nothing', (failures) =>
      truncated(protocol, goldens, failures, options),
    ),
    check('random and damaged bytes throw nothing and stay within budget', (failures) =>
      damaged(protocol, goldens, failures, options),
    ),
    check('every mutant is repeatable and differs from its seed', (failures) => mutated(protocol, goldens, failures)),
    check('form to value to bytes gives the bytes', (failures) => forms(protocol, goldens, failures)),
    check('every message can be composed from blank', (failures) => blanks(protocol, failures)),
    check('summaries are one line', (failures) => {
      for (const one of goldens)
        summaries(protocol, one.example.name, dissected(protocol, one), one.example.direction, failures);
    }),
    check('it recognises its own examples first', (failures) =>
      recognised(protocol, options.among ?? [protocol], failures),
    ),
  ];
}

function linkOf(protocol: Protocol, example?: Example): Link {
  const port = example?.serverPort ?? protocol.ports.find((one) => one.role === example?.role)?.port ?? 0;
  return {
    transport: protocol.transports[0] ?? 'tcp',
    serverPort: port,
    ...(example?.role === undefined ? {} : { role: example.role }),
  };
}

function dissected(protocol: Protocol, one: Golden): Dissected {
  return protocol.dissect(one.bytes, one.example.direction, one.state);
}

function shown(value: unknown): string {
  const text = JSON.stringify(plainValue(value)) ?? 'undefined';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

// ---- declarations ----------------------------------------------------------------------------------------------------

function declarations(protocol: Protocol, failures: Failures): void {
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

function examplesForAll(protocol: Protocol, failures: Failures): void {
  const have = new Set(protocol.examples.map((example) => example.message));
  for (const spec of protocol.messages) {
    if (!have.has(spec.name)) failures.add(`${spec.name} (${spec.direction}) has no example.`);
  }
}

// ---- golden bytes ----------------------------------------------------------------------------------------------------

function golden(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const one of goldens) {
    const { example } = one;
    const [first] = dissected(protocol, one).messages;
    if (first === undefined || first.name !== example.message) {
      failures.add(`${example.name}: decoded as ${String(first?.name)}, expected ${String(example.message)}.`);
      continue;
    }
    if (example.fields !== undefined && !equalValues(plainValue(first.fields), plainValue(example.fields))) {
      failures.add(`${example.name}: decoded to ${shown(first.fields)}, expected ${shown(example.fields)}.`);
    }
    const quick = protocol.classify(one.bytes, example.direction, one.state);
    if (example.message !== null && quick?.name !== example.message) {
      failures.add(`${example.name}: classify says ${String(quick?.name)}, dissect says ${example.message}.`);
    }
  }
}

function reencoded(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const { example, bytes, state } of goldens) {
    const { messages } = protocol.dissect(bytes, example.direction, state);
    const [first] = messages;
    if (first === undefined || first.name === null || example.lossy !== undefined) continue;
    if (messages.length > 1) {
      failures.add(`${example.name}: a frame of several messages cannot be written from one; say so in \`lossy\`.`);
      continue;
    }
    const made = attempt(() =>
      protocol.encode({ message: first.name as string, fields: first.fields }, example.direction, state),
    );
    if (made.error !== undefined) failures.add(`${example.name}: encoding threw ${made.error}`);
    else if (toHex(made.value.bytes) !== toHex(bytes)) {
      failures.add(`${example.name}: re-encoded as ${toHex(made.value.bytes)}, was ${toHex(bytes)}.`);
    }
  }
}

/** With the original at hand, writing the same value again must give the very same bytes, lossy or not. */
function unchangedEdit(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const { example, bytes, state } of goldens) {
    const { messages } = protocol.dissect(bytes, example.direction, state);
    const [first] = messages;
    if (first === undefined || first.name === null || messages.length > 1) continue;
    const composed = { message: first.name, fields: first.fields };
    const made = attempt(() => protocol.encode(composed, example.direction, state, { original: bytes }));
    if (made.error !== undefined) failures.add(`${example.name}: encoding with the original threw ${made.error}`);
    else if (toHex(made.value.bytes) !== toHex(bytes)) {
      failures.add(
        `${example.name}: an edit that changes nothing gives ${toHex(made.value.bytes)}, was ${toHex(bytes)}.`,
      );
    }
  }
}

function attempt<T>(run: () => T): { value: T; error?: undefined } | { value?: undefined; error: string } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

// ---- ranges ----------------------------------------------------------------------------------------------------------

const CONTIGUOUS: ReadonlySet<string> = new Set(['struct', 'list', 'messages']);

/** Checks one dissected frame's tree; also used on damaged input. */
export function ranges(name: string, frame: Dissected, bytes: Uint8Array, failures: { add(text: string): void }): void {
  const made = attempt(() => frame.tree());
  if (made.error !== undefined) return failures.add(`${name}: the tree threw ${made.error}`);
  const root = made.value;
  if (root.start !== 0 || root.end !== bytes.length) {
    failures.add(`${name}: the tree covers ${root.start}…${root.end} of ${bytes.length} bytes.`);
  }
  rangesBelow(root, name, '', failures);
  for (const message of frame.messages) {
    if (message.range[0] < 0 || message.range[1] > bytes.length || message.range[0] > message.range[1]) {
      failures.add(`${name}: the range of ${String(message.name)} lies outside the frame.`);
    }
  }
  for (const info of frame.expert) {
    if (
      info.range !== undefined &&
      (info.range[0] < 0 || info.range[1] > bytes.length || info.range[0] > info.range[1])
    ) {
      failures.add(`${name}: the range of an expert info lies outside the frame: ${info.text}`);
    }
  }
}

function rangesBelow(node: FieldNode, name: string, path: string, failures: { add(text: string): void }): void {
  let at = node.start;
  for (const child of node.children) {
    const childPath = joinPath(path, segmentOf(node, child));
    if (child.start > child.end || child.start < node.start || child.end > node.end) {
      failures.add(
        `${name}: ${childPath} (${child.start}…${child.end}) is not within ${path || 'the root'} (${node.start}…${node.end}).`,
      );
    }
    if (child.bits === undefined) {
      if (child.start < at)
        failures.add(`${name}: ${childPath} begins at ${child.start}, before the field before it ends (${at}).`);
      if (CONTIGUOUS.has(node.kind) && child.start > at) {
        failures.add(`${name}: no field covers bytes ${at}…${child.start} before ${childPath}.`);
      }
      at = child.end;
    }
    rangesBelow(child, name, childPath, failures);
  }
  const open = node.kind === 'struct' || node.children.length > 0;
  if (CONTIGUOUS.has(node.kind) && open && at < node.end && node.children.every((child) => child.bits === undefined)) {
    failures.add(`${name}: no field covers bytes ${at}…${node.end} at the end of ${path || 'the root'}.`);
  }
  if (node.inner !== undefined) rangesBelow(node.inner.root, name, `${path}(${node.inner.title})`, failures);
}

function leaves(node: FieldNode, into: FieldNode[]): void {
  if (node.children.length === 0) into.push(node);
  for (const child of node.children) leaves(child, into);
}

// ---- broken input ----------------------------------------------------------------------------------------------------

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

function truncated(
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

function damaged(
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

// ---- mutants, forms, composing ---------------------------------------------------------------------------------------

function specOf(protocol: Protocol, one: Golden): { spec: MessageSpec; fields: unknown } | undefined {
  const { messages } = dissected(protocol, one);
  const [first] = messages;
  return first?.spec === undefined || messages.length > 1 ? undefined : { spec: first.spec, fields: first.fields };
}

function mutated(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  const done = new Set<Node>();
  for (const one of goldens) {
    const found = specOf(protocol, one);
    const { example, state } = one;
    if (found === undefined || done.has(found.spec.node)) continue;
    done.add(found.spec.node);
    const { spec, fields } = found;
    const write = (value: unknown, override?: Readonly<Record<string, unknown>>): string =>
      toHex(
        protocol.encode(
          { message: spec.name, fields: value },
          example.direction,
          state,
          override === undefined ? {} : { override },
        ).bytes,
      );
    const seed = attempt(() => write(fields));
    if (seed.error !== undefined) continue;
    let index = 0;
    for (const made of mutants(spec.node, fields, { seed: 7 })) {
      const bytes = attempt(() => write(made.value, made.override));
      if (bytes.error !== undefined) failures.add(`${example.name}, ${made.id}: encoding threw ${bytes.error}`);
      else if (bytes.value === seed.value && !maySay(protocol, spec, made.value, made, example.direction, state)) {
        failures.add(`${example.name}, ${made.id}: the same bytes as its seed.`);
      }
      // Looking one up by id walks the list, so only some are.
      if (index % 17 === 0) {
        const again = mutant(spec.node, fields, made.id, { seed: 7 });
        if (
          again === undefined ||
          !equalValues(again.value, made.value) ||
          !equalValues(again.override, made.override)
        ) {
          failures.add(`${example.name}, ${made.id}: not the same the second time.`);
        }
      }
      index += 1;
      if (failures.many) return;
    }
  }
}

/** A lie that happens to be true, and a text cut to its fixed size, may give the seed's bytes. */
function maySay(
  protocol: Protocol,
  spec: MessageSpec,
  value: unknown,
  made: { readonly name: string },
  direction: Direction,
  state: unknown,
): boolean {
  if (made.name.startsWith('lie-')) return true;
  const { expert } = protocol.encode({ message: spec.name, fields: value }, direction, state);
  return expert.some((info) => info.code === 'too-long');
}

function forms(protocol: Protocol, goldens: readonly Golden[], failures: Failures): void {
  for (const one of goldens) {
    const found = specOf(protocol, one);
    if (found === undefined) continue;
    const { example, state } = one;
    const write = (fields: unknown): string =>
      toHex(protocol.encode({ message: found.spec.name, fields }, example.direction, state).bytes);
    const seed = attempt(() => write(found.fields));
    if (seed.error !== undefined) continue;
    const made = attempt(() => write(readForm(form(found.spec.node, found.fields))));
    if (made.error !== undefined) failures.add(`${example.name}: the form threw ${made.error}`);
    else if (made.value !== seed.value) {
      failures.add(
        `${example.name}: the form gives ${shown(readForm(form(found.spec.node, found.fields)))}, not ${shown(found.fields)}.`,
      );
    }
  }
}

function blanks(protocol: Protocol, failures: Failures): void {
  const usual = protocol.start(linkOf(protocol), {});
  for (const spec of protocol.messages) {
    // A dialect's message is composed where an example of it lives.
    const own = protocol.examples.filter((one) => one.message === spec.name);
    const example = own.find((one) => spec.dialects?.includes(one.options?.['dialect'] ?? '') === true) ?? own[0];
    const state = example === undefined ? usual : protocol.start(linkOf(protocol, example), example.options ?? {});
    const direction = spec.direction === 'both' ? (example?.direction ?? 'toServer') : spec.direction;
    const made = attempt(() => protocol.encode({ message: spec.name, fields: blank(spec.node) }, direction, state));
    if (made.error !== undefined) failures.add(`${spec.name}: a blank one cannot be encoded: ${made.error}`);
  }
}

function summaries(
  protocol: Protocol,
  name: string,
  frame: Dissected,
  direction: Direction,
  failures: { add(text: string): void },
): void {
  for (const message of frame.messages) {
    const made = attempt(() => protocol.summary(message, direction));
    if (made.error !== undefined) failures.add(`${name}: the summary threw ${made.error}`);
    else if (made.value.length > SUMMARY_LIMIT || /[\n\r\u2028\u2029]/.test(made.value)) {
      failures.add(`${name}: the summary is not one line of at most ${SUMMARY_LIMIT} characters: ${made.value}`);
    }
  }
}

// ---- recognition -----------------------------------------------------------------------------------------------------

function recognised(protocol: Protocol, among: readonly Protocol[], failures: Failures): void {
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
