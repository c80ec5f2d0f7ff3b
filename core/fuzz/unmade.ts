/** Connections of the recording that the client under test does not make: what was said on them cannot be said to it. */
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';

export function hasUnmade({ connections }: Run): boolean {
  return [...connections.values()].some(({ failure }) => failure !== undefined);
}

/** @param runs of the recorded session as it is */
export function withoutUnmade(seed: Seed, runs: readonly Run[]): Seed {
  const isUnmade = (conn: number): boolean =>
    runs.every(({ connections }) => connections.get(conn)?.failure !== undefined);
  const steps = seed.base.steps.map((step) =>
    step.kind === 'open' && isUnmade(step.conn) ? { ...step, isUnmade: true } : step,
  );
  return { ...seed, base: { steps }, messages: seed.messages.filter(({ frame }) => !isUnmade(frame.conn)) };
}

/** Names of the servers, with the connections, that are left out because of it. */
export function unmadeIn({ base, scene }: Seed): readonly string[] {
  return base.steps.flatMap((step) => {
    if (step.kind !== 'open' || step.isUnmade !== true) return [];
    const connection = scene.connections.get(step.conn)?.recorded.connection;
    const { address, port } = connection?.server ?? { address: '?', port: 0 };
    return [`${step.conn} (${connection?.role ?? `${address}:${port}`})`];
  });
}
