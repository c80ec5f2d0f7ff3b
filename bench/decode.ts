/**
 * How fast a capture file is decoded to JSON lines, beside tshark that prints the payloads of the same packets, with the peak memory of
 * both: 500 000 packets each of JSON lines over TCP and of ENet over UDP. `PACKETS=50000 npm run bench -- decode` for a quick look.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, openSync, closeSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PacketEnd, tcpPacket, udpPacket } from '../core/capture/packet-builder.ts';
import { protocols } from '../dissectors/index.ts';

const PACKETS = Number(process.env.PACKETS ?? 500_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const CONNECTIONS = 20;
const CLI = join(import.meta.dirname, '../app/cli/interpose.ts');
const folder = mkdtempSync(join(tmpdir(), 'interpose-bench-'));

const end = (last: number, port: number, station: number): PacketEnd => ({
  address: Uint8Array.of(10, 0, 0, last),
  port,
  station,
});

/** Payloads the protocol itself gives as examples, in one direction. */
function examplesOf(id: string, direction: 'toServer' | 'toClient'): Uint8Array[] {
  const protocol = protocols.find((p) => p.id === id)!;
  return protocol.examples
    .filter((e) => e.direction === direction && e.message !== null && e.hex !== '')
    .map((e) => new Uint8Array(Buffer.from(e.hex, 'hex')));
}

function* tcpPackets(): Generator<Uint8Array> {
  const lines = examplesOf('mjsonp', 'toClient').map((line) => Uint8Array.from([...line, 10]));
  const next = new Uint32Array(CONNECTIONS).fill(1);
  for (let i = 0; i < PACKETS; i++) {
    const c = i % CONNECTIONS;
    const line = lines[Math.floor(i / CONNECTIONS) % lines.length]!;
    const fields = { sequence: next[c]!, acknowledgement: 1, ack: true, psh: true };
    yield tcpPacket(end(2, 11_600, 2), end(1, 40_000 + c, 1), fields, line);
    next[c]! += line.length;
  }
}

function* enetPackets(): Generator<Uint8Array> {
  const messages = examplesOf('mana', 'toClient');
  for (let i = 0; i < PACKETS; i++) {
    const c = i % CONNECTIONS;
    const number = Math.floor(i / CONNECTIONS) + 1;
    const message = messages[number % messages.length]!;
    // Header with sent time, then one reliable command that asks for an acknowledgement.
    const datagram = new Uint8Array(4 + 6 + message.length);
    const view = new DataView(datagram.buffer);
    view.setUint16(0, 0x8000 | c);
    view.setUint16(2, number & 0xffff);
    view.setUint8(4, 0x86);
    view.setUint16(6, number & 0xffff);
    view.setUint16(8, message.length);
    datagram.set(message, 10);
    yield udpPacket(end(2, 9603, 2), end(1, 40_000 + c, 1), datagram);
  }
}

async function writePcap(name: string, packets: Iterable<Uint8Array>): Promise<string> {
  const path = join(folder, name);
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  out.write(head);
  let n = 0;
  for (const packet of packets) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_790_000_000 + Math.floor(n / 20_000), 0);
    record.writeUInt32LE((n % 20_000) * 50, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    n++;
    out.write(record);
    if (!out.write(packet)) await once(out, 'drain');
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
  const child = spawn(command, [...args], { stdio: ['ignore', file, 'ignore'] });
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

try {
  for (const [title, name, packets, field, as] of [
    ['JSON lines over TCP', 'tcp.pcap', tcpPackets(), 'tcp.payload', 'mjsonp'],
    ['ENet over UDP', 'enet.pcap', enetPackets(), 'udp.payload', 'mana'],
  ] as const) {
    const path = await writePcap(name, packets);
    const ours: Run[] = [];
    const theirs: Run[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(
        await run(process.execPath, [
          '--disable-warning=ExperimentalWarning',
          CLI,
          'decode',
          path,
          '--as',
          as,
          '--format',
          'jsonl',
        ]),
      );
      if (hasTshark)
        theirs.push(await run('tshark', ['-n', '-r', path, '-T', 'fields', '-e', 'frame.time_epoch', '-e', field]));
    }
    const rate = ({ seconds }: Run): string => `${Math.round(PACKETS / seconds).toLocaleString('en')}/s`;
    const one = median(ours);
    process.stdout.write(
      `${title}: ${PACKETS} packets, ${Math.round(statSync(path).size / 1e6)} MB\n  interpose decode ${rate(one)}, ${one.lines} frames, peak ${one.peakMb} MB\n`,
    );
    if (theirs.length === 0) continue;
    const two = median(theirs);
    const ratio = two.seconds / one.seconds;
    const ofCpu = one.cpu > 0 && two.cpu > 0 ? `, ${(two.cpu / one.cpu).toFixed(2)} by processor time` : '';
    process.stdout.write(
      `  tshark fields    ${rate(two)}, ${two.lines} lines, peak ${two.peakMb} MB\n  ratio ${ratio.toFixed(2)}${ofCpu} (budget 5: ${ratio >= 5 ? 'met' : 'MISSED'})\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
