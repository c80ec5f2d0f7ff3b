/** udp:// as a client: a bound socket; "connected" means no more than that its address is known. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Framing } from '../protocol/framing.ts';
import type { ConnectHow, Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import { codeOf, explainConnect } from './target-explain.ts';

const NONE = new Uint8Array(0);
const MESSAGE: Framing = { kind: 'message' };
const PLAIN = Object.freeze({});

export async function connectUdp(how: ConnectHow, events: TargetEvents): Promise<TargetConnection> {
  const { url } = how;
  try {
    const address = isIP(url.host) === 0 ? (await lookup(url.host)).address : url.host;
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(url.port, address, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new UdpConnection(socket, events);
  } catch (error) {
    throw explainConnect(url, error);
  }
}

class UdpConnection implements TargetConnection {
  readonly framing = MESSAGE;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly #socket: Socket;
  readonly #events: TargetEvents;
  #isOver = false;

  constructor(socket: Socket, events: TargetEvents) {
    this.#socket = socket;
    this.#events = events;
    this.details = { local: socket.address().port };
    socket.on('message', (bytes) => {
      if (this.#isOver) return;
      events.frame({ bytes: new Uint8Array(bytes), head: NONE, tail: NONE, carrier: PLAIN, expert: [] });
    });
    // An ICMP "port unreachable" comes as an error of the socket.
    socket.on('error', (error) => {
      const refused = codeOf(error) === 'ECONNREFUSED';
      this.#over({ by: 'error', text: refused ? 'nothing listens on the port' : error.message });
    });
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }
  send({ bytes }: OutgoingFrame): void {
    if (!this.#isOver) this.#socket.send(bytes, () => undefined);
  }
  end(): void {
    // What was sent last leaves before the socket closes.
    setImmediate(() => this.#over({ by: 'client', text: 'client closed' }));
  }
  reset(): void {
    this.#over({ by: 'client', text: 'client closed' });
  }

  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
    this.#events.ended(ending);
  }
}
