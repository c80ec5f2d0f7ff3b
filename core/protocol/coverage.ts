/**
 * What of a protocol a run has exercised: messages, fields, named values, directions and request-answer pairs, seen and
 * unseen, against everything its description knows; and where the traffic departs from the description (drift).
 */
import { type FieldDescription, fieldsOf } from '../schema/describe.ts';
import { getPath } from '../schema/path.ts';
import { walkValue } from '../schema/walk-value.ts';
import { equalValues } from '../schema/encode.ts';
import { type Drift, DriftCollector } from './drift.ts';
import type { Direction, DissectedMessage, MessageSpec, Pair, Protocol, SeenFrame } from './protocol.ts';

export interface Tally {
  readonly seen: number;
  readonly all: number;
}
export interface MessageCoverage {
  readonly name: string;
  readonly id?: number;
  readonly direction: MessageSpec['direction'];
  readonly group?: string;
  /** Frames' messages of this kind, by the way they went. */
  readonly toServer: number;
  readonly toClient: number;
  readonly fields: readonly FieldCoverage[];
}
export interface FieldCoverage {
  readonly path: string;
  readonly optional: boolean;
  readonly seen: number;
  /** Named values and how often each came; absent when the field is open. */
  readonly values?: readonly { readonly value: string; readonly name: string; readonly seen: number }[];
}
export interface PairCoverage {
  readonly request: string;
  readonly reply: string;
  readonly direction: Direction;
  readonly seen: number;
}
export interface CoverageReport {
  readonly protocol: string;
  readonly totals: {
    readonly messages: Tally;
    readonly directions: Tally;
    readonly fields: Tally;
    readonly values: Tally;
    readonly pairs: Tally;
  };
  /** Share of everything that was seen, 0 to 1. */
  readonly share: number;
  readonly messages: readonly MessageCoverage[];
  readonly pairs: readonly PairCoverage[];
  /** Frames that could not be understood at all. */
  readonly unknown: number;
  readonly drift: readonly Drift[];
}

interface Counts {
  readonly spec: MessageSpec;
  readonly universe: readonly FieldDescription[];
  readonly fields: Map<string, { seen: number; values: Map<string, number> }>;
  toServer: number;
  toClient: number;
}

interface OpenRequest {
  readonly pair: Pair;
  readonly name: string;
  readonly fields: unknown;
}

export class Coverage {
  private readonly protocol: Protocol;
  private readonly counts = new Map<MessageSpec, Counts>();
  private readonly byName = new Map<string, Counts[]>();
  private readonly pairs = new Map<
    string,
    { readonly request: string; readonly reply: string; readonly direction: Direction; seen: number }
  >();
  private readonly open = new Map<number, OpenRequest[]>();
  private readonly drift = new DriftCollector();
  private unknown = 0;

  constructor(protocol: Protocol) {
    this.protocol = protocol;
    for (const spec of protocol.messages) {
      if (spec.neverSent === true) continue;
      const counts: Counts = { spec, universe: fieldsOf(spec.node), fields: new Map(), toServer: 0, toClient: 0 };
      this.counts.set(spec, counts);
      this.byName.set(spec.name, [...(this.byName.get(spec.name) ?? []), counts]);
    }
    for (const pair of protocol.pairs) {
      if (pair.request === '*' || pair.replies === '*') continue;
      for (const request of pair.request) {
        for (const reply of pair.replies) {
          if (!this.byName.has(request) || !this.byName.has(reply)) continue;
          this.pairs.set(pairKey(pair.direction, request, reply), {
            request,
            reply,
            direction: pair.direction,
            seen: 0,
          });
        }
      }
    }
  }

  /** Frames in traffic order; `connection` tells whose requests an answer may belong to. */
  see(connection: number, frame: SeenFrame): void {
    this.drift.see(frame);
    for (const message of frame.dissected.messages) {
      if (message.name === null) {
        this.unknown += 1;
        continue;
      }
      this.count(message, frame.direction);
      this.pair(connection, message, message.name, frame.direction);
    }
  }

  private count(message: DissectedMessage, direction: Direction): void {
    const counts =
      (message.spec === undefined ? undefined : this.counts.get(message.spec)) ??
      this.byName
        .get(message.name ?? '')
        ?.find((one) => one.spec.direction === direction || one.spec.direction === 'both');
    if (counts === undefined) return;
    counts[direction] += 1;
    const here = new Map<string, unknown[]>();
    walkValue(counts.spec.node, message.fields, (path, _node, value) => {
      const before = here.get(path);
      if (before === undefined) here.set(path, [value]);
      else if (before.length < 1000) before.push(value);
    });
    for (const [path, values] of here) {
      let field = counts.fields.get(path);
      if (field === undefined) {
        field = { seen: 0, values: new Map() };
        counts.fields.set(path, field);
      }
      field.seen += 1;
      if (field.values.size > 5000) continue;
      for (const value of values) {
        if (typeof value === 'object' && value !== null) continue;
        const key = String(value);
        if (key.length <= 64) field.values.set(key, (field.values.get(key) ?? 0) + 1);
      }
    }
  }

  private pair(connection: number, message: DissectedMessage, name: string, direction: Direction): void {
    const open = this.open.get(connection) ?? [];
    const at = open.findIndex(
      ({ pair, fields }) => pair.direction !== direction && answers(pair, name, fields, message.fields),
    );
    const request = open[at];
    if (request !== undefined) {
      open.splice(at, 1);
      const found = this.pairs.get(pairKey(request.pair.direction, request.name, name));
      if (found !== undefined) found.seen += 1;
    }
    for (const pair of this.protocol.pairs) {
      if (pair.direction !== direction || pair.request === '*' || !pair.request.includes(name)) continue;
      open.push({ pair, name, fields: message.fields });
      if (open.length > 1000) open.shift();
    }
    this.open.set(connection, open);
  }

  report(): CoverageReport {
    const own = ofDialects([...this.counts.values()]);
    const messages = own.map(messageReport);
    const names = new Set(messages.map((message) => message.name));
    const pairs = [...this.pairs.values()]
      .filter((pair) => names.has(pair.request) && names.has(pair.reply))
      .map((pair) => ({ ...pair }));
    const fields = messages.flatMap((message) => message.fields);
    const values = fields.flatMap((field) => field.values ?? []);
    const ways = messages.flatMap((message) =>
      message.direction === 'both' ? [message.toServer, message.toClient] : [message[message.direction]],
    );
    const totals = {
      messages: tally(messages, (message) => message.toServer + message.toClient > 0),
      directions: tally(ways, (count) => count > 0),
      fields: tally(fields, (field) => field.seen > 0),
      values: tally(values, (value) => value.seen > 0),
      pairs: tally(pairs, (pair) => pair.seen > 0),
    };
    const all = Object.values(totals).reduce((sum, one) => sum + one.all, 0);
    const seen = Object.values(totals).reduce((sum, one) => sum + one.seen, 0);
    return {
      protocol: this.protocol.id,
      totals,
      share: all === 0 ? 1 : seen / all,
      messages,
      pairs,
      unknown: this.unknown,
      drift: this.drift.report(),
    };
  }
}

/** A dialect that explains less of the traffic than this, beside those that explain more, is a misreading. */
const LEAST_SHARE = 0.05;

/** Without the messages of dialects nobody spoke: the fewest dialects that explain what came are the spoken ones. */
function ofDialects(all: readonly Counts[]): readonly Counts[] {
  const timesOf = (counts: Counts): number => counts.toServer + counts.toClient;
  const speaks = (counts: Counts, dialect: string): boolean => counts.spec.dialects?.includes(dialect) === true;
  let unexplained = all.filter((counts) => counts.spec.dialects !== undefined && timesOf(counts) > 0);
  const least = LEAST_SHARE * unexplained.reduce((sum, counts) => sum + timesOf(counts), 0);
  const spoken = new Set<string>();
  for (;;) {
    const explains = new Map<string, number>();
    for (const counts of unexplained)
      for (const dialect of counts.spec.dialects!)
        explains.set(dialect, (explains.get(dialect) ?? 0) + timesOf(counts));
    const [best] = [...explains].toSorted((a, b) => b[1] - a[1]);
    if (best === undefined || best[1] < least) break;
    spoken.add(best[0]);
    unexplained = unexplained.filter((counts) => !speaks(counts, best[0]));
  }
  return all.filter(
    (counts) =>
      counts.spec.dialects === undefined ||
      spoken.size === 0 ||
      timesOf(counts) > 0 ||
      counts.spec.dialects.some((dialect) => spoken.has(dialect)),
  );
}

function pairKey(direction: Direction, request: string, reply: string): string {
  return `${direction} ${request} ${reply}`;
}

function answers(pair: Pair, name: string, asked: unknown, fields: unknown): boolean {
  if (pair.replies !== '*' && !pair.replies.includes(name)) return false;
  return (pair.match ?? []).every(([one, two]) => equalValues(getPath(asked, one), getPath(fields, two)));
}

function tally<T>(items: readonly T[], seen: (item: T) => boolean): Tally {
  return { seen: items.filter(seen).length, all: items.length };
}

function messageReport(counts: Counts): MessageCoverage {
  const { spec } = counts;
  const fields = counts.universe.map((field): FieldCoverage => {
    const found = counts.fields.get(field.path);
    const base = { path: field.path, optional: field.optional, seen: found?.seen ?? 0 };
    if (field.values === undefined) return base;
    const flags = field.layout.endsWith(' flags');
    const values = Object.entries(field.values).map(([value, name]) => ({
      value,
      name,
      seen: flags ? flagCount(found?.values, Number(value)) : (found?.values.get(value) ?? 0),
    }));
    return { ...base, values };
  });
  return {
    name: spec.name,
    ...(spec.id === undefined ? {} : { id: spec.id }),
    direction: spec.direction,
    ...(spec.group === undefined ? {} : { group: spec.group }),
    toServer: counts.toServer,
    toClient: counts.toClient,
    fields,
  };
}

function flagCount(values: ReadonlyMap<string, number> | undefined, mask: number): number {
  let count = 0;
  for (const [value, times] of values ?? []) if ((Number(value) & mask) !== 0) count += times;
  return count;
}
