/** Many messages of one name as a table: what is the same in all is said once. */
import type { Direction } from '../protocol/protocol.ts';
import { formatPath } from '../schema/path.ts';
import { leavesOf, valueText } from './leaves.ts';
import type { RecordedFrame } from './recording.ts';

/** Many messages of one type side by side: a column per field that is not the same in all of them. */
export interface MessageTable {
  readonly columns: readonly string[];
  /** `at`: seconds since the recording began. */
  readonly rows: readonly {
    readonly n: number;
    readonly conn: number;
    readonly at: number;
    readonly cells: readonly string[];
  }[];
  /** Fields with one value throughout. */
  readonly constant: readonly { readonly path: string; readonly value: string }[];
}

const MAX_COLUMNS = 60;

/** All messages of one name as an aligned table. */
export function tableOf(frames: readonly RecordedFrame[], name: string, direction?: Direction): MessageTable {
  const found = frames
    .filter((frame) => direction === undefined || frame.direction === direction)
    .flatMap((frame) =>
      frame.messages
        .filter((message) => message.name === name)
        .map((message) => ({
          frame,
          cells: new Map(leavesOf(message.fields).map((leaf) => [formatPath(leaf.path), valueText(leaf.value, 40)])),
        })),
    );
  const paths = [...new Set(found.flatMap((one) => [...one.cells.keys()]))];
  const valuesOf = (path: string): Set<string> => new Set(found.map((one) => one.cells.get(path) ?? ''));
  const columns = paths.filter((path) => valuesOf(path).size > 1).slice(0, MAX_COLUMNS);
  return {
    columns,
    rows: found.map(({ frame, cells }) => ({
      n: frame.n,
      conn: frame.conn,
      at: frame.at / 1000,
      cells: columns.map((path) => cells.get(path) ?? ''),
    })),
    constant: paths
      .filter((path) => valuesOf(path).size === 1)
      .map((path) => ({ path, value: [...valuesOf(path)][0] ?? '' })),
  };
}
