/**
 * The campaign as an append-only file of JSON lines, so that one that was killed can go on. A case is written down before
 * its first byte is sent and again when it is over: what lies between is run again and said so.
 */
export type JournalLine =
  | {
      readonly what: 'campaign';
      readonly version: 1;
      readonly rng: number;
      readonly seed: string;
      readonly to: readonly string[];
      readonly planned: number;
    }
  | { readonly what: 'resumed'; readonly done: number; readonly again: number }
  | { readonly what: 'start'; readonly case: number; readonly id: string }
  | {
      readonly what: 'done';
      readonly case: number;
      readonly id: string;
      readonly outcome: string;
      readonly ms: number;
      /** Bytes written and their CRC-32, by connection. */
      readonly sent?: Readonly<Record<string, readonly [bytes: number, crc: number]>>;
      /** Sent on the connections of that case, whose bytes are counted there. */
      readonly with?: number;
      /** New replies or transitions it has shown. */
      readonly fresh?: number;
      readonly skipped?: string;
      /** It had been started before: the server may have seen it twice. */
      readonly again?: true;
    }
  | { readonly what: 'finding'; readonly id: string; readonly key: string; readonly case: number }
  | {
      readonly what: 'unconfirmed';
      readonly key: string;
      readonly title: string;
      readonly cases: readonly string[];
      readonly log: readonly string[];
    }
  | { readonly what: 'hit'; readonly id: string; readonly case: number }
  | { readonly what: 'end'; readonly state: string; readonly done: number };

export interface Resumed {
  readonly rng: number;
  readonly planned: number;
  /** Cases that are over. */
  readonly done: ReadonlySet<number>;
  /** Started and not over. */
  readonly open: ReadonlyMap<number, string>;
  readonly findings: ReadonlyMap<string, string>;
  readonly hits: ReadonlyMap<string, number>;
  /** Rewards by recorded frame, in order. */
  readonly rewards: readonly { readonly case: number; readonly n: number; readonly points: number }[];
}

/** @throws Error when the text is no journal; a line that was cut off by a kill is left out. */
export function readJournal(text: string): Resumed {
  const lines = text.split('\n');
  const done = new Set<number>();
  const open = new Map<number, string>();
  const findings = new Map<string, string>();
  const hits = new Map<string, number>();
  const rewards: { case: number; n: number; points: number }[] = [];
  let head: Extract<JournalLine, { what: 'campaign' }> | undefined;
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    let entry: JournalLine;
    try {
      entry = JSON.parse(line) as JournalLine;
    } catch {
      // Cut off by a kill: nothing follows, or the campaign that went on.
      if (i >= lines.length - 2 || lines[i + 1]?.startsWith('{"what":"resumed"') === true) continue;
      throw new Error(`Line ${i + 1} of the journal cannot be read.`);
    }
    switch (entry.what) {
      case 'campaign':
        head ??= entry;
        break;
      case 'start':
        open.set(entry.case, entry.id);
        break;
      case 'done':
        done.add(entry.case);
        open.delete(entry.case);
        if (entry.fresh !== undefined) {
          rewards.push({ case: entry.case, n: Number(/^\d+/.exec(entry.id)?.[0] ?? 0), points: entry.fresh });
        }
        break;
      case 'finding':
        findings.set(entry.key, entry.id);
        hits.set(entry.id, (hits.get(entry.id) ?? 0) + 1);
        break;
      case 'hit':
        hits.set(entry.id, (hits.get(entry.id) ?? 0) + 1);
        break;
      case 'resumed':
      case 'unconfirmed':
      case 'end':
        break;
    }
  }
  if (head === undefined) throw new Error('This is no journal of a campaign.');
  return { rng: head.rng, planned: head.planned, done, open, findings, hits, rewards };
}
