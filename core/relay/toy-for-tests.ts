/** What the tests of relays share: a sink that keeps everything, and a small protocol. */
import { defineProtocol } from '../protocol/define-protocol.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { integer, literal, object, string } from '../schema/builders.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Connection, Direction, Frame } from '../traffic/frame.ts';
import type { CarrierCommands, FrameUpdate, TrafficSink } from '../traffic/sink.ts';

type Kept = Frame & { heldMs?: number };

/** Keeps frames, connections and remarks, and lets a test wait for them. */
export class MemorySink implements TrafficSink {
  isFull = false;
  readonly frames: Kept[] = [];
  readonly connections = new Map<number, Connection>();
  /** What carriers said that brought no frame. */
  readonly bare: CarrierCommands[] = [];
  readonly remarks: { readonly connection: number; readonly info: ExpertInfo }[] = [];
  #ids = 0;
  #drain: (() => void)[] = [];
  #waiters: { ready: () => boolean; resolve: () => void }[] = [];

  onDrain(listener: () => void): void {
    this.#drain.push(listener);
  }
  nextConnectionId(): number {
    return ++this.#ids;
  }
  opened(connection: Connection): void {
    this.connections.set(connection.id, connection);
    this.#wake();
  }
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    this.connections.set(id, { ...this.connections.get(id)!, ...change });
    this.#wake();
  }
  closed(id: number, time: number, ending: string): void {
    this.connections.set(id, { ...this.connections.get(id)!, closed: time, ending });
    this.#wake();
  }
  frame(draft: Omit<Frame, 'n'>): number {
    const n = this.frames.length + 1;
    this.frames.push({ n, ...draft });
    this.#wake();
    return n;
  }
  update(n: number, update: FrameUpdate): void {
    this.frames[n - 1] = { ...this.frames[n - 1]!, ...update };
    this.#wake();
  }
  commands(commands: CarrierCommands): void {
    this.bare.push(commands);
    this.#wake();
  }
  remark(connection: number, _time: number, info: ExpertInfo): void {
    this.remarks.push({ connection, info });
    this.#wake();
  }

  /** Something outside the sink changed that a test may wait for. */
  poke(): void {
    this.#wake();
  }
  fill(): void {
    this.isFull = true;
  }
  empty(): void {
    this.isFull = false;
    for (const listener of this.#drain) listener();
  }

  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }
  untilFrames(count: number): Promise<void> {
    return this.until(() => this.frames.length >= count);
  }
  untilClosed(count = 1): Promise<void> {
    return this.until(() => [...this.connections.values()].filter((c) => c.closed !== undefined).length >= count);
  }
  texts(direction?: Direction): string[] {
    const decoder = new TextDecoder();
    return this.frames
      .filter((f) => direction === undefined || f.direction === direction)
      .map((f) => decoder.decode(f.bytes));
  }

  #wake(): void {
    for (const waiter of this.#waiters.filter((w) => w.ready())) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

/** JSON lines with a lock step and a handoff: enough of a game for every control. */
export const TOY: Protocol = defineProtocol({
  id: 'toy',
  title: 'Toy',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  framing: { kind: 'lines' },
  messages: [
    { name: 'say', direction: 'both', node: object({ type: literal('say'), text: string(), seq: integer() }) },
    { name: 'ask', direction: 'toServer', node: object({ type: literal('ask') }) },
    { name: 'answer', direction: 'toClient', node: object({ type: literal('answer') }) },
    {
      name: 'go',
      direction: 'toClient',
      node: object({ type: literal('go'), host: string(), port: integer(), token: string() }),
    },
    { name: 'enter', direction: 'toServer', node: object({ type: literal('enter'), token: string() }) },
  ],
  json: { discriminator: { key: 'type', keep: true } },
  pairs: [{ direction: 'toServer', request: ['ask'], replies: ['answer'] }],
  handoffs: [{ message: 'go', direction: 'toClient', address: 'host', port: 'port', token: 'token', role: 'game' }],
  correlations: [
    {
      issued: { message: 'go', path: 'token' },
      echoed: [{ message: 'enter', path: 'token' }],
      kind: 'token',
      ties: true,
    },
  ],
});

export const say = (text: string, seq = 1): string => `{"type":"say","text":${JSON.stringify(text)},"seq":${seq}}`;
