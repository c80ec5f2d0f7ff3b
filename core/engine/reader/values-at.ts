/** Values of a column or plot: a property of the frame (`frame.size`) or a path into its fields, `message.` in front if wanted. */
import { parsePath } from '../../schema/path.ts';
import type { FilterSubject } from '../../traffic/filter/filter.ts';
import { findProperty } from '../../traffic/filter/properties.ts';
import { collect } from '../../traffic/filter/values.ts';
import type { Segment } from '../../traffic/filter/syntax.ts';

interface ParsedPath {
  readonly property: ReturnType<typeof findProperty>;
  /** `frame.size` can mean nothing else. */
  readonly isCertain: boolean;
  readonly segments: readonly Segment[];
}
const parsed = new Map<string, ParsedPath>();

/** All values in order of the frame's messages; empty when the path leads nowhere or is no path. */
export function valuesAt(subject: FilterSubject, path: string): unknown[] {
  const { property, isCertain, segments } = parse(path);
  const values: unknown[] = [];
  if (!isCertain && segments.length > 0) collectFields(subject, segments, values);
  // A word such as `id` is first of all the field that someone pointed at.
  if (values.length === 0 && property !== undefined) {
    const value = property.property.read(subject, 0);
    if (value !== undefined) values.push(value);
  }
  return values;
}

function collectFields(subject: FilterSubject, segments: readonly Segment[], values: unknown[]): void {
  const [first] = segments;
  subject.names.forEach((name, i) => {
    const fields = subject.fields[i];
    const isQualified = segments.length > 1 && first !== undefined && 'key' in first && first.key === name;
    const before = values.length;
    collect(fields, isQualified ? segments.slice(1) : segments, 0, values);
    if (values.length === before && isQualified) collect(fields, segments, 0, values);
  });
}

function parse(path: string): ParsedPath {
  let known = parsed.get(path);
  if (known !== undefined) return known;
  const isField = path.startsWith('fields.');
  const keys = path.split('.');
  let segments: readonly Segment[] = [];
  try {
    const plain = (isField ? path.slice('fields.'.length) : path).replaceAll('[]', '');
    segments = parsePath(plain).map((s): Segment => (typeof s === 'number' ? { index: s } : { key: s }));
  } catch {
    // Not a path: the column stays empty.
  }
  const found = isField ? undefined : findProperty(keys);
  const property = found?.used === keys.length ? found : undefined;
  known = { property, isCertain: property !== undefined && keys.length > 1, segments };
  if (parsed.size > 1000) parsed.clear();
  parsed.set(path, known);
  return known;
}
