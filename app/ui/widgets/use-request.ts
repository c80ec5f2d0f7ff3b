/** An answer of the engine as component state: asked again when the key changes or on demand. */
import { useCallback, useEffect, useState } from 'react';
import { useApp } from '../app.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { useStore } from '../state/store.ts';

export interface Requested<T> {
  readonly value: T | undefined;
  readonly error: string;
  readonly isLoading: boolean;
  reload(): void;
}

export function useRequest<T>(ask: (client: EngineClient) => Promise<T>, key: string): Requested<T> {
  const { client } = useApp();
  const phase = useStore(client.line, (line) => line.phase);
  const [state, setState] = useState<Omit<Requested<T>, 'reload'>>({ value: undefined, error: '', isLoading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (phase !== 'ready') return undefined;
    let isCurrent = true;
    setState((now) => ({ ...now, isLoading: true }));
    ask(client).then(
      (value) => isCurrent && setState({ value, error: '', isLoading: false }),
      (error: unknown) =>
        isCurrent &&
        setState((now) => ({
          ...now,
          error: error instanceof Error ? error.message : String(error),
          isLoading: false,
        })),
    );
    return () => {
      isCurrent = false;
    };
    // `key` stands for everything `ask` closes over.
  }, [client, phase, key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, reload };
}

/** A number that steps every so often while it is wanted: the key of a request that has to stay fresh. */
export function useTick(ms: number, isOn: boolean): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(() => setTick((n) => n + 1), ms);
    return () => clearInterval(timer);
  }, [ms, isOn]);
  return tick;
}
