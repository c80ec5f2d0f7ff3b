/** State outside React: services write, components subscribe to the slice they show. */
import { useSyncExternalStore } from 'react';

export interface ReadonlyStore<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

export interface Store<T> extends ReadonlyStore<T> {
  set(next: T): void;
  update(change: (current: T) => T): void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of listeners) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The store's value, or a slice of it; a slice must be the same object while nothing changed. */
export function useStore<T>(store: ReadonlyStore<T>): T;
export function useStore<T, S>(store: ReadonlyStore<T>, slice: (value: T) => S): S;
export function useStore<T, S>(store: ReadonlyStore<T>, slice?: (value: T) => S): T | S {
  return useSyncExternalStore<T | S>(store.subscribe, () => (slice === undefined ? store.get() : slice(store.get())));
}
