/** The right message, badly wrapped: cut, joined, doubled, half sent, with lengths that lie; and what each carrier can get wrong. */
import type { Framing } from '../protocol/framing.ts';
import { writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { concat } from '../schema/content.ts';
import { havoc } from '../schema/havoc.ts';
import { rollFrom } from '../schema/roll.ts';
import type { EnetCarrier } from '../traffic/frame.ts';
import { around, isSameBytes, mutated, type Mutation, sendAt } from './mutation.ts';
import { whoIs } from './scene.ts';
import { wireOf } from './wire-of.ts';
import type { Seed, SeedMessage } from './seed.ts';
import { isSend, type SendStep, type Step } from './script.ts';

interface Told {
  readonly name: string;
  readonly doc: string;
  readonly isNeutral?: boolean;
  readonly change?: Partial<SendStep>;
  /** Instead of the one message. */
  readonly steps?: readonly Step[];
  readonly focus?: number;
  /** Steps of the base script it replaces. Default 1. */
  readonly skip?: number;
  readonly noTail?: boolean;
}

const PIECES = 48;

export function* wireMutations(seed: Seed, at: SeedMessage): Generator<Mutation> {
  if (at.index > 0) return;
  const step = sendAt(seed, at.step);
  const recorded = seed.scene.connections.get(step.conn)?.recorded;
  if (recorded === undefined) return;
  const { transport } = recorded.connection;
  // Written bytes hold recorded values: where the server issues them anew, they are no longer what it must answer.
  const fresh = (told: Iterable<Told>): Told[] =>
    [...told].filter((one) => one.isNeutral !== true || step.links === undefined);
  yield* tell(at, 'payload', payloads(step));
  if (transport === 'tcp' || transport === 'tls') {
    yield* tell(at, 'framing', fresh(pieces(step, recorded.framing)));
    yield* tell(at, 'framing', lengths(step, recorded.framing));
    yield* tell(at, 'framing', unfinished(seed, at, recorded.framing));
  } else if (transport === 'ws' || transport === 'wss') {
    const isText = !('opcode' in (step.carrier ?? {})) || (step.carrier as { opcode?: string }).opcode !== 'binary';
    yield* tell(at, 'carrier', fresh(webSocket(step, isText ? 1 : 2, whoIs(seed.scene) === 'server')));
  } else if (transport === 'enet') yield* tell(at, 'carrier', enet(step));
}

function* tell(at: SeedMessage, family: Mutation['family'], told: Iterable<Told>): Generator<Mutation> {
  for (const one of told) {
    yield {
      id: `${at.frame.n}:@${one.name}`,
      family,
      message: at.name,
      field: '',
      name: one.name,
      doc: one.doc,
      n: at.frame.n,
      step: at.step,
      ...(one.isNeutral === true ? { isNeutral: true } : {}),
      make: (seed, how) => {
        const step = sendAt(seed, at.step);
        const instead = one.steps ?? [mutated(step, one.change ?? {})];
        return around(seed, at.step, instead, how, {
          skip: one.skip ?? 1,
          focus: one.focus ?? 0,
          ...(one.noTail === true ? { tail: 0 } : {}),
        });
      },
    };
  }
}

function* payloads(step: SendStep): Generator<Told> {
  const { bytes } = step;
  const change = (name: string, doc: string, made: Uint8Array): Told => ({ name, doc, change: { bytes: made } });
  yield change('empty', 'No bytes at all.', new Uint8Array(0));
  yield change('byte-0', 'One zero byte.', Uint8Array.of(0));
  yield change('byte-255', 'One byte with all bits on.', Uint8Array.of(255));
  for (const keep of [1, 2, 3, 4]) {
    if (bytes.length > keep) yield change(`cut-${keep}`, `Only the first ${keep} bytes.`, bytes.slice(0, keep));
  }
  if (bytes.length > 4) yield change('cut-half', 'Half of the bytes.', bytes.slice(0, bytes.length >> 1));
  if (bytes.length > 1) yield change('cut-last', 'The last byte is missing.', bytes.slice(0, -1));
  yield change('tail-1', 'One byte too many.', concat([bytes, Uint8Array.of(0x41)]));
  yield change('doubled', 'The payload twice.', concat([bytes, bytes]));
  yield change('zeros', 'As many zero bytes.', new Uint8Array(bytes.length));
  yield change('ones', 'As many bytes with all bits on.', new Uint8Array(bytes.length).fill(0xff));
  yield change('long', '70 000 letters.', new Uint8Array(70_000).fill(0x41));
  yield change('bad-utf8', 'Bytes that are no UTF-8.', Uint8Array.of(0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80));
}

function* pieces(step: SendStep, framing: Framing): Generator<Told> {
  const wire = wireOf(framing, { ...step, mutated: false }, step.bytes);
  if (wire.length < 2) return;
  const cut = (at: number): readonly Uint8Array[] => [wire.subarray(0, at), wire.subarray(at)];
  yield {
    name: 'split-half',
    doc: 'In two reads.',
    isNeutral: true,
    change: { wire: cut(wire.length >> 1), mutated: true },
  };
  yield { name: 'split-first', doc: 'The first byte by itself.', isNeutral: true, change: { wire: cut(1) } };
  yield {
    name: 'split-last',
    doc: 'The last byte by itself.',
    isNeutral: true,
    change: { wire: cut(wire.length - 1) },
  };
  const inside = wire.findIndex((byte) => byte >= 0xc0);
  if (inside >= 0 && inside + 1 < wire.length) {
    yield {
      name: 'split-character',
      doc: 'Cut inside a character.',
      isNeutral: true,
      change: { wire: cut(inside + 1) },
    };
  }
  const size = Math.max(1, Math.ceil(wire.length / PIECES));
  const all = Array.from({ length: Math.ceil(wire.length / size) }, (_, i) => wire.subarray(i * size, (i + 1) * size));
  if (wire.length <= 400) {
    yield { name: 'split-all', doc: 'Bytes one by one.', isNeutral: true, change: { wire: all, gapMs: 1 } };
  }
  yield {
    name: 'slow',
    doc: 'Slowly, in four pieces.',
    isNeutral: true,
    change: {
      wire: [0, 1, 2, 3].map((i) => wire.subarray((i * wire.length) >> 2, ((i + 1) * wire.length) >> 2)),
      gapMs: 25,
    },
  };
  const noise = (name: string, doc: string, bytes: Uint8Array): Told => ({ name, doc, change: { wire: [bytes] } });
  if (framing.kind === 'lines') {
    yield noise('delimiter-twice', 'An empty line behind it.', concat([wire, Uint8Array.of(10)]));
    yield noise('delimiter-cr', 'CR alone in place of the line end.', concat([step.bytes, Uint8Array.of(13)]));
    yield noise('delimiter-crlf', 'CR LF as line end.', concat([step.bytes, Uint8Array.of(13, 10)]));
  }
  if (framing.kind === 'nul')
    yield noise('delimiter-twice', 'Two zero bytes behind it.', concat([wire, Uint8Array.of(0)]));
  yield noise(
    'garbage-before',
    'Bytes of another protocol before it.',
    concat([new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), wire]),
  );
}

/** Lengths that lie, in front of the payload as it is. */
function* lengths(step: SendStep, framing: Framing): Generator<Told> {
  const { bytes } = step;
  const lie = (name: string, doc: string, prefix: Uint8Array, noTail = false): Told => ({
    name: `length-${name}`,
    doc,
    change: { wire: [concat([prefix, bytes])] },
    noTail,
  });
  if (framing.kind === 'length-prefix' && framing.size !== 'varint') {
    const { size, endian } = framing;
    const number = (value: bigint): Uint8Array => {
      const out = new Uint8Array(size);
      for (let i = 0; i < size; i++) {
        const shift = BigInt(8 * (endian === 'le' ? i : size - 1 - i));
        out[i] = Number((value >> shift) & 0xffn);
      }
      return out;
    };
    const most = 256n ** BigInt(size) - 1n;
    yield lie('zero', 'The length says nothing follows.', number(0n));
    yield lie('less', 'The length is one too small.', number(BigInt(Math.max(0, bytes.length - 1))));
    yield lie('more', 'The length is one too large.', number(BigInt(bytes.length + 1)));
    yield lie('max', 'The largest length there is.', number(most));
    yield lie('sign', 'The length has its top bit set.', number((most >> 1n) + 1n));
    yield lie('half', 'The largest length that is positive as a signed number.', number(most >> 1n));
    yield lie('swapped', 'The bytes of the length the other way round.', number(BigInt(bytes.length)).reverse());
  } else if (framing.kind === 'length-prefix') {
    yield lie('zero', 'The length says nothing follows.', Uint8Array.of(0));
    yield lie('endless', 'A length that does not end.', new Uint8Array(12).fill(0xff));
    yield lie('max', 'A length of 2^63.', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f));
  } else if (framing.kind === 'decimal-length') {
    const text = (digits: string): Uint8Array => new TextEncoder().encode(`${digits}${framing.separator}`);
    yield lie('zero', 'The length says nothing follows.', text('0'));
    yield lie('negative', 'A negative length.', text('-1'));
    yield lie('more', 'The length is one too large.', text(String(bytes.length + 1)));
    yield lie('max', 'A length of 2^31.', text('2147483648'));
    yield lie('long', 'A length of 400 digits.', text('9'.repeat(400)));
    yield lie('word', 'A word in place of the length.', text('abc'));
    yield lie('empty', 'No digits.', text(''));
  }
}

function* unfinished(seed: Seed, at: SeedMessage, framing: Framing): Generator<Told> {
  const step = sendAt(seed, at.step);
  const wire = wireOf(framing, { ...step, mutated: false }, step.bytes);
  const half = mutated(step, { wire: [wire.subarray(0, Math.max(1, wire.length >> 1))] });
  yield {
    name: 'half-then-gone',
    doc: 'Half of the message, then the connection is reset.',
    steps: [half, { kind: 'reset', conn: step.conn, mutated: true }],
    noTail: true,
  };
  yield {
    name: 'half-then-end',
    doc: 'Half of the message, then the sending side is closed.',
    steps: [half, { kind: 'end', conn: step.conn, mutated: true }],
    noTail: true,
  };
  yield {
    name: 'whole-then-end',
    doc: 'The message, then the sending side is closed at once.',
    steps: [mutated(step, { atOnce: true }), { kind: 'end', conn: step.conn, mutated: true }],
    noTail: true,
  };
  yield {
    name: 'whole-then-gone',
    doc: 'The message, then the connection is reset at once.',
    steps: [mutated(step, { atOnce: true }), { kind: 'reset', conn: step.conn, mutated: true }],
    noTail: true,
  };
  const next = seed.base.steps.findIndex((one, i) => i > at.step && isSend(one) && one.conn === step.conn);
  const other = next < 0 ? undefined : seed.base.steps[next];
  if (other !== undefined && isSend(other)) {
    const both = concat([wire, wireOf(framing, { ...other, mutated: false }, other.bytes)]);
    yield {
      name: 'merged',
      doc: 'With the next message in one write.',
      steps: [...seed.base.steps.slice(at.step + 1, next), mutated(step, { wire: [both], awaits: other.awaits })],
      focus: next - at.step - 1,
      skip: next - at.step + 1,
    };
  }
}

const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** @param isClient we are the client, who masks what it says */
function* webSocket(step: SendStep, opcode: number, isClient: boolean): Generator<Told> {
  const { bytes } = step;
  const frame = (
    payload: Uint8Array,
    code: number,
    options: { fin?: boolean; rsv?: number; mask?: Uint8Array } = {},
  ): Uint8Array => writeWireFrame(payload, code, { ...(isClient ? { mask: MASK } : {}), ...options });
  const raw = (name: string, doc: string, wire: readonly Uint8Array[], more: Partial<Told> = {}): Told => ({
    name,
    doc,
    change: { wire },
    ...more,
  });
  const middle = Math.max(1, bytes.length >> 1);
  const [front, back] = [bytes.subarray(0, middle), bytes.subarray(middle)];
  const neutral = { isNeutral: true } as const;
  yield raw('fragments-2', 'In two fragments.', [frame(front, opcode, { fin: false }), frame(back, 0)], neutral);
  yield raw(
    'fragments-joined',
    'In two fragments, in one write.',
    [concat([frame(front, opcode, { fin: false }), frame(back, 0)])],
    neutral,
  );
  yield raw(
    'fragments-ping',
    'In two fragments with a ping between them.',
    [frame(front, opcode, { fin: false }), frame(Uint8Array.of(1), 9), frame(back, 0)],
    neutral,
  );
  yield raw(
    'fragments-empty',
    'With an empty fragment behind it.',
    [frame(bytes, opcode, { fin: false }), frame(new Uint8Array(0), 0)],
    neutral,
  );
  const whole = frame(bytes, opcode);
  yield raw('split-frame', 'One frame in two reads.', [whole.subarray(0, 3), whole.subarray(3)], neutral);
  yield raw('fragments-unfinished', 'A first fragment, and nothing more.', [frame(front, opcode, { fin: false })], {
    noTail: true,
  });
  yield raw('opcode-other', 'Text as binary, or binary as text.', [frame(bytes, opcode === 1 ? 2 : 1)]);
  yield raw('opcode-reserved', 'An opcode that is reserved.', [frame(bytes, 3)], { noTail: true });
  yield raw('opcode-continuation', 'A continuation of nothing.', [frame(bytes, 0)], { noTail: true });
  yield raw('rsv', 'Reserved bits set.', [frame(bytes, opcode, { rsv: 7 })], { noTail: true });
  if (isClient)
    yield raw('unmasked', 'Without a mask, as only servers may.', [writeWireFrame(bytes, opcode)], { noTail: true });
  else
    yield raw('masked', 'With a mask, as only clients may.', [frame(bytes, opcode, { mask: MASK })], { noTail: true });
  yield raw('bad-utf8-text', 'Text that is no UTF-8.', [frame(Uint8Array.of(0xc3, 0x28), 1)], { noTail: true });
  yield raw('ping-large', 'A ping larger than pings may be.', [frame(new Uint8Array(200), 9)], { noTail: true });
  yield raw('ping-storm', 'Two hundred pings.', [
    concat([...Array.from({ length: 200 }, () => frame(Uint8Array.of(1), 9)), whole]),
  ]);
  yield raw('close-1000', 'A goodbye right behind it.', [concat([whole, frame(Uint8Array.of(0x03, 0xe8), 8)])], {
    noTail: true,
  });
  yield raw(
    'close-999',
    'A goodbye with a code there is not.',
    [concat([whole, frame(Uint8Array.of(0x03, 0xe7), 8)])],
    { noTail: true },
  );
  yield raw('close-short', 'A goodbye of one byte.', [concat([whole, frame(Uint8Array.of(0x03), 8)])], {
    noTail: true,
  });
  yield raw(
    'length-huge',
    'A length of 2^62 and no payload.',
    [Uint8Array.of(0x80 | opcode, isClient ? 0xff : 0x7f, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4)],
    { noTail: true },
  );
}

function* enet(step: SendStep): Generator<Told> {
  const carrier: EnetCarrier = {
    channel: 0,
    reliable: true,
    unsequenced: false,
    ...(step.carrier as Partial<EnetCarrier>),
  };
  const other = (name: string, doc: string, change: Partial<EnetCarrier>): Told => ({
    name,
    doc,
    change: { carrier: { ...carrier, ...change } },
  });
  for (const channel of [0, 1, 2, 7, 254]) {
    if (channel !== carrier.channel) yield other(`channel-${channel}`, `On channel ${channel}.`, { channel });
  }
  yield other('unreliable', 'Unreliable.', { reliable: false });
  yield other('unsequenced', 'Unsequenced.', { reliable: false, unsequenced: true });
  const skip = (name: string, doc: string, by: number, unreliable = false): Told => ({
    name: `sequence-${name}`,
    doc,
    change: { skip: by, ...(unreliable ? { carrier: { ...carrier, reliable: false } } : {}) },
    // What comes behind a gap is never handed on: silence is as it should be.
    noTail: true,
  });
  yield skip('again', 'With the sequence number of the message before it.', -1);
  yield skip('gap', 'With one sequence number left out before it.', 1);
  yield skip('window', 'With a sequence number far outside of the window.', 0x5000);
  yield skip('half', 'With a sequence number half of all numbers ahead.', 0x8000);
  yield skip('unreliable-old', 'Unreliable, with the number of the message before it.', -1, true);
  yield skip('unreliable-far', 'Unreliable, with a number far ahead.', 0x7000, true);
  yield {
    name: 'fragmented',
    doc: 'Followed by 20 000 bytes: many fragments.',
    change: { bytes: concat([step.bytes, new Uint8Array(20_000)]) },
  };
}

/** Damage number `k` to the bytes of a message; every third joins it with another message of the recording. */
export function havocMutation(at: SeedMessage, k: number): Mutation {
  return {
    id: `${at.frame.n}:~${k}`,
    family: 'havoc',
    message: at.name,
    field: '',
    name: 'havoc',
    doc: 'Bytes flipped, cut, doubled, moved or mixed with another message.',
    n: at.frame.n,
    step: at.step,
    make: (seed, how) => {
      const step = sendAt(seed, at.step);
      const roll = rollFrom(`${how.rng}/${at.frame.n}/${k}`);
      let { bytes } = step;
      if (k % 3 === 2 && seed.messages.length > 1) {
        const other = seed.messages[roll(seed.messages.length)]!.frame.bytes;
        bytes = concat([bytes.subarray(0, roll(bytes.length + 1)), other.subarray(roll(other.length + 1))]);
      }
      bytes = havoc(bytes, roll);
      if (isSameBytes(bytes, step.bytes)) return undefined;
      return around(seed, at.step, [mutated(step, { bytes })], how);
    },
  };
}
