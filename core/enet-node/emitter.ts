/** A small typed event emitter without Node, so that peers can be used anywhere. */
export class Emitter<Events extends { [name in keyof Events]: unknown[] }> {
  #handlers: { [name in keyof Events]?: ((...values: Events[name]) => void)[] } = {};

  /** Calls `handler` on every `name` event from now on. */
  on<Name extends keyof Events>(name: Name, handler: (...values: Events[Name]) => void): this {
    this.#handlers[name] = [...(this.#handlers[name] ?? []), handler];
    return this;
  }

  /** As {@link on}, for the next event only. */
  once<Name extends keyof Events>(name: Name, handler: (...values: Events[Name]) => void): this {
    const wrapped = (...values: Events[Name]): void => {
      this.off(name, wrapped);
      handler(...values);
    };
    return this.on(name, wrapped);
  }

  off<Name extends keyof Events>(name: Name, handler: (...values: Events[Name]) => void): this {
    this.#handlers[name] = (this.#handlers[name] ?? []).filter((known) => known !== handler);
    return this;
  }

  /** Calls the handlers in the order they were added; returns whether there were any. */
  emit<Name extends keyof Events>(name: Name, ...values: Events[Name]): boolean {
    const handlers = this.#handlers[name];
    if (handlers === undefined || handlers.length === 0) return false;
    for (const handler of handlers) handler(...values);
    return true;
  }
}
