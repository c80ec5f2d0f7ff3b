/** A recorded mahjong game, told to an engine's session again and again as live traffic: what benchmarks record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureReader } from '../../core/capture/capture-reader.ts';
import { CaptureTraffic } from '../../core/capture/capture-traffic.ts';
import type { Engine } from '../../core/engine/engine.ts';
import { Registry } from '../../core/protocol/recognise.ts';
import type { FrameDraft, TrafficSink } from '../../core/traffic/sink.ts';
import { protocols } from '../../dissectors/index.ts';

/** The frames of one whole game, four clients and their server, as a sink is given them. */
function readGame(): FrameDraft[] {
  const drafts: FrameDraft[] = [];
  let last = 0;
  const sink: TrafficSink = {
    isFull: false,
    onDrain: () => undefined,
    nextConnectionId: () => ++last,
    opened: () => undefined,
    changed: () => undefined,
    closed: () => undefined,
    frame: (draft) => drafts.push(draft),
    update: () => undefined,
    remark: () => undefined,
  };
  const mjsonp = new Registry(protocols).need('mjsonp');
  const traffic = new CaptureTraffic({ sink, choose: () => ({ protocol: mjsonp, confidence: 1 }) });
  const reader = new CaptureReader();
  const file = join(import.meta.dirname, '../../fixtures/captures/mjsonp/game.pcap');
  for (const packet of reader.push(readFileSync(file))) traffic.push(packet);
  traffic.end();
  return drafts;
}
export const game = readGame();
export const meanSize = Math.round(game.reduce((sum, frame) => sum + frame.bytes.length, 0) / game.length);

/** Four new connections for one more game; those of the last one end. */
function openTable(engine: Engine): number {
  const { sink } = engine.session;
  for (const id of sink.alive.keys()) sink.closed(id, engine.clock.wall(), 'client closed');
  const [first, ...others] = [1, 2, 3, 4].map(() => sink.nextConnectionId());
  for (const id of [first!, ...others]) {
    sink.opened({
      id,
      transport: 'tcp',
      client: { address: '127.0.0.1', port: 50_000 + (id % 10_000) },
      server: { address: '127.0.0.1', port: 11600 },
      protocol: 'mjsonp',
      opened: engine.clock.wall(),
      details: {},
    });
  }
  return first! - 1;
}

/** Tells frames, each with the next number; a table is opened for every game. */
export class GameFeed {
  readonly #engine: Engine;
  #offset = 0;
  /** Frames told so far. */
  n = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** At most so many, and not beyond the end of a game. */
  tell(most: number): void {
    const { clock, session } = this.#engine;
    if (this.n % game.length === 0) this.#offset = openTable(this.#engine);
    const end = this.n + Math.min(most, game.length - (this.n % game.length));
    for (; this.n < end; this.n++) {
      const frame = game[this.n % game.length]!;
      session.sink.frame({ ...frame, conn: this.#offset + frame.conn, time: clock.wall(), mono: clock.now() * 1000 });
    }
  }
}
