/** What a rule does to a frame: each action checked and prepared once, then carried out on a treatment. */
import { getPath, parsePath, setPath } from '../schema/path.ts';
import type { Dice } from '../traffic/clock.ts';
import type { Expression, Rule, RuleAction } from '../traffic/control.ts';
import { type CompiledExpression, compileExpression } from './expression.ts';
import type { FrameSubject } from './subject.ts';
import { bytesOfHex } from './template.ts';
import type { Treatment, WriteTemplate } from './treatment.ts';

export interface CompiledAction {
  readonly action: RuleAction;
  readonly value?: CompiledExpression | { readonly constant: unknown };
  readonly find?: Uint8Array;
  readonly with?: Uint8Array;
  readonly remembers: readonly string[];
}

export interface ActionPlace {
  readonly subject: FrameSubject;
  readonly treatment: Treatment;
  readonly dice: Dice;
  readonly last: ReadonlyMap<string, unknown>;
  readonly write: WriteTemplate;
  readonly rule: Rule;
  readonly attended: boolean;
  mark(n: number, color: string | undefined, comment: string | undefined): void;
}

const MAX_COPIES = 1000;
const DEFAULT_HOLD_MS = 30_000;

/** @throws Error with a sentence about what cannot work. */
export function compileAction(action: RuleAction): CompiledAction {
  switch (action.do) {
    case 'set': {
      if (action.path.trim() === '') throw new Error('set needs the path of a field');
      parsePath(action.path);
      const value = compileValue(action.value);
      return { action, value, remembers: 'remembers' in value ? value.remembers : [] };
    }
    case 'replace': {
      const bytes = (text: string): Uint8Array =>
        action.as === 'hex' ? bytesOfHex(text) : new TextEncoder().encode(text);
      const find = bytes(action.find);
      if (find.length === 0) throw new Error('replace needs something to find');
      return { action, find, with: bytes(action.with), remembers: [] };
    }
    case 'delay':
      if (!(action.ms >= 0)) throw new Error('delay needs milliseconds, 0 or more');
      break;
    case 'duplicate':
      if (!(action.times >= 1)) throw new Error('duplicate needs how many times, 1 or more');
      break;
    case 'reorder':
      if (!(action.behind >= 1)) throw new Error('reorder needs behind how many frames, 1 or more');
      break;
    case 'inject':
    case 'answer':
      if ('hex' in action.message) bytesOfHex(action.message.hex);
  }
  return { action, remembers: [] };
}

function compileValue(value: Expression): CompiledExpression | { constant: unknown } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if ('expr' in value) return compileExpression(value.expr);
    if ('json' in value) return { constant: value.json };
  }
  return { constant: value };
}

/** Carries it out; returns what it did, in words. @throws Error when it cannot. */
export function act(compiled: CompiledAction, place: ActionPlace): string {
  const { action } = compiled;
  const { subject, treatment, rule } = place;
  switch (action.do) {
    case 'set':
      return setField(compiled, place, action.path);
    case 'replace': {
      const before = treatment.payload ?? subject.bytes;
      const { bytes, count } = replaceAll(before, compiled.find!, compiled.with!);
      if (count > 0) treatment.payload = bytes;
      return `replaced ${count} times`;
    }
    case 'drop':
      treatment.drop = true;
      return 'dropped';
    case 'delay': {
      const jitter = action.jitterMs ?? 0;
      const ms = Math.max(0, action.ms + (jitter === 0 ? 0 : (place.dice.next() * 2 - 1) * jitter));
      treatment.delayMs += ms;
      return `delayed ${Math.round(ms)} ms`;
    }
    case 'duplicate':
      treatment.copies = Math.min(MAX_COPIES, treatment.copies + Math.floor(action.times));
      return `sent ${action.times} times more`;
    case 'reorder':
      treatment.behind = Math.max(treatment.behind, Math.floor(action.behind));
      return `moved behind ${action.behind}`;
    case 'hold':
      if (!place.attended) return 'not held: nobody is there to decide';
      treatment.hold ??= {
        by: rule.id,
        limitMs: action.limitMs ?? DEFAULT_HOLD_MS,
        onLimit: action.onLimit ?? 'forward',
      };
      return 'held';
    case 'mark':
      place.mark(subject.n, action.color, action.comment);
      return 'marked';
    case 'inject': {
      const { direction, where } = action;
      const payload = place.write(action.message, direction);
      treatment.inserts.push({ direction, payload, carrier: subject.carrier, where });
      return `injected ${where} it`;
    }
    case 'answer': {
      const direction = subject.direction === 'toServer' ? 'toClient' : 'toServer';
      const payload = place.write(action.message, direction);
      treatment.drop = true;
      treatment.inserts.push({ direction, payload, carrier: subject.carrier, where: 'aside' });
      return 'answered';
    }
    case 'close':
    case 'reset':
      treatment.close = action.do;
      return action.do === 'close' ? 'closed the connection' : 'reset the connection';
  }
}

function setField(compiled: CompiledAction, place: ActionPlace, path: string): string {
  const { subject, treatment } = place;
  const { meaning } = subject;
  if (meaning === undefined) throw new Error('the protocol of the connection is not known, so no field can be set');
  // An earlier action of the same frame may have edited it already.
  const current = treatment.payload ?? subject.bytes;
  const dissected =
    treatment.payload === undefined
      ? meaning.dissected
      : meaning.protocol.dissect(current, subject.direction, meaning.state);
  const named = dissected.messages.filter((m) => m.name !== null);
  const message = named.find((m) => getPath(m.fields, path) !== undefined) ?? named[0];
  if (message === undefined || message.name === null) throw new Error('the frame could not be understood');
  const value =
    'constant' in compiled.value!
      ? compiled.value.constant
      : compiled.value!.evaluate({
          fields: message.fields,
          dice: place.dice,
          last: (name, where) => getPath(place.last.get(name), where),
        });
  const before = getPath(message.fields, path);
  const typed = typeof before === 'bigint' && typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  const fields = setPath(message.fields, path, typed);
  const { bytes } = meaning.protocol.encode({ message: message.name, fields }, subject.direction, meaning.state, {
    original: current,
  });
  treatment.payload = bytes;
  return `${path} set to ${short(typed)}`;
}

function short(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function replaceAll(bytes: Uint8Array, find: Uint8Array, by: Uint8Array): { bytes: Uint8Array; count: number } {
  const places: number[] = [];
  for (let at = 0; at + find.length <= bytes.length; ) {
    let i = 0;
    while (i < find.length && bytes[at + i] === find[i]) i++;
    if (i === find.length) {
      places.push(at);
      at += find.length;
    } else at++;
  }
  const result = new Uint8Array(bytes.length + places.length * (by.length - find.length));
  let from = 0;
  let to = 0;
  for (const place of places) {
    result.set(bytes.subarray(from, place), to);
    to += place - from;
    result.set(by, to);
    to += by.length;
    from = place + find.length;
  }
  result.set(bytes.subarray(from), to);
  return { bytes: result, count: places.length };
}
