/**
 * Changes one section of a YAML text in place: only the characters of what really changed are replaced, so that comments, order,
 * quotes and spacing of everything else stay exactly as someone wrote them.
 */
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** What tells the items of a list apart, by list; items of other lists are told apart by place. */
type ItemKeys = ReadonlyMap<readonly unknown[], readonly string[]>;

/** The text is written in a way that cannot be changed in place (aliases, several values on one line). */
export class NotPatchable extends Error {}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
type Values = Readonly<Record<string, unknown>>;

const LAYOUT = { lineWidth: 0, blockQuote: false, doubleQuotedMinMultiLineLength: 1e9 } as const;

/**
 * @param before value of the section as the text has it; undefined when it has none
 * @param after value it is to have
 * @throws NotPatchable
 */
export function patchSection(source: string, section: string, before: unknown, after: unknown, keys: ItemKeys): string {
  const patch = new Patch(source, keys);
  const root = parseDocument(source).contents;
  if (root === null || (isScalar(root) && root.value === null)) return patch.append({ [section]: after });
  if (!isMap(root)) throw new NotPatchable('the file is no map');
  patch.section(root as YAMLMap<Node, Node | null>, section, before, after);
  return patch.apply();
}

class Patch {
  readonly #source: string;
  readonly #keys: ItemKeys;
  readonly #eol: string;
  #edits: Edit[] = [];

  constructor(source: string, keys: ItemKeys) {
    this.#source = source;
    this.#keys = keys;
    this.#eol = source.includes('\r\n') ? '\r\n' : '\n';
  }

  apply(): string {
    return this.#applied(0, this.#source.length);
  }

  append(value: Values): string {
    const source = this.#source;
    const gap = source === '' || source.endsWith('\n') ? '' : this.#eol;
    return `${source}${gap}${this.#block(value, 0)}${this.#eol}`;
  }

  section(root: YAMLMap<Node, Node | null>, name: string, before: unknown, after: unknown): void {
    const pair = pairOf(root, name);
    if (pair !== undefined && isSeq(pair.value) && isObject(before) && isObject(after)) {
      // Faults may be written as a list; a plan that needs more keys gets them above it.
      this.#planAsList(pair, pair.value, before, after);
    } else this.#map(root, { [name]: before }, { [name]: after }, true);
  }

  #planAsList(pair: Pair<Node, Node | null>, list: YAMLSeq, before: Values, after: Values): void {
    const { faults: old, ...oldRest } = before;
    const { faults, ...rest } = after;
    if (!same(oldRest, rest)) {
      const indent = list.flow === true ? 0 : this.#column(list.range![0]);
      if (indent === 0) throw new NotPatchable('its list would have to be indented');
      const pad = ' '.repeat(indent);
      this.#edit(
        this.#lineEnd(this.#colon(pair)),
        undefined,
        `${this.#eol}${this.#block(rest, indent)}${this.#eol}${pad}faults:`,
      );
      if ((faults as unknown[]).length === 0) throw new NotPatchable('its list would be left without a key');
    }
    this.#seq(list, old as unknown[], faults as unknown[], this.#colon(pair));
  }

  #map(map: YAMLMap<Node, Node | null>, before: Values, after: Values, isRoot = false): void {
    const removed = new Set<Pair<Node, Node | null>>();
    const added: Record<string, unknown> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const value = after[key];
      if (same(before[key], value)) continue;
      const pair = pairOf(map, key);
      if (pair === undefined) {
        if (value !== undefined) added[key] = value;
      } else if (value === undefined) removed.add(pair);
      else this.#value(pair, before[key], value, map.flow === true);
    }
    const kept = map.items.filter((pair) => !removed.has(pair));
    const hasNew = Object.keys(added).length > 0;
    if (kept.length === 0 && (removed.size > 0 || map.flow === true)) {
      this.#edit(map.range![0], this.#end(map), hasNew ? this.#inline(added) : '{}');
      return;
    }
    for (const pair of removed) this.#removePair(map, pair);
    if (!hasNew) return;
    const last = this.#pairEnd(kept.at(-1)!);
    if (map.flow === true) this.#edit(last, undefined, `, ${this.#inline(added).slice(2, -2)}`);
    else if (isRoot && !/^\.\.\./m.test(this.#source)) {
      const { length } = this.#source;
      const gap = this.#source.endsWith('\n') ? '' : this.#eol;
      this.#edit(length, undefined, `${gap}${this.#block(added, 0)}${this.#eol}`);
    } else {
      const indent = this.#column(map.items[0]!.key.range![0]);
      this.#edit(this.#lineEnd(last), undefined, this.#eol + this.#block(added, indent));
    }
  }

  #removePair(map: YAMLMap<Node, Node | null>, pair: Pair<Node, Node | null>): void {
    const at = map.items.indexOf(pair);
    const start = pair.key.range![0];
    const next = map.items[at + 1];
    if (map.flow === true) {
      if (at > 0) this.#edit(this.#pairEnd(map.items[at - 1]!), this.#pairEnd(pair), '');
      else this.#edit(start, next!.key.range![0], '');
      return;
    }
    const line = this.#lineStart(start);
    if (this.#source.slice(line, start).trim() === '') this.#cut(line, this.#lineEnd(this.#pairEnd(pair)));
    else if (next !== undefined) this.#edit(start, next.key.range![0], '');
    else throw new NotPatchable('a key that shares its line cannot be removed');
  }

  #value(pair: Pair<Node, Node | null>, before: unknown, after: unknown, isInFlow: boolean): void {
    const { value } = pair;
    const colon = this.#colon(pair);
    if (isMap(value) && isObject(before) && isObject(after)) {
      this.#map(value as YAMLMap<Node, Node | null>, before, after);
      return;
    }
    const isEmpty =
      value === null || value.range![1] <= colon || this.#source.slice(value.range![0], this.#end(value)) === '';
    if (isSeq(value) && Array.isArray(before) && Array.isArray(after)) {
      if (value.items.length > 0 || isInFlow) {
        this.#seq(value, before, after, colon);
        return;
      }
    } else if (!isEmpty && !(isCollection(value) && value.flow !== true)) {
      this.#edit(value.range![0], this.#end(value), this.#inline(after, value));
      return;
    }
    // Nothing, an empty list, or a block that becomes something else.
    const indent = this.#column(pair.key.range![0]) + 2;
    const isBlock = isFilled(after) && !isInFlow;
    if (!isEmpty) this.#edit(colon, this.#end(value), '');
    if (isBlock) {
      const at = this.#lineEnd(isEmpty ? colon : Math.max(colon, this.#end(value)));
      this.#edit(at, undefined, this.#eol + this.#block(after, indent));
    } else this.#edit(colon, undefined, ` ${this.#inline(after)}`);
  }

  #seq(seq: YAMLSeq, before: readonly unknown[], after: readonly unknown[], colon?: number): void {
    const items = seq.items as Node[];
    if (items.length !== before.length) throw new NotPatchable('a list is not what it was read as');
    const from = this.#matches(before, after);
    if (seq.flow === true) this.#flowSeq(seq, items, before, after, from);
    else if (after.length > 0) this.#blockSeq(items, before, after, from);
    else if (colon === undefined) throw new NotPatchable('a list within a list cannot be emptied');
    else {
      for (const chunk of this.#chunks(items)) this.#cut(...chunk);
      this.#edit(colon, undefined, ' []');
    }
  }

  #flowSeq(
    seq: YAMLSeq,
    items: readonly Node[],
    before: readonly unknown[],
    after: readonly unknown[],
    from: readonly number[],
  ): void {
    const texts = after.map((value, i) => {
      const item = items[from[i]!];
      if (item === undefined) return this.#inline(value);
      return this.#within(item.range![0], this.#end(item), () => this.#item(item, before[from[i]!], value));
    });
    if (items.length === 0 || texts.length === 0) {
      this.#edit(seq.range![0], this.#end(seq), texts.length === 0 ? '[]' : `[${texts.join(', ')}]`);
      return;
    }
    this.#slots(
      items.map((item) => [item.range![0], this.#end(item)]),
      texts,
      ', ',
    );
  }

  #blockSeq(
    items: readonly Node[],
    before: readonly unknown[],
    after: readonly unknown[],
    from: readonly number[],
  ): void {
    const chunks = this.#chunks(items);
    const [first] = items;
    const indent = this.#source.slice(this.#lineStart(first!.range![0])).search(/[^ ]/);
    const kept = from.filter((at) => at >= 0);
    const isMoved = kept.some((at, i) => i > 0 && at < kept[i - 1]!);
    if (isMoved) {
      const texts = after.map((value, i) => {
        const at = from[i]!;
        if (at < 0) return this.#block([value], indent);
        return this.#within(...chunks[at]!, () => this.#item(items[at]!, before[at], value));
      });
      this.#slots(chunks, texts, this.#eol);
      return;
    }
    for (const [at, chunk] of chunks.entries()) if (!from.includes(at)) this.#cut(...chunk);
    let end = this.#endAbove(chunks[0]![0]);
    for (const [i, value] of after.entries()) {
      const at = from[i]!;
      if (at >= 0) {
        this.#item(items[at]!, before[at], value);
        end = chunks[at]![1];
      } else this.#edit(end, undefined, this.#eol + this.#block([value], indent));
    }
  }

  #item(item: Node, before: unknown, after: unknown): void {
    if (same(before, after)) return;
    if (isMap(item) && isObject(before) && isObject(after))
      this.#map(item as YAMLMap<Node, Node | null>, before, after);
    else if (isSeq(item) && Array.isArray(before) && Array.isArray(after)) this.#seq(item, before, after);
    else this.#edit(item.range![0], this.#end(item), this.#inline(after, item));
  }

  /** Texts in the places of others; what is between the places stays. */
  #slots(places: readonly (readonly [number, number])[], texts: readonly string[], gap: string): void {
    const most = Math.min(places.length, texts.length);
    for (let i = 0; i < most; i++) this.#edit(places[i]![0], places[i]![1], texts[i]!);
    const last = places[most - 1]![1];
    if (texts.length > most)
      this.#edit(
        last,
        undefined,
        texts
          .slice(most)
          .map((text) => gap + text)
          .join(''),
      );
    if (places.length > most) this.#edit(last, places.at(-1)![1], '');
  }

  /** Whole lines of each item of a block list, with the comment that stands right above it. */
  #chunks(items: readonly Node[]): [number, number][] {
    let floor = 0;
    return items.map((item) => {
      let start = this.#lineStart(item.range![0]);
      if (!/^ *- +$/.test(this.#source.slice(start, item.range![0])))
        throw new NotPatchable('an item of a list does not begin on its own line');
      while (start > floor) {
        const above = this.#lineStart(start - 1);
        if (above < floor || !this.#source.slice(above, start).trimStart().startsWith('#')) break;
        start = above;
      }
      const end = this.#lineEnd(this.#end(item));
      floor = this.#nextLine(end);
      return [start, end];
    });
  }

  /** For each item of `after` its place in `before`, or -1. */
  #matches(before: readonly unknown[], after: readonly unknown[]): number[] {
    const [old, now] = [this.#keys.get(before), this.#keys.get(after)];
    if (old !== undefined && now !== undefined) return now.map((key) => old.indexOf(key));
    const most = Math.min(before.length, after.length);
    let tail = 0;
    while (tail < most && same(before.at(-1 - tail), after.at(-1 - tail))) tail++;
    const shift = before.length - after.length;
    return after.map((_value, i) => {
      if (i >= after.length - tail) return i + shift;
      return i < before.length - tail ? i : -1;
    });
  }

  // ---- text --------------------------------------------------------------------------------------------------------------

  #edit(start: number, end: number | undefined, text: string): void {
    this.#edits.push({ start, end: end ?? start, text });
  }
  /** Takes whole lines out, with the line end before them: what is to follow their last one still has its place. */
  #cut(start: number, end: number): void {
    if (start === 0) this.#edit(0, this.#nextLine(end), '');
    else this.#edit(this.#endAbove(start), end, '');
  }
  #within(start: number, end: number, work: () => void): string {
    const outer = this.#edits;
    this.#edits = [];
    work();
    const text = this.#applied(start, end);
    this.#edits = outer;
    return text;
  }
  #applied(from: number, to: number): string {
    let at = from;
    let text = '';
    const inOrder = this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
    for (const edit of inOrder) {
      if (edit.start < at || edit.end > to) throw new NotPatchable('two changes touch the same place');
      text += this.#source.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + this.#source.slice(at, to);
  }

  #block(value: unknown, indent: number): string {
    const pad = ' '.repeat(indent);
    const lines = stringify(value, LAYOUT).trimEnd().split('\n');
    return lines.map((line) => pad + line).join(this.#eol);
  }
  /** On one line, in the quotes of the text it replaces. */
  #inline(value: unknown, instead?: Node): string {
    // Only double quotes can hold a line end on one line.
    const hasLines = /\\[nr]/.test(JSON.stringify(value));
    const type = hasLines ? 'QUOTE_DOUBLE' : isScalar(instead) ? instead.type : undefined;
    const quotes = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? { defaultStringType: type } : {};
    const text = stringify([value], { ...LAYOUT, ...quotes, defaultKeyType: 'PLAIN', collectionStyle: 'flow' });
    return text.trim().slice(1, -1).trim();
  }

  #colon(pair: Pair<Node, Node | null>): number {
    return this.#source.indexOf(':', this.#end(pair.key)) + 1;
  }
  #pairEnd(pair: Pair<Node, Node | null>): number {
    const colon = this.#colon(pair);
    return pair.value === null ? colon : Math.max(colon, this.#end(pair.value));
  }
  /** Where the text of a node ends, without the comments and blank lines behind it. */
  #end(node: Node): number {
    if (isCollection(node) && node.flow !== true && node.items.length > 0) {
      const last: unknown = node.items.at(-1);
      return isMap(node) ? this.#pairEnd(last as Pair<Node, Node | null>) : this.#end(last as Node);
    }
    let [start, end] = node.range!;
    while (end > start && /\s/.test(this.#source[end - 1]!)) end--;
    return end;
  }
  #lineStart(at: number): number {
    return this.#source.lastIndexOf('\n', at - 1) + 1;
  }
  #lineEnd(at: number): number {
    const end = this.#source.indexOf('\n', at);
    if (end < 0) return this.#source.length;
    return this.#source[end - 1] === '\r' ? end - 1 : end;
  }
  #endAbove(lineStart: number): number {
    return this.#lineEnd(lineStart - 1);
  }
  #nextLine(lineEnd: number): number {
    const end = this.#source.indexOf('\n', lineEnd);
    return end < 0 ? this.#source.length : end + 1;
  }
  #column(at: number): number {
    return at - this.#lineStart(at);
  }
}

function pairOf(map: YAMLMap<Node, Node | null>, key: string): Pair<Node, Node | null> | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}
const isObject = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const isFilled = (value: unknown): boolean =>
  value !== null && typeof value === 'object' && Object.keys(value).length > 0;

/** Equal whatever the order of keys. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
