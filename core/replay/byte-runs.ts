/**
 * The same search where no field is known: runs of random bytes that the issuer sent and the other side sent back, inside
 * payloads that no protocol explains.
 */
import type { Direction } from '../protocol/protocol.ts';
import { formatPath } from '../schema/path.ts';
import { isRandom } from './entropy.ts';
import { leavesOf, toHex } from './leaves.ts';
import type { FoundBinding, Place } from './rebinding.ts';
import type { RecordedFrame, Recording } from './recording.ts';

/** Shortest run looked for, and the most bytes looked through. */
const WINDOW = 8;
const MAX_LOOKED = 4 * 1024 * 1024;
const MAX_RUN = 256;

interface Blob {
  readonly place: Omit<Place, 'spelling'>;
  readonly bytes: Uint8Array;
}
interface Spot {
  readonly blob: Blob;
  readonly at: number;
}

/** @param known bindings found by fields: what they write needs no other */
export function findByteRuns(recording: Recording, issuer: Direction, known: readonly FoundBinding[]): FoundBinding[] {
  const bound = new Set(known.flatMap((one) => one.echoes.map(({ at }) => leafId(at))));
  const count = known.length;
  const issued = new Map<string, Spot>();
  const own = new Set<string>();
  const found = new Map<string, { from: Place; echoes: Place[]; hex: string }>();
  let looked = 0;
  for (const frame of recording.frames) {
    for (const blob of blobsOf(frame)) {
      looked += blob.bytes.length;
      if (looked > MAX_LOOKED) return finish(found, count);
      if (frame.direction === issuer) {
        for (const [key, at] of windowsOf(blob.bytes)) {
          if (!own.has(key) && !issued.has(key)) issued.set(key, { blob, at });
        }
        continue;
      }
      if (bound.has(leafId(blob.place))) continue;
      for (let at = 0; at + WINDOW <= blob.bytes.length; at++) {
        const key = toHex(blob.bytes.subarray(at, at + WINDOW));
        const spot = issued.get(key);
        if (spot === undefined) {
          own.add(key);
          continue;
        }
        const size = commonRun(spot, blob.bytes, at);
        const run = blob.bytes.subarray(at, at + size);
        if (isRandom(`b:${toHex(run)}`))
          note(found, spot, size, { ...blob.place, spelling: sliceOf(at, size) }, toHex(run));
        at += size - 1;
      }
    }
  }
  return finish(found, count);
}

function leafId({ n, index, path }: Omit<Place, 'spelling'>): string {
  return `${n}/${index}/${formatPath(path)}`;
}

/** Fields that are nothing but bytes, and long enough to hold something among them. */
function blobsOf(frame: RecordedFrame): Blob[] {
  return frame.messages.flatMap((message, index) =>
    leavesOf(message.fields).flatMap(({ path, value }) =>
      value instanceof Uint8Array && value.length > WINDOW
        ? [{ place: { n: frame.n, index, path }, bytes: value }]
        : [],
    ),
  );
}

/** Windows worth remembering: bytes of one kind only are padding. */
function* windowsOf(bytes: Uint8Array): Generator<[string, number]> {
  for (let at = 0; at + WINDOW <= bytes.length; at++) {
    const window = bytes.subarray(at, at + WINDOW);
    if (new Set(window).size >= WINDOW - 2) yield [toHex(window), at];
  }
}

function commonRun({ blob, at }: Spot, bytes: Uint8Array, from: number): number {
  let size = WINDOW;
  while (
    size < MAX_RUN &&
    from + size < bytes.length &&
    at + size < blob.bytes.length &&
    bytes[from + size] === blob.bytes[at + size]
  ) {
    size++;
  }
  return size;
}

function sliceOf(at: number, size: number): Place['spelling'] {
  return { as: 'bytes', slice: [at, at + size] };
}

function note(
  found: Map<string, { from: Place; echoes: Place[]; hex: string }>,
  { blob, at }: Spot,
  size: number,
  echo: Place,
  hex: string,
): void {
  const known = found.get(hex);
  if (known === undefined)
    found.set(hex, { from: { ...blob.place, spelling: sliceOf(at, size) }, echoes: [echo], hex });
  else known.echoes.push(echo);
}

function finish(
  found: ReadonlyMap<string, { from: Place; echoes: Place[]; hex: string }>,
  count: number,
): FoundBinding[] {
  return [...found.values()].map(({ from, echoes, hex }, i) => {
    const [start, end] = from.spelling.slice!;
    return {
      id: `b${count + i + 1}`,
      kind: 'random' as const,
      what: `bytes ${start} to ${end} of frame ${from.n}`,
      evidence: `${end - start} equal bytes, too random for chance; sent back in frame ${echoes.map((one) => one.n).join(', ')}`,
      recorded: `b:${hex}`,
      kinds: new Set<string>(),
      echoes: echoes.map((at) => ({ at, from: [from] })),
    };
  });
}
