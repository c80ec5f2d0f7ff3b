/** A sink that gives frames their meaning as they come, for the commands that read a file once: decode, stats, coverage, check. */
import { ConnectionDissection, type DissectionWorld, type Meaning } from '../../core/session/dissection.ts';
import type { Protocol } from '../../core/protocol/protocol.ts';
import { type Connection, type ExpertInfo, type Frame, isGap } from '../../core/traffic/frame.ts';
import type { CarrierCommands, FrameDraft, TrafficSink } from '../../core/traffic/sink.ts';
import type { ProtocolChoice } from './protocol-options.ts';

export interface DecodedFrame {
  readonly frame: Frame;
  readonly connection: Connection;
  readonly protocol: Protocol | undefined;
  /** State before the frame. */
  readonly state: unknown;
  readonly meaning: Meaning;
  /** What carrier, framer, dissector and checks remarked. */
  readonly expert: readonly ExpertInfo[];
}

const DECODE_BUDGET_MS = 2000;

export class FrameDecoder implements TrafficSink {
  readonly isFull = false;
  readonly connections = new Map<number, Connection>();
  /** Remarks that belong to a connection: gaps, resets, encryption. */
  readonly remarks: { readonly connection: number; readonly time: number; readonly info: ExpertInfo }[] = [];
  /** Told of what carriers said that brought no frame. */
  onCommands: ((commands: CarrierCommands, connection: Connection) => void) | undefined = undefined;
  readonly #dissections = new Map<number, ConnectionDissection>();
  readonly #world: DissectionWorld;
  readonly #choice: ProtocolChoice;
  readonly #onFrame: (decoded: DecodedFrame) => void;
  #frames = 0;
  #connectionCount = 0;

  /** @param isBrief neither summaries nor answered requests are asked for */
  constructor(choice: ProtocolChoice, onFrame: (decoded: DecodedFrame) => void, isBrief = false) {
    this.#choice = choice;
    this.#onFrame = onFrame;
    const facts = new Map<string, unknown>();
    this.#world = {
      protocol: (id) => choice.protocols.find((p) => p.id === id),
      recognise: (sample, link) => choice.choose(sample, link)?.protocol,
      recall: (key) => facts.get(key),
      remember: (key, _n, value) => facts.set(key, value),
      sharedPairs: new Map(),
      now: () => performance.now(),
      budgetMs: DECODE_BUDGET_MS,
      isBrief,
    };
  }

  onDrain(): void {
    // Never full: frames are handled as they come.
  }
  nextConnectionId(): number {
    return ++this.#connectionCount;
  }
  opened(connection: Connection): void {
    this.connections.set(connection.id, connection);
  }
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    const connection = this.connections.get(id);
    if (connection !== undefined) this.connections.set(id, { ...connection, ...change });
  }
  closed(id: number, time: number, ending: string): void {
    this.changed(id, { closed: time, ending });
    this.#dissections.delete(id);
  }
  update(): void {
    // Outcomes are told with the frame when a finished session is read.
  }
  commands(commands: CarrierCommands): void {
    this.onCommands?.(commands, this.connections.get(commands.conn)!);
  }
  remark(connection: number, time: number, info: ExpertInfo): void {
    this.remarks.push({ connection, time, info });
  }

  frame(draft: FrameDraft): number {
    const n = ++this.#frames;
    const connection = this.connections.get(draft.conn)!;
    const dissection = this.#dissectionOf(connection);
    const state = dissection.state;
    const { carrier } = draft;
    const isControl = ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') || isGap(draft);
    const meaning = dissection.see({
      n,
      direction: draft.direction,
      time: draft.time,
      mono: draft.mono,
      bytes: draft.bytes,
      head: draft.head,
      tail: draft.tail,
      isControl,
      gap: draft.gapBefore,
    });
    const { protocol } = dissection;
    this.#onFrame({
      frame: { ...draft, n },
      connection: this.connections.get(draft.conn)!,
      protocol: isControl ? undefined : protocol,
      state: state ?? dissection.state,
      meaning,
      expert: meaning.expert.length === 0 ? draft.expert : [...draft.expert, ...meaning.expert],
    });
    return n;
  }

  #dissectionOf(connection: Connection): ConnectionDissection {
    let dissection = this.#dissections.get(connection.id);
    if (dissection === undefined) {
      const given = this.#choice.given({
        transport: connection.transport,
        serverPort: connection.server.port,
        clientPort: connection.client.port,
      });
      const protocol = given?.id ?? connection.protocol;
      const options = given === this.#choice.forced || this.#choice.forced === undefined ? this.#choice.options : {};
      dissection = new ConnectionDissection(this.#world, connection, protocol, options);
      this.#dissections.set(connection.id, dissection);
    }
    return dissection;
  }
}
