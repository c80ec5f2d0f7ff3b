/** What to call a message of an unknown protocol: games nearly always say it themselves, under one of a few keys. */

/** Keys that commonly say which message a value is, most telling first. */
export const NAMING_KEYS: readonly string[] = [
  'type',
  'cmd',
  'command',
  'event',
  'op',
  'opcode',
  'action',
  'method',
  'kind',
  'msgType',
  'messageType',
  't',
];

/** A name from one naming value: words as they are, numbers with their key; undefined when it is neither. */
export function nameFrom(key: string, value: unknown): string | undefined {
  if (typeof value === 'string') return value !== '' && value.length <= 64 ? value : undefined;
  if (typeof value === 'number' && Number.isInteger(value)) return `${key} ${value}`;
  return undefined;
}

/** Name of a decoded value; `fallback` says what kind of thing it is. */
export function nameOf(value: unknown, keys: readonly string[]): string {
  if (Array.isArray(value)) {
    const first: unknown = value[0];
    // [event, data], as socket libraries write it.
    return typeof first === 'string' && value.length > 1 && first !== '' && first.length <= 64 ? first : 'array';
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 'value';
  for (const key of keys) {
    if (!Object.hasOwn(value, key)) continue;
    const name = nameFrom(key, (value as Record<string, unknown>)[key]);
    if (name !== undefined) return name;
  }
  return 'object';
}

/** The keys an option names ("type, cmd"), or the usual ones. */
export function keysFrom(option: string | undefined): readonly string[] {
  const keys = (option ?? '').split(',').flatMap((key) => (key.trim() === '' ? [] : [key.trim()]));
  return keys.length === 0 ? NAMING_KEYS : keys;
}
