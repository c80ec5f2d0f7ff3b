/**
 * What must hold of any traffic, as a team writes it down: `always`, `never`, and `after … within … expect …`, in the filter
 * language. Read from YAML, checked frame by frame.
 *
 *     contracts:
 *       - name: health never falls below zero
 *         never: hp < 0
 *       - name: every login is answered
 *         after: message == "login"
 *         within: 2s
 *         expect: message == "login_result"
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type CompiledFilter, compileFilter, type FilterSubject, type Vocabulary } from '../traffic/filter/filter.ts';

export type Contract = { readonly name: string; readonly line: number } & (
  | { readonly kind: 'always'; readonly test: CompiledFilter; readonly where: CompiledFilter | undefined }
  | { readonly kind: 'never'; readonly test: CompiledFilter }
  | {
      readonly kind: 'after';
      readonly after: CompiledFilter;
      readonly expect: CompiledFilter;
      /** Seconds; Infinity: at any time until the end. */
      readonly within: number;
      /** The expected frame may come on any connection. */
      readonly anywhere: boolean;
    }
);

export interface ContractProblem {
  readonly line: number;
  readonly message: string;
}

const KEYS = ['name', 'always', 'where', 'never', 'after', 'within', 'expect', 'anywhere'];
const SHAPES = '`always:` (with `where:`), `never:`, or `after:` with `expect:` and `within:`';

export function readContracts(
  yaml: string,
  vocabulary: Vocabulary,
): { readonly contracts: readonly Contract[]; readonly problems: readonly ContractProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const problems: ContractProblem[] = document.errors.map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: error.message,
  }));
  const root = document.contents;
  const list = isMap(root) ? root.get('contracts', true) : root;
  if (problems.length > 0) return { contracts: [], problems };
  if (!isSeq(list) || list.items.length === 0) {
    return {
      contracts: [],
      problems: [{ line: 1, message: 'a list of contracts is expected, under `contracts:` or as it is' }],
    };
  }
  const contracts = list.items.flatMap((item, i) => {
    const line = lines.linePos((item as Node).range?.[0] ?? 0).line;
    const read = readOne(item, i, line, vocabulary);
    if ('message' in read) {
      problems.push({ line, message: read.message });
      return [];
    }
    return [read];
  });
  return { contracts, problems };
}

function readOne(item: unknown, index: number, line: number, vocabulary: Vocabulary): Contract | { message: string } {
  if (!isMap(item)) return { message: `a contract has ${SHAPES}` };
  const given = new Map<string, string>();
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!KEYS.includes(name)) return { message: `\`${name}\` is not known; known: ${KEYS.join(', ')}` };
    if (!isScalar(value) || value.value === null) return { message: `\`${name}\` needs a text` };
    given.set(name, String(value.value));
  }
  const kinds = (['always', 'never', 'after'] as const).filter((kind) => given.has(kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return { message: `a contract has one of ${SHAPES}` };
  const allowed = { always: ['where'], never: [], after: ['within', 'expect', 'anywhere'] }[kind] as readonly string[];
  const odd = [...given.keys()].find((key) => key !== 'name' && key !== kind && !allowed.includes(key));
  if (odd !== undefined) return { message: `\`${odd}\` does not go with \`${kind}\`` };
  const filters = new Map<string, CompiledFilter>();
  for (const key of ['always', 'where', 'never', 'after', 'expect']) {
    const text = given.get(key);
    if (text === undefined) continue;
    const filter = compileFilter(text, vocabulary);
    if (!filter.ok) return { message: `${key}: ${filter.message} (at character ${filter.at + 1})` };
    filters.set(key, filter);
  }
  const base = { name: given.get('name') ?? `contract ${index + 1}`, line };
  const test = filters.get(kind)!;
  if (kind === 'always') return { ...base, kind, test, where: filters.get('where') };
  if (kind === 'never') return { ...base, kind, test };
  const expect = filters.get('expect');
  if (expect === undefined) return { message: '`after` needs `expect`' };
  const within = given.has('within') ? secondsOf(given.get('within')!) : Infinity;
  if (within === undefined)
    return { message: `\`within\` takes a time such as 2s or 500ms, not "${given.get('within')}"` };
  return { ...base, kind, after: test, expect, within, anywhere: given.get('anywhere') === 'true' };
}

function secondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m)?$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * { ms: 0.001, s: 1, m: 60 }[(match[2] ?? 's') as 's'];
}

export interface Breach {
  readonly n: number;
  readonly text: string;
}

export interface ContractResult {
  readonly name: string;
  readonly line: number;
  readonly held: boolean;
  /** Frames it said something about; 0: it was never put to the test. */
  readonly tested: number;
  readonly broken: number;
  /** The first ones. */
  readonly breaches: readonly Breach[];
}

const KEPT = 20;
/** Open expectations beyond this are not kept. */
const MAX_OPEN = 100_000;

/** Fed every frame in order, then `end`. */
export class ContractCheck {
  readonly #contracts: readonly Contract[];
  readonly #tested: number[];
  readonly #broken: number[];
  readonly #breaches: Breach[][];
  readonly #open: { readonly n: number; readonly conn: number; readonly at: number }[][];

  constructor(contracts: readonly Contract[]) {
    this.#contracts = contracts;
    this.#tested = contracts.map(() => 0);
    this.#broken = contracts.map(() => 0);
    this.#breaches = contracts.map(() => []);
    this.#open = contracts.map(() => []);
  }

  see(subject: FilterSubject): void {
    this.#contracts.forEach((contract, i) => {
      switch (contract.kind) {
        case 'always':
          if (contract.where !== undefined && !contract.where.test(subject)) return;
          this.#tested[i]!++;
          if (!contract.test.test(subject)) this.#breach(i, subject.n, nameOf(subject));
          return;
        case 'never':
          this.#tested[i]!++;
          if (contract.test.test(subject)) this.#breach(i, subject.n, nameOf(subject));
          return;
        case 'after':
          this.#expire(i, contract.within, subject.at);
          this.#settle(i, contract, subject);
          if (contract.after.test(subject) && this.#open[i]!.length < MAX_OPEN) {
            this.#tested[i]!++;
            this.#open[i]!.push({ n: subject.n, conn: subject.conn, at: subject.at });
          }
          return;
        default:
          contract satisfies never;
      }
    });
  }

  end(): readonly ContractResult[] {
    this.#contracts.forEach((contract, i) => {
      if (contract.kind === 'after') this.#expire(i, -1, Infinity);
    });
    return this.#contracts.map(({ name, line }, i) => ({
      name,
      line,
      held: this.#broken[i] === 0,
      tested: this.#tested[i]!,
      broken: this.#broken[i]!,
      breaches: this.#breaches[i]!,
    }));
  }

  /** One frame fulfils the oldest expectation that it fits. */
  #settle(i: number, contract: Extract<Contract, { kind: 'after' }>, subject: FilterSubject): void {
    const open = this.#open[i]!;
    if (open.length === 0 || !contract.expect.test(subject)) return;
    const at = open.findIndex((one) => contract.anywhere || one.conn === subject.conn);
    if (at >= 0) open.splice(at, 1);
  }

  #expire(i: number, within: number, now: number): void {
    const open = this.#open[i]!;
    while (open[0] !== undefined && now - open[0].at > within) {
      const { n, conn } = open.shift()!;
      const limit = within >= 0 ? ` within ${within} s` : '';
      this.#breach(i, n, `what is expected did not come${limit} on connection ${conn}`);
    }
  }

  #breach(i: number, n: number, text: string): void {
    this.#broken[i]!++;
    if (this.#breaches[i]!.length < KEPT) this.#breaches[i]!.push({ n, text });
  }
}

function nameOf({ names, summary }: FilterSubject): string {
  return `${names[0] || 'not understood'} ${summary}`.trim();
}
