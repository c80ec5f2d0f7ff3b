/** Reading and changing decoded values by path (`beings[2].destination.y`), without touching what came in. Pure. */

export function pathKeys(path: string): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (const match of path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)) {
    if (match[1] !== undefined) keys.push(Number(match[1]));
    else keys.push(match[2] === undefined ? (match[3] ?? '') : (JSON.parse(`"${match[2]}"`) as string));
  }
  return keys;
}

export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const key of pathKeys(path)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** A copy with one value changed; `undefined` takes the key away. */
export function setAt(value: unknown, path: string, next: unknown): unknown {
  return put(value, pathKeys(path), next);
}

function put(value: unknown, keys: readonly (string | number)[], next: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return next;
  if (typeof key === 'number' || Array.isArray(value)) {
    const list: unknown[] = Array.isArray(value) ? [...value] : [];
    if (next === undefined && rest.length === 0) list.splice(Number(key), 1);
    else list[Number(key)] = put(list[Number(key)], rest, next);
    return list;
  }
  const before = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  if (next === undefined && rest.length === 0) {
    const { [key]: _gone, ...others } = before;
    return others;
  }
  return { ...before, [key]: put(before[key], rest, next) };
}

/** Paths of leaves that differ. */
export function changedPaths(before: unknown, after: unknown, path = ''): readonly string[] {
  if (Object.is(before, after)) return [];
  if (
    typeof before === 'object' &&
    typeof after === 'object' &&
    before !== null &&
    after !== null &&
    Array.isArray(before) === Array.isArray(after)
  ) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const isList = Array.isArray(after);
    return [...keys].flatMap((key) => {
      const inner = isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      return changedPaths((before as Record<string, unknown>)[key], (after as Record<string, unknown>)[key], inner);
    });
  }
  return [path];
}
