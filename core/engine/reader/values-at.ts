/** Values of a column or plot: a property of the frame (`frame.size`) or a path into its fields, `message.` in front if wanted. */
import { parsePath } from '../../schema/path.ts';
import type { FilterSubject } from '../../traffic/filter/filter.ts';
import { findProperty } from '../../traffic/filter/properties.ts';
import { collect } from '../../traffic/filter/values.ts';
import type { Segment } from '../../traffic/filter/syntax.ts';

interface ParsedPath {
  readonly property: ReturnType<typeof findProperty>;
  readonly segments: readonly Segment[];
}
const parsed = new Map<string, ParsedPath>();

/** All values in order of the frame's messages; empty when the path leads nowhere or is no path. */
export function valuesAt(subject: FilterSubject, path: string): unknown[] {
  const { property, segments } = parse(path);
  const values: unknown[] = [];
  if (property !== undefined) {
    const value = property.property.read(subject, 0);
    if (value !== undefined) values.push(value);
    return values;
  }
  if (segments.length === 0) return values;
  subject.names.forEach((name, i) => {
    const fields = subject.fields[i];
    const [first] = segments;
    const isQualified = segments.length > 1 && first !== undefined && 'key' in first && first.key === name;
    collect(fields, isQualified ? segments.slice(1) : segments, 0, values);
    if (values.length === 0 && isQualified) collect(fields, segments, 0, values);
  });
  return values;
}

function parse(path: string): ParsedPath {
  let known = parsed.get(path);
  if (known !== undefined) return known;
  const keys = path.split('.');
  let segments: readonly Segment[] = [];
  try {
    segments = parsePath(path.replaceAll('[]', '')).map(
      (s): Segment => (typeof s === 'number' ? { index: s } : { key: s }),
    );
  } catch {
    // Not a path: the column stays empty.
  }
  const property = findProperty(keys);
  known = { property: property?.used === keys.length ? property : undefined, segments };
  if (parsed.size > 1000) parsed.clear();
  parsed.set(path, known);
  return known;
}
