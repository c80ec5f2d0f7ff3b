/** Events on their way to clients: those that may come in bursts are told at most every 16 ms, with the last word only. */
import type { EventName, Events } from '../contract/verbs.ts';

const GAP_MS = 16;

export interface EventListener {
  event<E extends EventName>(event: E, data: Events[E]): void;
  /** New rows of a view, for one client. */
  rows?(client: number, batch: Uint8Array): void;
}

export class EventBoard {
  readonly #listeners = new Set<EventListener>();
  readonly #waiting = new Map<EventName, () => unknown>();
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #flushed = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds on a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell<E extends EventName>(event: E, data: Events[E]): void {
    this.#waiting.delete(event);
    for (const listener of this.#listeners) listener.event(event, data);
  }

  /** Told soon; only the last of several is. */
  soon<E extends EventName>(event: E, data: () => Events[E]): void {
    this.#waiting.set(event, data);
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, GAP_MS - (this.#now() - this.#flushed));
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  rows(client: number, batch: Uint8Array): void {
    for (const listener of this.#listeners) listener.rows?.(client, batch);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    this.#flushed = this.#now();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [event, data] of waiting) {
      const value = data() as Events[typeof event];
      for (const listener of this.#listeners) listener.event(event, value);
    }
  }
}
