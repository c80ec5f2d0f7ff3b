/** The filter language within a protocol file. The compiler comes from outside, because it lives in a layer above. */
import type { ExpertInfo, Severity } from '../schema/expert-info.ts';
import { equalValues } from '../schema/encode.ts';
import { getPath } from '../schema/path.ts';
import type { Direction, DissectedMessage, SeenFrame, Transport, Watcher } from './protocol.ts';
import type { Cell } from './yaml-source.ts';

/** What a condition is asked about: one message, with what a filter may ask of its frame. */
export interface ConditionSubject {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly at: number;
  readonly size: number;
  readonly origin: 'wire';
  readonly fate: 'forwarded';
  readonly protocol: string;
  readonly names: readonly string[];
  readonly ids: readonly (number | undefined)[];
  readonly summary: string;
  readonly expert: readonly ExpertInfo[];
  readonly carrier: Readonly<Record<string, never>>;
  readonly transport: Transport;
  readonly proxy: string;
  readonly role: string;
  readonly journey: undefined;
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  readonly answerMs: number;
  readonly waitedMs: number;
  readonly mark: undefined;
  readonly comment: undefined;
  readonly touchedBy: readonly string[];
  readonly bytes: Uint8Array;
  readonly fields: readonly unknown[];
}

/** `compileFilter` of core/traffic, or anything like it. */
export type CompileCondition = (
  text: string,
) =>
  | { readonly ok: true; test(subject: ConditionSubject): boolean }
  | { readonly ok: false; readonly message: string; readonly at: number };

export type Test = (message: DissectedMessage, direction: Direction, frame?: SeenFrame) => boolean;

const NOWHERE = { address: '', port: 0 };
const NO_BYTES = new Uint8Array();

/** The condition a cell holds; undefined and a problem at its place when it does not compile. */
export function conditionTest(cell: Cell, protocol: string, compile: CompileCondition): Test | undefined {
  const text = cell.asText();
  if (text === undefined) return undefined;
  const compiled = compile(text);
  if (!compiled.ok) return cell.problem(`${compiled.message} (at character ${compiled.at + 1} of the condition)`);
  return (message, direction, frame) => {
    try {
      return compiled.test({
        n: frame?.n ?? 0,
        conn: 0,
        direction,
        at: frame?.time ?? 0,
        size: message.range[1] - message.range[0],
        origin: 'wire',
        fate: 'forwarded',
        protocol,
        names: [message.name ?? ''],
        ids: [message.id],
        summary: '',
        expert: frame?.dissected.expert ?? [],
        carrier: {},
        transport: 'tcp',
        proxy: '',
        role: '',
        journey: undefined,
        client: NOWHERE,
        server: NOWHERE,
        answerMs: Number.NaN,
        waitedMs: Number.NaN,
        mark: undefined,
        comment: undefined,
        touchedBy: [],
        bytes: frame?.bytes ?? NO_BYTES,
        fields: [message.fields],
      });
    } catch {
      return false;
    }
  };
}

/** One check over a connection, as a protocol file declares it. */
export interface Invariant {
  readonly name: string;
  readonly text: string;
  readonly severity: Severity;
  /** Messages it is about; undefined: all. */
  readonly where?: Test;
  /** Must hold. */
  readonly that?: Test;
  /** One of these messages must have come before on the connection. */
  readonly after?: readonly string[];
  /** The value at this path may not change between the messages it is about. */
  readonly constant?: string;
  /** The value at this path grows from message to message. */
  readonly increasing?: string;
}

export function watcherOf(invariants: readonly Invariant[]): Watcher {
  const seen = new Set<string>();
  const last = new Map<Invariant, unknown>();
  return {
    see: (frame) => {
      const found: ExpertInfo[] = [];
      for (const message of frame.dissected.messages) {
        for (const invariant of invariants) {
          if (invariant.where !== undefined && !invariant.where(message, frame.direction, frame)) continue;
          if (!isKept(invariant, message, frame, seen, last)) {
            const { severity, name: code, text } = invariant;
            found.push({ severity, group: 'invariant', code, text, range: message.range });
          }
        }
        if (message.name !== null) seen.add(message.name);
      }
      return found;
    },
  };
}

function isKept(
  invariant: Invariant,
  message: DissectedMessage,
  frame: SeenFrame,
  seen: ReadonlySet<string>,
  last: Map<Invariant, unknown>,
): boolean {
  const { that, after, constant, increasing } = invariant;
  if (after !== undefined && !after.some((name) => seen.has(name))) return false;
  const path = constant ?? increasing;
  if (path !== undefined) {
    const value = getPath(message.fields, path);
    if (value !== undefined) {
      const before = last.get(invariant);
      last.set(invariant, constant !== undefined ? (before ?? value) : value);
      if (before !== undefined) {
        if (constant !== undefined && !equalValues(before, value)) return false;
        if (increasing !== undefined && !((value as number) > (before as number))) return false;
      }
    }
  }
  return that === undefined || that(message, frame.direction, frame);
}
