/**
 * How fast a capture file is decoded to JSON lines, beside tshark on the same file, with the peak memory of both: 500 000 packets
 * each of JSON lines over TCP and of ENet over UDP. tshark runs twice. *Payloads* is the least it can be asked for, a time and the
 * payload's hex a packet: it decodes no message, while our lines hold every field. *Decoded* is the same kind of work as ours: a JSON
 * object a packet with all it can decode (of ENet nothing, for it does not know it), on a tenth of the packets, because it is slow.
 * `PACKETS=50000 npm run bench -- decode` for a quick look.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, openSync, closeSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endsWithUs } from './feed/ends-with-us.ts';

const PACKETS = Number(process.env.PACKETS ?? 500_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const AT_ONCE = 20;
const CLI = join(import.meta.dirname, '../app/cli/interpose.ts');
const folder = mkdtempSync(join(tmpdir(), 'interpose-bench-'));

interface Recorded {
  /** Microseconds since the capture's first packet. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The packets of a little-endian microsecond pcap. */
function readPcap(path: string): Recorded[] {
  const file = readFileSync(path);
  const packets: Recorded[] = [];
  let first: number | undefined;
  for (let at = 24; at + 16 <= file.length; ) {
    const micros = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    const size = file.readUInt32LE(at + 8);
    first ??= micros;
    packets.push({ at: micros - first, bytes: file.subarray(at + 16, at + 16 + size) });
    at += 16 + size;
  }
  return packets;
}

/** A recorded game, played by many at once and again and again, each from an address of its own, until there are enough packets. */
function* copiesOf(name: string): Generator<Recorded> {
  const game = readPcap(join(import.meta.dirname, '../fixtures/captures', name));
  const length = game.at(-1)!.at + 1_000_000;
  let left = PACKETS;
  for (let round = 0; left > 0; round++) {
    for (const { at, bytes } of game) {
      for (let copy = 0; copy < AT_ONCE && left > 0; copy++, left--) {
        const packet = Uint8Array.from(bytes);
        // 127.0.0.1 → 127.1.round.copy at both ends, with the header's checksum.
        for (const place of [26, 30]) packet.set([127, 1 + (round >> 8), round & 255, copy], place);
        packet.set([0, 0], 24);
        let sum = 0;
        for (let i = 14; i < 34; i += 2) sum += packet[i]! * 256 + packet[i + 1]!;
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
        packet.set([sum >> 8, sum & 255], 24);
        yield { at: round * length + at + copy, bytes: packet };
      }
    }
  }
}

async function writePcap(name: string, packets: Iterable<Recorded>): Promise<string> {
  const path = join(folder, name);
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  out.write(head);
  for (const { at, bytes } of packets) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_790_000_000 + Math.floor(at / 1e6), 0);
    record.writeUInt32LE(at % 1e6, 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    out.write(record);
    if (!out.write(bytes)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return path;
}

interface Run {
  readonly seconds: number;
  /** Processor time of all its threads: what a busy machine does not distort. */
  readonly cpu: number;
  readonly peakMb: number;
  readonly lines: number;
}

/** Runs to its end with its output in a file; peak memory is the kernel's own high-water mark. */
async function run(command: string, args: readonly string[]): Promise<Run> {
  const output = join(folder, 'out');
  const file = openSync(output, 'w');
  const start = performance.now();
  const child = endsWithUs(spawn(command, [...args], { stdio: ['ignore', file, 'ignore'] }));
  let peakKb = 0;
  let ticks = 0;
  const watching = setInterval(() => {
    try {
      const match = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      peakKb = Math.max(peakKb, Number(match?.[1] ?? 0));
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      ticks = Math.max(ticks, Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has ended, or this is no Linux: no figure then.
    }
  }, 20);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watching);
  closeSync(file);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command} ended with ${code}.`);
  const lines = Number(spawnSync('wc', ['-l', output], { encoding: 'utf8' }).stdout.split(' ')[0]);
  return { seconds, cpu: ticks / 100, peakMb: Math.round(peakKb / 1024), lines };
}

const median = (runs: readonly Run[]): Run => runs.toSorted((a, b) => a.seconds - b.seconds)[runs.length >> 1]!;
const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) process.stdout.write('tshark is not installed: figures without a peer\n');

const CASES = [
  {
    title: 'JSON lines over TCP',
    game: 'mjsonp/game.pcap',
    as: 'mjsonp',
    payload: 'tcp.payload',
    decoded: ['-d', 'tcp.port==11600,json'],
  },
  { title: 'ENet over UDP', game: 'mana/head-quick.pcap', as: 'mana', payload: 'udp.payload', decoded: [] },
];

/** Packets a second, as told to people. */
function rate({ seconds }: Run, packets = PACKETS): string {
  return `${Math.round(packets / seconds).toLocaleString('en')}/s`;
}

function compared(ours: Run, theirs: Run, share: number): string {
  const ofCpu =
    ours.cpu > 0 && theirs.cpu > 0 ? `, ${(theirs.cpu / share / ours.cpu).toFixed(2)} by processor time` : '';
  const ratio = theirs.seconds / share / ours.seconds;
  return `ratio ${ratio.toFixed(2)}${ofCpu} (budget 5: ${ratio >= 5 ? 'met' : 'MISSED'})`;
}

try {
  for (const { title, game, as, payload, decoded } of CASES) {
    const path = await writePcap('packets.pcap', copiesOf(game));
    const share = Math.min(1, Math.max(50_000, PACKETS / 10) / PACKETS);
    const some = Math.round(PACKETS * share);
    const ours: Run[] = [];
    const payloads: Run[] = [];
    const all: Run[] = [];
    const own = ['--disable-warning=ExperimentalWarning', CLI, 'decode', path, '--as', as, '--format', 'jsonl'];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await run(process.execPath, own));
      if (!hasTshark) continue;
      payloads.push(await run('tshark', ['-n', '-r', path, '-T', 'fields', '-e', 'frame.time_epoch', '-e', payload]));
      all.push(await run('tshark', ['-n', '-r', path, '-c', `${some}`, ...decoded, '-T', 'ek']));
    }
    const one = median(ours);
    process.stdout.write(
      `${title}: ${PACKETS} packets, ${Math.round(statSync(path).size / 1e6)} MB\n  interpose decode ${rate(one)}, ${one.lines} frames, peak ${one.peakMb} MB\n`,
    );
    if (!hasTshark) continue;
    const [two, three] = [median(payloads), median(all)];
    process.stdout.write(
      `  tshark payloads  ${rate(two)}, ${two.lines} lines, peak ${two.peakMb} MB; ${compared(one, two, 1)}\n  tshark decoded   ${rate(three, some)}, ${three.lines / 2} objects, peak ${three.peakMb} MB; ${compared(one, three, share)}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
