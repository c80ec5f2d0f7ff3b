/**
 * How one row of the protocol is written down here: a name, its id per dialect, and its fields per dialect. A dialect whose
 * fields are not given has those of the one before it (seed → 2011 → 2012 → 2013, and 2011 → head); null means that the dialect
 * lacks the message.
 */
import { bytes, decimal, optional, prefix, struct, text, u16be, u32be, u8 } from '../../core/schema/builders.ts';
import type { Meta, Node } from '../../core/schema/nodes.ts';

/**
 * `seed`: as the seed document words it; `2011`: the server of March 2011; `2012`: late 2011 to 2012, still protocol version 1;
 * `2013`: protocol version 3 and what led to it; `head`: since ids moved (version 7), and versions 9 and 10.
 */
export type Dialect = 'seed' | '2011' | '2012' | '2013' | 'head';
export const DIALECTS: readonly Dialect[] = ['seed', '2011', '2012', '2013', 'head'];

export type Shape = Readonly<Record<string, Node>>;
export type Body = (t: Types) => Shape;

export interface Entry {
  readonly name: string;
  /** Id from the seed to 2013, or null when it came later. */
  readonly id: number | null;
  /** Id in head: absent: the same; null: gone. */
  readonly headId?: number | null;
  /** The generation in which a message came that the seed lacks; absent: head. */
  readonly since?: '2012' | '2013';
  /** The last generation before head that had it; absent: 2013. */
  readonly until?: '2011' | '2012';
  /** Id from 2012 to before head, where it is neither. */
  readonly id2012?: number;
  readonly id2013?: number;
  readonly group: string;
  readonly doc: string;
  readonly seed: Body;
  readonly y2011?: Body;
  readonly y2012?: Body;
  readonly y2013?: Body;
  readonly head?: Body;
  readonly neverSent?: boolean;
}

/** What differs between the dialects below the fields: how a string is written. */
export interface Types {
  readonly dialect: Dialect;
  /** A string of its own length. */
  S(meta?: Meta): Node;
}

const LENGTH = prefix(u16be());

export function typesOf(dialect: Dialect): Types {
  return {
    dialect,
    // The seed says "null terminated"; every real server writes a length and no terminator, and readers cut at a zero.
    S: (meta = {}) => (dialect === 'seed' ? text('nul', meta) : text(LENGTH, { ...meta, cutAtNul: true })),
  };
}

/** Rows of one chapter. */
export function chapter(group: string, rows: readonly Omit<Entry, 'group'>[]): readonly Entry[] {
  return rows.map((row) => ({ ...row, group }));
}

export const B = (meta: Meta = {}): Node => u8(meta);
export const W = (meta: Meta = {}): Node => u16be(meta);
export const D = (meta: Meta = {}): Node => u32be(meta);

/** Fields that may be missing at the end: replies stop after an error, and readers do not mind a short message. */
export function stops(shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).map(([name, node]) => [
      name,
      node.kind === 'list' || node.kind === 'optional' ? node : optional(node),
    ]),
  );
}

/** 32 random bytes, each 1 to 127, issued by one server and shown to another. */
export const token = (): Node =>
  bytes(32, {
    label: 'Token',
    role: 'token',
    secret: true,
    volatile: true,
    doc: '32 random bytes; the same when issued and when shown',
  });

/** Decimal number between servers: a count, then so many characters of decimal text. */
export const F = (meta: Meta = {}): Node => decimal(prefix(u8()), meta);

export const being = (label = 'Being'): Node => W({ label, role: 'id', display: 'dec' });
export const item = (): Node => W({ label: 'Item', role: 'id' });
export const amount = (): Node => W({ label: 'Amount', role: 'quantity' });
export const slot = (): Node => W({ label: 'Slot' });
export const pixels = (): { x: Node; y: Node } => ({
  x: W({ unit: 'px', role: 'position' }),
  y: W({ unit: 'px', role: 'position' }),
});
export const record = (shape: Shape): Node => struct(shape);
