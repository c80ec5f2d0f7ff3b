/**
 * One mjsonp message as the watcher reads it: only keys with the right type, so that its checks never meet a surprise.
 * What is missing or of the wrong type is the schema's to remark.
 */

export interface Event {
  readonly type: string;
  readonly keys: ReadonlySet<string>;
  readonly actor?: number;
  readonly target?: number;
  readonly id?: number;
  readonly oya?: number;
  readonly kyoku?: number;
  readonly honba?: number;
  readonly kyotaku?: number;
  readonly fu?: number;
  readonly fan?: number;
  readonly points?: number;
  readonly pao?: number;
  readonly pai?: string;
  readonly doraMarker?: string;
  readonly bakaze?: string;
  readonly reason?: string;
  readonly tsumogiri?: boolean;
  readonly consumed?: readonly string[];
  readonly uradora?: readonly string[];
  readonly shown?: readonly string[];
  readonly cannotDahai?: readonly string[];
  readonly names?: readonly string[];
  readonly tehais?: readonly (readonly string[])[];
  readonly tenpais?: readonly boolean[];
  readonly deltas?: readonly number[];
  readonly scores?: readonly number[];
  readonly yakus?: readonly (readonly [string, number])[];
  readonly actions?: readonly Event[];
}

type Mutable = { -readonly [K in keyof Event]: Event[K] };

const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

function isListOf<T>(value: unknown, fits: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(fits);
}

const isTexts = (value: unknown): value is readonly string[] => isListOf(value, isText);
const isYaku = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isInteger(value[1]);

/** The last object read: state, checks and summary ask for the same one in turn. */
let last: { readonly fields: object; readonly event: Event | undefined } | undefined;

export function readEvent(fields: unknown): Event | undefined {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  if (last?.fields !== fields) last = { fields, event: read(fields, false) };
  return last.event;
}

function read(fields: object, nested: boolean): Event | undefined {
  const { type } = fields as { readonly type?: unknown };
  if (!isText(type)) return undefined;
  const names = Object.keys(fields);
  const event: Mutable = { type, keys: new Set(names) };
  for (const name of names) put(event, name, (fields as Readonly<Record<string, unknown>>)[name], nested);
  return event;
}

function put(event: Mutable, name: string, value: unknown, nested: boolean): void {
  switch (name) {
    case 'actor':
    case 'target':
    case 'id':
    case 'oya':
    case 'kyoku':
    case 'honba':
    case 'kyotaku':
    case 'fu':
    case 'fan':
    case 'pao':
      if (isInteger(value)) event[name] = value;
      return;
    case 'hora_points':
      if (isInteger(value)) event.points = value;
      return;
    case 'pai':
    case 'bakaze':
    case 'reason':
      if (isText(value)) event[name] = value;
      return;
    case 'dora_marker':
      if (isText(value)) event.doraMarker = value;
      return;
    case 'tsumogiri':
      if (isFlag(value)) event.tsumogiri = value;
      return;
    case 'consumed':
    case 'names':
      if (isTexts(value)) event[name] = value;
      return;
    case 'uradora_markers':
      if (isTexts(value)) event.uradora = value;
      return;
    case 'ura_markers':
      if (isTexts(value)) event.uradora ??= value;
      return;
    case 'hora_tehais':
      if (isTexts(value)) event.shown = value;
      return;
    case 'cannot_dahai':
      if (isTexts(value)) event.cannotDahai = value;
      return;
    case 'tehais':
      if (isListOf(value, isTexts)) event.tehais = value;
      return;
    case 'tenpais':
      if (isListOf(value, isFlag)) event.tenpais = value;
      return;
    case 'deltas':
    case 'scores':
      if (isListOf(value, isInteger)) event[name] = value;
      return;
    case 'yakus':
      if (isListOf(value, isYaku)) event.yakus = value;
      return;
    case 'possible_actions':
      if (!nested && Array.isArray(value)) {
        event.actions = value.flatMap((action: unknown) =>
          typeof action === 'object' && action !== null && !Array.isArray(action) ? (read(action, true) ?? []) : [],
        );
      }
      return;
    default:
    // Keys the checks do not ask for.
  }
}
