/** What a connection has told of itself: the generation of the envelope, which commands are open, how many were answered. */
import { commands } from './commands.ts';

/** g1: 0.7.0 and older; g2: 0.8.0, the documented one; g3: 0.8.1 on. */
export type Generation = 'g1' | 'g2' | 'g3';

export interface Conversation {
  readonly generation?: Generation;
  /** The user chose the generation. */
  readonly chosen: boolean;
  /** Command by its request number (as JSON), oldest first. */
  readonly open: Readonly<Record<string, string>>;
  /** Texts to the server that get a list in answer, and lists that came. */
  readonly asked: number;
  readonly answered: number;
}

export const SILENCE: Conversation = { chosen: false, open: {}, asked: 0, answered: 0 };
const MOST_OPEN = 32;

export type Shape = Readonly<Record<string, unknown>>;
export function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How a text to the client begins, which is all that is needed to follow a conversation. */
export type Opening = 'list' | 'push' | 'old' | 'bare';

/** A batch (what a command is answered with) is a list under `data`, a push an object under `data`. */
export function openingOf(bytes: Uint8Array): Opening {
  const head = String.fromCharCode(...bytes.subarray(0, 32));
  if (/^\s*\[\s*"/.test(head)) return 'old';
  const data = /^\s*\{\s*"data"\s*:\s*(.)/.exec(head)?.[1];
  return data === undefined ? 'bare' : data === '[' ? 'list' : 'push';
}

const BY_OPENING: Readonly<Record<Opening, Generation>> = { list: 'g2', push: 'g2', old: 'g1', bare: 'g3' };

/** What a text to the server says about the generation; undefined when it fits several. */
export function generationOf(value: unknown): Generation | undefined {
  if (Array.isArray(value)) return typeof value[0] === 'string' ? 'g1' : undefined;
  if (!isShape(value)) return undefined;
  if (Object.hasOwn(value, 'sn')) return 'g3';
  const dialects = typeof value['cmd'] === 'string' ? commands[value['cmd']]?.dialects : undefined;
  if (dialects === undefined || dialects.length > 2) return undefined;
  return dialects.includes('g3') ? 'g3' : 'g2';
}

/** Whether the server owes a list for this text, as it does for every text but those whose batch it loses. */
export function owesList(value: unknown, generation: Generation | undefined): boolean {
  if (generation === 'g3' || generation === 'g1') return false;
  if (!isShape(value)) return true;
  const command = value['cmd'];
  if (typeof command !== 'string' || !Object.hasOwn(value, 'args')) return false;
  return commands[command]?.silent?.(value['args']) !== true;
}

/** After a text to the server; `value` is undefined when it is no JSON. */
export function said(state: Conversation, value: unknown): Conversation {
  // The server decides; what the client's texts suggest stands until it has spoken.
  const generation = state.generation ?? generationOf(value);
  let next: Conversation =
    generation === undefined || generation === state.generation ? state : { ...state, generation };
  if (owesList(value, generation)) next = { ...next, asked: next.asked + 1 };
  if (!isShape(value) || typeof value['cmd'] !== 'string' || value['sn'] === undefined) return next;
  const entries: [string, string][] = [...Object.entries(next.open), [JSON.stringify(value['sn']), value['cmd']]];
  return { ...next, open: Object.fromEntries(entries.slice(-MOST_OPEN)) };
}

/** After a text to the client; `numbers` are those of the responses in it. */
export function heard(state: Conversation, opening: Opening, numbers: readonly unknown[]): Conversation {
  const generation = state.chosen ? state.generation : BY_OPENING[opening];
  let next: Conversation =
    generation === undefined || generation === state.generation ? state : { ...state, generation };
  // A capture may begin between a command and its answer.
  if (opening === 'list' && next.answered < next.asked) next = { ...next, answered: next.answered + 1 };
  const done = new Set(numbers.map((number) => JSON.stringify(number)));
  const left = Object.entries(next.open).filter(([number]) => !done.has(number));
  return left.length === Object.keys(next.open).length ? next : { ...next, open: Object.fromEntries(left) };
}
