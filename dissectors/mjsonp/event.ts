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

function listOf<T>(value: unknown, fits: (item: unknown) => item is T): readonly T[] | undefined {
  return Array.isArray(value) && value.every(fits) ? value : undefined;
}

const isTexts = (value: unknown): value is readonly string[] => listOf(value, isText) !== undefined;
const isYaku = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isInteger(value[1]);

export function readEvent(fields: unknown, nested = false): Event | undefined {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const from = fields as Readonly<Record<string, unknown>>;
  if (!isText(from['type'])) return undefined;
  const event: Partial<Mutable> & Pick<Mutable, 'type' | 'keys'> = {
    type: from['type'],
    keys: new Set(Object.keys(from)),
  };
  const put = <K extends keyof Event>(key: K, value: Event[K] | undefined): void => {
    if (value !== undefined) (event as Record<string, unknown>)[key] = value;
  };
  const integer = (value: unknown): number | undefined => (isInteger(value) ? value : undefined);
  const text = (value: unknown): string | undefined => (isText(value) ? value : undefined);
  put('actor', integer(from['actor']));
  put('target', integer(from['target']));
  put('id', integer(from['id']));
  put('oya', integer(from['oya']));
  put('kyoku', integer(from['kyoku']));
  put('honba', integer(from['honba']));
  put('kyotaku', integer(from['kyotaku']));
  put('fu', integer(from['fu']));
  put('fan', integer(from['fan']));
  put('points', integer(from['hora_points']));
  put('pao', integer(from['pao']));
  put('pai', text(from['pai']));
  put('doraMarker', text(from['dora_marker']));
  put('bakaze', text(from['bakaze']));
  put('reason', text(from['reason']));
  put('tsumogiri', isFlag(from['tsumogiri']) ? from['tsumogiri'] : undefined);
  put('consumed', listOf(from['consumed'], isText));
  put('uradora', listOf(from['uradora_markers'] ?? from['ura_markers'], isText));
  put('shown', listOf(from['hora_tehais'], isText));
  put('cannotDahai', listOf(from['cannot_dahai'], isText));
  put('names', listOf(from['names'], isText));
  put('tehais', listOf(from['tehais'], isTexts));
  put('tenpais', listOf(from['tenpais'], isFlag));
  put('deltas', listOf(from['deltas'], isInteger));
  put('scores', listOf(from['scores'], isInteger));
  put('yakus', listOf(from['yakus'], isYaku));
  if (!nested && Array.isArray(from['possible_actions'])) {
    put(
      'actions',
      from['possible_actions'].flatMap((action) => readEvent(action, true) ?? []),
    );
  }
  return event;
}
