/** Which protocol a connection speaks: every given protocol is asked, the surest wins, the user's word goes before all. */
import type { Link, Protocol, Sample } from './protocol.ts';

export interface Guess {
  readonly protocol: Protocol;
  /** 0 to 1. */
  readonly confidence: number;
}

/** From here on nothing more needs to be seen. */
export const SURE = 0.85;
/** Below this a guess is not worth acting on. */
export const WORTH = 0.01;

export class Registry {
  readonly protocols: readonly Protocol[];
  private readonly byId: ReadonlyMap<string, Protocol>;

  /** @throws Error when two protocols have one id. */
  constructor(protocols: readonly Protocol[]) {
    this.protocols = protocols;
    this.byId = new Map(protocols.map((protocol) => [protocol.id, protocol]));
    if (this.byId.size !== protocols.length) {
      const twice = protocols.find((protocol, at) => protocols.findIndex((one) => one.id === protocol.id) !== at);
      throw new Error(`Two protocols have the id ${twice?.id}.`);
    }
  }

  get(id: string): Protocol | undefined {
    return this.byId.get(id);
  }

  /** @throws Error naming the known ids. */
  need(id: string): Protocol {
    const found = this.byId.get(id);
    if (found === undefined) {
      throw new Error(
        `There is no protocol ${id}. Known: ${this.protocols.map((protocol) => protocol.id).join(', ')}.`,
      );
    }
    return found;
  }

  /** All protocols that could be it, surest first. A protocol that throws is out. */
  guesses(sample: Sample, link: Link): readonly Guess[] {
    const found: Guess[] = [];
    for (const protocol of this.protocols) {
      if (!protocol.transports.includes(link.transport)) continue;
      let confidence = 0;
      try {
        confidence = protocol.recognise(sample, link);
      } catch {
        confidence = 0;
      }
      if (confidence > 0) found.push({ protocol, confidence: Math.min(1, confidence) });
    }
    // The sort is stable: between equals the order of the list decides.
    return found.toSorted((one, two) => two.confidence - one.confidence);
  }

  /** The best guess worth acting on; before any byte, only ports speak. */
  recognise(sample: Sample, link: Link): Guess | null {
    const [best] = this.guesses(sample, link);
    return best !== undefined && best.confidence >= WORTH ? best : null;
  }
}

/**
 * Recognition along a connection: feed it what comes in, ask for the guess. Decides once sure or once `enough` bytes were
 * seen, and can be overridden ("decode as") at any time.
 */
export class Recogniser {
  private readonly registry: Registry;
  private readonly link: Link;
  private readonly enough: number;
  private toServer: Uint8Array = new Uint8Array();
  private toClient: Uint8Array = new Uint8Array();
  private chosen: Guess | null = null;
  private final = false;

  /** @param enough bytes per direction after which the best guess stands; default 4096. */
  constructor(registry: Registry, link: Link, enough = 4096) {
    this.registry = registry;
    this.link = link;
    this.enough = enough;
  }

  get guess(): Guess | null {
    return this.chosen;
  }

  get settled(): boolean {
    return this.final;
  }

  /** @returns the guess, or null while there is none. */
  feed(direction: 'toServer' | 'toClient', bytes: Uint8Array): Guess | null {
    if (this.final) return this.chosen;
    const before = this[direction];
    if (before.length < this.enough) {
      const grown = new Uint8Array(Math.min(this.enough, before.length + bytes.length));
      grown.set(before);
      grown.set(bytes.subarray(0, grown.length - before.length), before.length);
      this[direction] = grown;
    }
    this.chosen = this.registry.recognise({ toServer: this.toServer, toClient: this.toClient }, this.link);
    const full = this.toServer.length >= this.enough || this.toClient.length >= this.enough;
    this.final = full || (this.chosen !== null && this.chosen.confidence >= SURE);
    return this.chosen;
  }

  /** "Decode as": the user's choice ends recognition. @throws Error when there is no such protocol. */
  override(id: string): Guess {
    this.chosen = { protocol: this.registry.need(id), confidence: 1 };
    this.final = true;
    return this.chosen;
  }
}
