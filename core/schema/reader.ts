/** Where a binary decode stands, and the few ways it can go wrong. Nothing here throws. */
import type { ExpertGroup, ExpertInfo, Severity } from './expert-info.ts';
import type { FieldNode, Limits, Meta } from './nodes.ts';
import { formatPath, type Segment } from './path.ts';

export const NO_CHILDREN: readonly FieldNode[] = Object.freeze([]);
const REST: Meta = Object.freeze({ label: 'Rest' });
const MOST_REMARKS = 100;

export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly limits: Limits;
  at: number;
  /** Values that may still be made. */
  nodes: number;
  /** The rest could not be decoded; containers close and return what they have. */
  failed = false;
  expert: ExpertInfo[] | null = null;
  /** Tree nodes of the container being read; null when only values are wanted. */
  out: FieldNode[] | null;
  /** Struct values being read, outermost first. */
  readonly scopes: Record<string, unknown>[] = [];
  /** Names from the root to the field being read; only the first `depth` count. */
  readonly names: Segment[] = [];
  depth = 0;
  /** Inside an inner buffer, ranges mean nothing to the frame: the outer range stands for all. */
  readonly outer: readonly [number, number] | null;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: Limits,
    tree: boolean,
    outer: Reader['outer'] = null,
  ) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.limits = limits;
    this.nodes = limits.maxNodes;
    this.out = tree ? [] : null;
    this.outer = outer;
  }

  path(name: Segment): string {
    const segments = this.names.slice(0, this.depth);
    if (name !== '') segments.push(name);
    return formatPath(segments);
  }

  say(
    severity: Severity,
    group: ExpertGroup,
    code: string,
    text: string,
    name: Segment,
    start: number,
    end: number,
  ): void {
    this.expert ??= [];
    if (this.expert.length >= MOST_REMARKS) return;
    this.expert.push({ severity, group, code, text, range: this.outer ?? [start, end], path: this.path(name) });
  }

  /** The field does not fit: remark it, show what is left as bytes, and stop. */
  fail(code: string, text: string, name: Segment): void {
    this.say('error', 'malformed', code, text, name, this.at, this.end);
    this.failed = true;
    this.rest();
  }

  short(name: Segment, needed: number): void {
    const left = this.end - this.at;
    this.fail(
      'truncated',
      `${this.path(name) || 'The message'} needs ${needed} byte${needed === 1 ? '' : 's'}, ${left} left.`,
      name,
    );
  }

  /** Everything unread as one field of bytes. */
  rest(): void {
    if (this.out !== null && this.at < this.end) {
      this.out.push({
        name: '#rest',
        kind: 'bytes',
        start: this.at,
        end: this.end,
        value: this.bytes.subarray(this.at, this.end),
        meta: REST,
        children: NO_CHILDREN,
      });
    }
    this.at = this.end;
  }

  /** One step deeper; false (and failed) when too deep. */
  enter(name: Segment): boolean {
    this.names[this.depth] = name;
    this.depth += 1;
    if (this.depth <= this.limits.maxDepth) return true;
    this.fail('budget', `Nested deeper than ${this.limits.maxDepth}.`, '');
    return false;
  }

  leave(): void {
    this.depth -= 1;
  }

  spend(count: number, name: Segment): boolean {
    this.nodes -= count;
    if (this.nodes >= 0) return true;
    this.fail('budget', `More than ${this.limits.maxNodes} fields.`, name);
    return false;
  }
}
