/**
 * What a case does, step by step: complete in itself, so that it can be shortened, saved and run again. Values the server
 * issues anew (tokens, ids) are links: where they come from and where they are written.
 */
import type { Carrier } from '../traffic/frame.ts';
import type { Spelling } from '../replay/spelling.ts';

/** A value in a message of the server: the `nth` message of that name on a connection, counted from 0. */
export interface Issue {
  readonly conn: number;
  readonly name: string;
  readonly nth: number;
  /** What the message says it is about, and which of those that say so it is: others may be there, and come before it. */
  readonly named?: { readonly path: string; readonly value: string; readonly nth: number };
  readonly path: string;
  readonly spelling: Spelling;
}

/** A value of a client message that was issued by the server. */
export interface Link {
  /** Message within the frame. */
  readonly index: number;
  readonly path: string;
  readonly spelling: Spelling;
  /** The likeliest first. */
  readonly from: readonly Issue[];
}

/** How the bytes were made, so that they can be made again around values issued anew. */
export interface Mutating {
  /** The recorded payload. */
  readonly base: Uint8Array;
  readonly index: number;
  /** Address of the mutant: `path#name`. */
  readonly id: string;
  readonly seed: number;
}

export interface SendStep {
  readonly kind: 'send';
  readonly conn: number;
  /** Recorded frame it comes from; 0: none. */
  readonly n: number;
  readonly message: string;
  readonly bytes: Uint8Array;
  /** Around the payload on a byte stream, as recorded. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly carrier?: Carrier;
  /** Written instead of the framed payload, each piece by itself. */
  readonly wire?: readonly Uint8Array[];
  /** ENet: sequence numbers left out before it; below 0: used again. */
  readonly skip?: number;
  /** Milliseconds between pieces. Default 3. */
  readonly gapMs?: number;
  /** Frames that should come before the next step, by connection. */
  readonly awaits: readonly (readonly [conn: number, count: number])[];
  /** Until they had all come when the session was played as it is, milliseconds at the longest. */
  readonly dueMs?: number;
  /** Names of what came then. Others that are known may be for somebody else's doing. */
  readonly dueNames?: readonly string[];
  /** The next step follows in the same instant. */
  readonly atOnce?: boolean;
  readonly mutated: boolean;
  /** The server goes down with it as it was recorded: passed over, unless something else is made of it. */
  readonly isLeftOut?: boolean;
  readonly links?: readonly Link[];
  /** Of them, those whose value is another one each time: as recorded, it is passed over where nothing has issued them. */
  readonly anew?: readonly Link[];
  readonly mutating?: Mutating;
}

export type Step =
  /** `like`: a copy of another connection of the recording. */
  | {
      readonly kind: 'open';
      readonly conn: number;
      readonly like?: number;
      /** Frames the server sends before anything is said. */
      readonly awaits?: number;
      /** The client under test never makes it: nobody waits for it. */
      readonly isUnmade?: boolean;
    }
  | SendStep
  /** Says goodbye as a client would. */
  | { readonly kind: 'end'; readonly conn: number; readonly mutated?: boolean }
  | { readonly kind: 'reset'; readonly conn: number; readonly mutated?: boolean };

export interface Script {
  readonly steps: readonly Step[];
}

export function isSend(step: Step): step is SendStep {
  return step.kind === 'send';
}

/** It is not as it was recorded. */
export function isWrong(step: Step | undefined): boolean {
  return step !== undefined && step.kind !== 'open' && step.mutated === true;
}

/** Client messages of a script. */
export function countSends(script: Script): number {
  return script.steps.filter(isSend).length;
}

/** Connections from here on are second ones of the same user, numbered `TWIN` above the recorded one. */
export const TWIN = 100_000;
/** Connections from here on are those of somebody else who plays the same session. */
export const OTHER = 200_000;

/** The recorded connection that this one is, or copies. */
export function originalOf(conn: number): number {
  return conn % TWIN;
}

/** The same steps on connections of their own, numbered `by` above. Values issued to the first come from those issued to the copy. */
export function copied(steps: readonly Step[], by: number): Step[] {
  return steps.map((step): Step => {
    const conn = step.conn + by;
    if (step.kind === 'open') return { ...step, conn, like: step.like ?? step.conn };
    if (step.kind !== 'send') return { ...step, conn };
    return {
      ...step,
      conn,
      awaits: step.awaits.map(([other, count]) => [other + by, count] as const),
      ...(step.links === undefined ? {} : { links: linksBy(step.links, by) }),
      ...(step.anew === undefined ? {} : { anew: linksBy(step.anew, by) }),
    };
  });
}

function linksBy(links: readonly Link[], by: number): Link[] {
  return links.map((link) => ({ ...link, from: link.from.map((issue) => ({ ...issue, conn: issue.conn + by })) }));
}

// ---- as JSON -----------------------------------------------------------------------------------------------------------

export function printScript(script: Script): unknown {
  return plain(script);
}

/** By hand: buffers would turn into something else before a replacer of `JSON.stringify` sees them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (typeof value === 'bigint') return { bigint: `${value}` };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** @throws Error when the JSON is no script */
export function readScript(json: unknown): Script {
  const revived = revive(json) as Script;
  if (!Array.isArray(revived.steps)) throw new Error('There are no steps in it.');
  return revived;
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && typeof only?.[1] === 'string') {
    if (only[0] === 'hex') return fromHex(only[1]);
    if (only[0] === 'bigint') return BigInt(only[1]);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, revive(item)]));
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}
