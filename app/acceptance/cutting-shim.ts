/**
 * A relay of the test's own that cuts every chunk at random places before it passes it on, and keeps what it got from either side:
 * one before and one behind a proxy show what the wire had, and that the proxy changed nothing.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { type Dice, seededDice } from '../../fixtures/dice.ts';
import { addressOf } from './command-line.ts';

export interface Conversation {
  /** What the client sent, and what it was sent. */
  readonly toServer: Passed;
  readonly toClient: Passed;
  readonly ended: Promise<void>;
}

export class Passed {
  readonly #chunks: Buffer[] = [];
  /** Milliseconds on the wall clock by which so many bytes had come. */
  readonly arrivals: { readonly at: number; readonly bytes: number }[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.arrivals.push({ at: performance.timeOrigin + performance.now(), bytes: this.#size });
  }
  get size(): number {
    return this.#size;
  }
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export class CuttingShim {
  readonly conversations: Conversation[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Called whenever something has passed. */
  onPassed: () => void = () => undefined;

  /** @param target URL of what it stands in front of */
  constructor(target: string, seed: number) {
    const { host, port } = addressOf(target);
    let count = 0;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const dice = seededDice(`${seed}/${count++}`);
      const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
      const toServer = this.#pass(client, server, dice.branch('toServer'));
      const toClient = this.#pass(server, client, dice.branch('toClient'));
      const gone = [client, server].map((socket) => once(socket, 'close').catch(() => undefined));
      this.conversations.push({ toServer, toClient, ended: Promise.all(gone).then(() => undefined) });
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `tcp://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  #pass(from: Socket, to: Socket, dice: Dice): Passed {
    const passed = new Passed();
    this.#sockets.add(from);
    let going = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      passed.add(chunk);
      this.onPassed();
      going = going.then(() => writePieces(to, chunk, dice));
    });
    from.on('end', () => void going.then(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (from.errored !== null) to.destroy();
    });
    return passed;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Each piece in a turn of its own, so that the kernel has little reason to put them together again. */
async function writePieces(to: Socket, chunk: Buffer, dice: Dice): Promise<void> {
  let at = 0;
  while (at < chunk.length) {
    const size = dice.chance(0.3) ? dice.between(1, 3) : dice.between(1, chunk.length - at);
    to.write(chunk.subarray(at, at + size));
    at += size;
    if (at < chunk.length) await new Promise((resolve) => setImmediate(resolve));
  }
}
