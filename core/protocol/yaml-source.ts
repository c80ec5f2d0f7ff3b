/** A YAML text whose every value knows its line, so that each complaint can point at it. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node as YamlNode,
  parseDocument,
} from 'yaml';

export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly message: string;
}

/** Cells looked at before giving up: aliases of aliases can stand for millions. */
const MOST_CELLS = 100_000;
const MOST_PROBLEMS = 100;

export class YamlSource {
  readonly problems: YamlProblem[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private cells = 0;

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, uniqueKeys: true });
    for (const error of this.document.errors) this.add(error.pos[0], error.message);
  }

  get root(): Cell {
    return new Cell(this, this.document.contents, 0);
  }

  add(offset: number, message: string): void {
    if (this.problems.length >= MOST_PROBLEMS) return;
    const { line, col } = this.lines.linePos(offset);
    const problem = { line: Math.max(1, line), column: Math.max(1, col), message };
    const known = this.problems.some((one) => one.line === line && one.column === col && one.message === message);
    if (!known) this.problems.push(problem);
  }

  /** The node an alias stands for; null when there is none or there are far too many. */
  resolve(node: unknown): YamlNode | null {
    this.cells += 1;
    if (this.cells > MOST_CELLS) return null;
    if (isAlias(node)) return (node.resolve(this.document) as YamlNode | undefined) ?? null;
    return (node as YamlNode | null) ?? null;
  }
}

export interface Entry {
  readonly key: string;
  /** For complaints about the key itself. */
  readonly keyCell: Cell;
  readonly value: Cell;
}

/** One value of the text. The `as…` readers complain at its place and give undefined. */
export class Cell {
  private readonly source: YamlSource;
  private readonly node: YamlNode | null;
  private readonly offset: number;

  constructor(source: YamlSource, node: unknown, fallback: number) {
    this.source = source;
    this.node = source.resolve(node);
    const own = (node as YamlNode | null)?.range?.[0];
    this.offset = own ?? fallback;
  }

  problem(message: string): undefined {
    this.source.add(this.offset, message);
    return undefined;
  }

  /** Anything was complained about, anywhere in the text. */
  get hasProblems(): boolean {
    return this.source.problems.length > 0;
  }

  get isMap(): boolean {
    return isMap(this.node);
  }
  get isList(): boolean {
    return isSeq(this.node);
  }
  get isEmpty(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }
  /** The plain value of a scalar; undefined for maps and lists. */
  get scalar(): unknown {
    return isScalar(this.node) ? this.node.value : undefined;
  }
  /** The identity of what stands here, the same behind an alias. */
  get identity(): unknown {
    return this.node;
  }

  /** Everything as plain JavaScript. */
  get plain(): unknown {
    if (this.isMap) return Object.fromEntries(this.entries().map((entry) => [entry.key, entry.value.plain]));
    if (this.isList) return this.items().map((item) => item.plain);
    return this.scalar;
  }

  entries(): readonly Entry[] {
    if (this.isEmpty) return [];
    if (!isMap(this.node)) {
      this.problem('Expected keys and values here.');
      return [];
    }
    return this.node.items.map((pair) => {
      const keyCell = new Cell(this.source, pair.key, this.offset);
      const key = String(keyCell.scalar ?? '');
      return { key, keyCell, value: new Cell(this.source, pair.value, keyCell.offset) };
    });
  }

  items(): readonly Cell[] {
    if (this.isEmpty) return [];
    if (!isSeq(this.node)) {
      this.problem('Expected a list here.');
      return [];
    }
    return this.node.items.map((item) => new Cell(this.source, item, this.offset));
  }

  get(key: string): Cell | undefined {
    if (!isMap(this.node)) return undefined;
    return this.entries().find((entry) => entry.key === key)?.value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** The value under a key that must be there; `complaint` is said when it is not. */
  need(key: string, complaint: string): Cell | undefined {
    return this.get(key) ?? this.problem(complaint);
  }

  /** Complains about every key that is not one of these. */
  allow(...known: readonly string[]): void {
    if (!this.isMap) return;
    for (const { key, keyCell } of this.entries()) {
      if (known.includes(key)) continue;
      const near = closest(key, known);
      keyCell.problem(
        `Unknown key ${key}.${near === undefined ? ` Known here: ${known.join(', ')}.` : ` Did you mean ${near}?`}`,
      );
    }
  }

  asText(): string | undefined {
    const { scalar } = this;
    if (typeof scalar === 'string') return scalar;
    if (typeof scalar === 'number' || typeof scalar === 'boolean') return String(scalar);
    return this.problem('Expected a text here.');
  }

  asNumber(): number | undefined {
    const { scalar } = this;
    return typeof scalar === 'number' ? scalar : this.problem('Expected a number here.');
  }

  asBoolean(): boolean | undefined {
    const { scalar } = this;
    return typeof scalar === 'boolean' ? scalar : this.problem('Expected true or false here.');
  }

  /** One of the words. */
  asWord<W extends string>(words: readonly W[]): W | undefined {
    const text = this.asText();
    if (text === undefined) return undefined;
    const found = words.find((word) => word === text);
    return found ?? this.problem(`Expected one of ${words.join(', ')}, not ${text}.`);
  }

  /** A list of texts; one text alone counts as a list. */
  asTexts(): readonly string[] {
    const cells = this.isList ? this.items() : [this];
    return cells.flatMap((cell) => cell.asText() ?? []);
  }
}

/** The known word a typing mistake most likely meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const cost = distance(word.toLowerCase(), candidate.toLowerCase());
    if (cost < least) {
      least = cost;
      best = candidate;
    }
  }
  return best;
}

function distance(one: string, two: string): number {
  let row = Array.from({ length: two.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let other = 1; other <= two.length; other += 1) {
      const swap = (row[other - 1] as number) + (one[at - 1] === two[other - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[other] as number) + 1, (next[other - 1] as number) + 1));
    }
    row = next;
  }
  return row[two.length] as number;
}
