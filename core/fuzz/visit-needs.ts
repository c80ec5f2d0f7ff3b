/** Visits of a recording as a campaign plays them: one after the other, each with those that it builds on. */
import { leavesOf } from '../replay/leaves.ts';
import type { Plan } from '../replay/plan.ts';
import type { RecordedFrame, Recording } from '../replay/recording.ts';
import { CREATES, isNaming } from './named.ts';
import type { SceneConnection } from './scene.ts';
import type { Link, Step } from './script.ts';
import type { Seed } from './seed.ts';
import type { Visits } from './visits.ts';

/** Of a recording with one visit after the other. */
export interface SeedVisits {
  /** By connection. */
  readonly of: ReadonlyMap<number, number>;
  /** Visits that issue values this one shows, or make what it names; and those that these need. */
  readonly needs: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Who left before the next visit leaves before it here too: a recorder may see an end late. */
export function inVisits(steps: Plan['steps'], visits: Visits | undefined): Plan['steps'] {
  if (visits === undefined) return steps;
  const ordered = new Set<Plan['steps'][number]>();
  for (const step of steps) {
    const earlier = step.kind === 'open' ? visits.before.get(visits.of.get(step.conn) ?? -1) : undefined;
    if (earlier !== undefined && earlier.size > 0)
      for (const one of steps) if (one.kind === 'close' && earlier.has(visits.of.get(one.conn) ?? -1)) ordered.add(one);
    ordered.add(step);
  }
  return [...ordered];
}

export function withGone(
  connections: ReadonlyMap<number, SceneConnection>,
  { of, before }: Visits,
): Map<number, SceneConnection> {
  return new Map(
    [...connections].map(([conn, known]) => {
      const earlier = before.get(of.get(conn) ?? -1);
      const gone = [...connections.keys()].filter((other) => earlier?.has(of.get(other) ?? -1) === true);
      return [conn, gone.length === 0 ? known : { ...known, gone }];
    }),
  );
}

interface NeedsHow {
  readonly recording: Recording;
  readonly links: ReadonlyMap<number, readonly Link[]>;
  readonly connections: ReadonlyMap<number, SceneConnection>;
  readonly refused: ReadonlySet<number>;
}

export function needsOf(visits: Visits, { recording, links, connections, refused }: NeedsHow): SeedVisits['needs'] {
  const { of } = visits;
  const needs = madeEarlier(recording.frames, visits, refused);
  const need = (conn: number, source: number | undefined): void => {
    const [visit, other] = [of.get(conn), of.get(source ?? -1)];
    if (visit === undefined || other === undefined || visit === other) return;
    needs.set(visit, (needs.get(visit) ?? new Set()).add(other));
  };
  for (const { conn, n } of recording.frames)
    for (const { from } of links.get(n) ?? [])
      if (from.every((issue) => of.get(issue.conn) !== of.get(conn))) need(conn, from[0]?.conn);
  for (const [conn, { handoff }] of connections) need(conn, handoff?.conn);
  // A set grows while it is gone through.
  for (const all of needs.values()) for (const one of all) for (const more of needs.get(one) ?? []) all.add(more);
  for (const [visit, all] of needs) all.delete(visit);
  return needs;
}

const LEAST_NAME = 3;

/** Visits in which something was made that a later visit names: an account, a character. By visit. */
export function madeEarlier(
  frames: readonly RecordedFrame[],
  { of }: Visits,
  refused: ReadonlySet<number>,
): Map<number, Set<number>> {
  const made = new Map<string, number>();
  const found = new Map<number, Set<number>>();
  for (const { conn, n, direction, messages } of frames) {
    const visit = of.get(conn);
    if (direction !== 'toServer' || visit === undefined) continue;
    for (const message of messages) {
      const isMaking = CREATES.test(message.name ?? '') && !refused.has(n);
      for (const leaf of leavesOf(message.fields)) {
        const { value } = leaf;
        if (typeof value !== 'string' || value.length < LEAST_NAME) continue;
        const by = made.get(value);
        if (by === undefined) {
          if (isMaking && isNaming(message, leaf)) made.set(value, visit);
        } else if (by !== visit) found.set(visit, (found.get(visit) ?? new Set()).add(by));
      }
    }
  }
  return found;
}

/** Steps before one: of its visit, and of those that its visit builds on. */
export function wayTo(seed: Pick<Seed, 'base' | 'visits'>, at: number): readonly Step[] {
  const before = seed.base.steps.slice(0, at);
  if (seed.visits === undefined) return before;
  const conns = connsWith(seed, seed.base.steps[at]?.conn ?? -1);
  return before.filter(({ conn }) => conns.has(conn));
}

/** Connections of a visit, and of those that it builds on; all of them where there is one visit. */
export function connsWith({ base, visits }: Pick<Seed, 'base' | 'visits'>, conn: number): ReadonlySet<number> {
  const own = visits?.of.get(conn);
  const isIts = (other: number): boolean => {
    const visit = visits?.of.get(other);
    return own === undefined || visit === own || visits!.needs.get(own)?.has(visit ?? -1) === true;
  };
  return new Set(base.steps.flatMap((step) => (isIts(step.conn) ? [step.conn] : [])));
}

/** What is played before somebody comes back to where others have been. */
export function beginningOf({ base, scene }: Pick<Seed, 'base' | 'scene'>): readonly Step[] {
  const back = base.steps.findIndex(
    ({ kind, conn }) => kind === 'open' && scene.connections.get(conn)?.gone !== undefined,
  );
  return back < 0 ? base.steps : base.steps.slice(0, back);
}

/** Whether two connections of the recording are of one visit. */
export function isSameVisit({ visits }: Pick<Seed, 'visits'>, conn: number, other: number): boolean {
  return visits === undefined || visits.of.get(conn) === visits.of.get(other);
}

export function isLaterVisit({ visits }: Pick<Seed, 'visits'>, conn: number, than: number): boolean {
  return (visits?.of.get(conn) ?? 0) > (visits?.of.get(than) ?? 0);
}
