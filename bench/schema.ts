/**
 * How fast frames get their meaning: decoding with and without tree, classification, encoding, framing. Prints medians of
 * several rounds; run it alone: `npx node bench/schema.ts`.
 */
import { createFramer } from '../core/protocol/framer.ts';
import { defineProtocol } from '../core/protocol/define-protocol.ts';
import * as b from '../core/schema/builders.ts';
import { decode } from '../core/schema/decode.ts';
import { encode } from '../core/schema/encode.ts';
import { jsonTree } from '../core/schema/json-decode.ts';
import { validate } from '../core/schema/validate.ts';

const ROUNDS = 9;
const ROUND_MS = 250;

interface Result {
  readonly what: string;
  readonly perSecond: number;
  readonly budget?: number;
}

/** Median operations per second over the rounds; each round runs for about a quarter of a second. */
function measure(what: string, run: () => unknown, budget?: number): Result {
  let kept: unknown;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS + 2; round += 1) {
    const start = performance.now();
    let done = 0;
    let now = start;
    while (now - start < ROUND_MS) {
      for (let index = 0; index < 500; index += 1) kept = run();
      done += 500;
      now = performance.now();
    }
    // The first rounds warm the compiler up.
    if (round >= 2) rates.push((done / (now - start)) * 1000);
  }
  if (kept === undefined) throw new Error(`${what} gave nothing.`);
  rates.sort((one, two) => one - two);
  return { what, perSecond: rates[ROUNDS >> 1] as number, ...(budget === undefined ? {} : { budget }) };
}

const move = b.struct({
  being: b.u16be(),
  flags: b.flags(b.u8(), { 1: 'moving', 2: 'destination' }),
  x: b.u16be({ unit: 'px' }),
  y: b.u16be({ unit: 'px' }),
  speed: b.u8(),
  state: b.enumOf(b.u8(), { 0: 'standing', 1: 'walking', 2: 'sitting', 3: 'dead' }),
  bits: b.bits(1, { team: 2, level: 4, vip: 1, muted: 1 }),
  name: b.text(b.prefix(b.u16be()), { max: 32 }),
  time: b.u64be(),
  health: b.f32be(),
  path: b.list(b.struct({ x: b.u16be(), y: b.u16be() }), b.prefix(b.u8())),
  token: b.bytes(8, { secret: true }),
});
const value = {
  being: 513,
  flags: 3,
  x: 1000,
  y: 2000,
  speed: 40,
  state: 1,
  bits: { team: 1, level: 9, vip: 1, muted: 0 },
  name: 'Interposer',
  time: 1_790_000_000_123n,
  health: 87.5,
  path: [
    { x: 10, y: 20 },
    { x: 30, y: 40 },
    { x: 50, y: 60 },
  ],
  token: Uint8Array.from({ length: 8 }, (_, at) => at),
};

const game = defineProtocol({
  id: 'bench',
  title: 'Bench',
  transports: ['enet'],
  messages: [
    { name: 'move', id: 0x0280, direction: 'toServer', node: move },
    ...Array.from({ length: 150 }, (_, at) => ({
      name: `other_${at}`,
      id: at,
      direction: 'toServer' as const,
      node: b.struct({ a: b.u8() }),
    })),
  ],
  binary: { tag: b.u16be() },
});
const frame = game.encode({ message: 'move', fields: value }, 'toServer', null).bytes;

const encoder = new TextEncoder();
const dahai = encoder.encode('{"type":"dahai","actor":1,"pai":"5mr","tsumogiri":false,"possible_actions":[]}');
const cards = defineProtocol({
  id: 'cards',
  title: 'Cards',
  transports: ['tcp'],
  framing: { kind: 'lines' },
  messages: [
    {
      name: 'dahai',
      direction: 'toClient',
      node: b.object({
        type: b.literal('dahai'),
        actor: b.integer({ min: 0, max: 3 }),
        pai: b.string({ pattern: '[1-9][mps]r?|[ESWNPFC?]' }),
        tsumogiri: b.boolean(),
        'possible_actions?': b.array(b.any()),
      }),
    },
  ],
  json: { discriminator: { key: 'type', keep: true } },
});
const dahaiNode = cards.messages[0]?.node as b.Node;

function framingRate(
  what: string,
  framing: Parameters<typeof createFramer>[0],
  unit: Uint8Array,
  budget?: number,
): Result {
  const chunk = new Uint8Array(unit.length * 500);
  for (let at = 0; at < 500; at += 1) chunk.set(unit, at * unit.length);
  const framer = createFramer(framing);
  const result = measure(what, () => framer.push(chunk).length, budget);
  return { ...result, perSecond: result.perSecond * 500 };
}

const prefixed = new Uint8Array(dahai.length + 4);
new DataView(prefixed.buffer).setUint32(0, dahai.length);
prefixed.set(dahai, 4);
const line = new Uint8Array(dahai.length + 1);
line.set(dahai);
line[dahai.length] = 10;

const results: readonly Result[] = [
  measure(`binary ${frame.length} bytes: decode, value only`, () => decode(move, frame.subarray(2)).value),
  measure(
    `binary ${frame.length} bytes: decode with tree`,
    () => decode(move, frame.subarray(2), { tree: true }).tree,
    500_000,
  ),
  measure('binary: dissect (value, checks)', () => game.dissect(frame, 'toServer', null).messages),
  measure('binary: classify', () => game.classify(frame, 'toServer', null), 3_000_000),
  measure('binary: encode', () => encode(move, value).bytes),
  measure('binary: validate', () => validate(move, value)),
  measure(`JSON ${dahai.length} bytes: dissect (value, checks)`, () => cards.dissect(dahai, 'toClient', null).messages),
  measure('JSON: tree', () => jsonTree(dahai, dahaiNode).root),
  measure('JSON: classify', () => cards.classify(dahai, 'toClient', null), 3_000_000),
  framingRate('framing: lines', { kind: 'lines' }, line),
  framingRate('framing: length prefix', { kind: 'length-prefix', size: 4, endian: 'be' }, prefixed),
  framingRate('framing: JSON by braces', { kind: 'json' }, dahai),
];

for (const { what, perSecond, budget } of results) {
  const rate = Math.round(perSecond).toLocaleString('en').padStart(14);
  const verdict =
    budget === undefined ? '' : `  (budget ${budget.toLocaleString('en')}: ${perSecond >= budget ? 'met' : 'MISSED'})`;
  process.stdout.write(`${what.padEnd(46)}${rate}/s${verdict}\n`);
}
