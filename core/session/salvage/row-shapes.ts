/** What rows of a session's tables look like, for pages that no longer say which table they belong to. */
import type { PageRow, Value } from './sqlite-pages.ts';

/** By column: `#` the row's own number, `i` integer, `r` number, `t` text, `b` bytes; a capital: or nothing. */
const SHAPES = {
  frames: '#iiriiIbBBIIB',
  connections: '#TttitittrRTTIt',
  carriers: '#t',
  carrier_commands: '#iiriib',
  outcomes: '#iBRT',
  marks: '#TT',
  experts: '#iiriitTtIIT',
  rule_hits: '#itt',
  fault_decisions: '#itt',
  replay_verdicts: '#rttt',
  meta: 'tt',
  proxies: 'trt',
  fuzz_findings: 'trttt',
} as const;
export type SavedTable = keyof typeof SHAPES;
export const SAVED_TABLES = Object.keys(SHAPES) as readonly SavedTable[];
export const COLUMNS: Readonly<Record<SavedTable, number>> = Object.fromEntries(
  SAVED_TABLES.map((table) => [table, SHAPES[table].length]),
) as Record<SavedTable, number>;
/** The first format had neither checksums nor headers. */
const FEWEST_FRAME_COLUMNS = SHAPES.frames.length - 2;

/** The values of a row as they are to be written, when it can be one of this table. */
export function rowOf(table: SavedTable, { rowid, values }: PageRow): Value[] | undefined {
  const shape = SHAPES[table];
  if (values === undefined) return undefined;
  const row = [...values];
  if (table === 'frames' && row.length >= FEWEST_FRAME_COLUMNS) while (row.length < shape.length) row.push(null);
  if (row.length !== shape.length || !row.every((value, i) => fits(value, shape[i]!))) return undefined;
  if (shape.startsWith('#')) {
    if (!Number.isSafeInteger(rowid) || rowid < 1) return undefined;
    row[0] = rowid;
  }
  return isPlausible(table, row) ? row : undefined;
}

/** The table a lost row is from. Rules' and faults' decisions look alike: theirs are not guessed. */
export function guessTable(row: PageRow): SavedTable | undefined {
  return SAVED_TABLES.find(
    (table) => table !== 'rule_hits' && table !== 'fault_decisions' && rowOf(table, row) !== undefined,
  );
}

/** The highest frame number that a row of any table speaks of; 0 when it speaks of none. */
export function frameNamedBy({ rowid, values }: PageRow): number {
  if (values === undefined || values[0] !== null) return 0;
  const [, first, second] = values;
  const isIndexBlock = values.length === 2 && first instanceof Uint8Array;
  if (isIndexBlock) return rowid + Math.max(0, Math.floor((first.length - 16) / 14) - 1);
  const isMeaning = values.length === 5 && Number.isInteger(first) && typeof second === 'string';
  const isOutcome = values.length === 5 && rowOf('outcomes', { rowid, values }) !== undefined;
  const isFrame = values.length >= FEWEST_FRAME_COLUMNS && rowOf('frames', { rowid, values }) !== undefined;
  return isMeaning || isOutcome || isFrame ? rowid : 0;
}

function fits(value: Value, kind: string): boolean {
  if (value === null) return kind === '#' || kind !== kind.toLowerCase();
  switch (kind.toLowerCase()) {
    case 'i':
      return Number.isSafeInteger(value);
    case 'r':
      return typeof value === 'number' && Number.isFinite(value);
    case 't':
      return typeof value === 'string';
    case 'b':
      return value instanceof Uint8Array;
    default:
      return false;
  }
}

const LONG_AGO = 1e8;

function isPlausible(table: SavedTable, row: readonly Value[]): boolean {
  switch (table) {
    case 'frames':
      return isAtMost(row[2], 1) && isAtMost(row[5], 3) && isAtMost(row[1], 2 ** 32);
    case 'carriers':
      return String(row[1]).startsWith('{"');
    case 'proxies':
      // Facts look the same, but for the frame number where proxies have a time.
      return (row[1] as number) > LONG_AGO && String(row[2]).startsWith('{');
    default:
      return true;
  }
}
function isAtMost(value: Value | undefined, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most;
}
