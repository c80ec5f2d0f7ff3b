/**
 * One end of the interoperation tests on the npm package `enet` (the C library compiled to JavaScript). Runs in a
 * process of its own, because that package ends the process on any uncaught error.
 *
 *   node npm-enet-peer.ts server|client PORT COUNT range-coder|none
 */
import { createRequire } from 'node:module';
import { CHANNELS, TrafficSink, TrafficSource } from './traffic.ts';

interface NpmPacket {
  data(): Uint8Array;
  flags(): number;
}
interface NpmPeer {
  on(event: 'message', handler: (packet: NpmPacket, channel: number) => void): void;
  on(event: 'disconnect', handler: (data: number) => void): void;
  send(channel: number, packet: unknown): boolean;
}
interface NpmHost {
  address(): { port: number };
  start(interval: number): void;
  enableCompression(): void;
  connect(to: object, channels: number, data: number, done: (error: Error | undefined, peer: NpmPeer) => void): void;
  on(event: 'connect', handler: (peer: NpmPeer, data: number, local: boolean) => void): void;
}
interface NpmEnet {
  createServer(options: object, done: (error: Error | undefined, host: NpmHost) => void): void;
  createClient(options: object, done: (error: Error | undefined, host: NpmHost) => void): void;
  Packet: new (data: Uint8Array, flags: number) => unknown;
}

const enet = createRequire(import.meta.url)('enet') as NpmEnet;
const [role, port, countText, compression] = process.argv.slice(2);
const count = Number(countText);
const source = new TrafficSource(count);
const sink = new TrafficSink(count);

function talk(peer: NpmPeer): void {
  peer.on('message', (packet, channel) => sink.take(channel, packet.flags(), packet.data()));
  peer.on('disconnect', (data) => {
    console.log(`disconnected ${data}`);
    process.exit(0);
  });
  let reported = false;
  // A pause first, so that the round-trip time is measured and early losses are repeated soon.
  setTimeout(() => {
    setInterval(() => {
      for (let i = 0; i < 20 && !source.done; i++) {
        const { channel, flags, data } = source.next();
        peer.send(channel, new enet.Packet(Buffer.from(data), flags));
      }
      if (reported || !source.done || !sink.done) return;
      reported = true;
      const { reliable, expected, unreliable, faults } = sink;
      console.log(JSON.stringify({ sent: source.sent, reliable, expected, unreliable, faults: faults.length }));
    }, 2);
  }, 2000);
}

function ready(error: Error | undefined, host: NpmHost): void {
  if (error !== undefined) throw error;
  if (compression === 'range-coder') host.enableCompression();
  host.start(1);
  if (role === 'server') {
    console.log(`port ${host.address().port}`);
    host.on('connect', (peer, data) => {
      if (data !== 4242) sink.faults.push(`connect data ${data}`);
      talk(peer);
    });
    return;
  }
  host.connect({ address: '127.0.0.1', port }, CHANNELS, 4242, (failure, peer) => {
    if (failure !== undefined) throw failure;
    talk(peer);
  });
}

const options = { peers: 8, channels: CHANNELS, down: 0, up: 0 };
if (role === 'server') enet.createServer({ ...options, address: { address: '127.0.0.1', port: 0 } }, ready);
else enet.createClient(options, ready);
