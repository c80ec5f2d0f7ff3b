/** A table of one-line rows: sortable heads, one selected row, arrow keys, drawn only while in sight. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { Icon } from '../icons/icon.tsx';
import { revealRow, VirtualRows } from './virtual-rows.tsx';

export interface TableColumn<Row> {
  readonly id: string;
  readonly title: string;
  /** A grid track: `72px`, `minmax(0, 1fr)`. */
  readonly width: string;
  readonly isRight?: boolean;
  readonly isMono?: boolean;
  readonly text: (row: Row) => string;
  readonly cell?: (row: Row) => ReactNode;
  /** What to sort by; by text when absent. */
  readonly sort?: (row: Row) => number | string;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly TableColumn<Row>[];
  readonly rowKey: (row: Row) => string | number;
  readonly selected?: string | number | undefined;
  readonly onSelect?: (row: Row) => void;
  readonly onOpen?: (row: Row) => void;
  readonly onMenu?: (row: Row, event: MouseEvent) => void;
  readonly className?: string;
  /** Keep the given order: heads do not sort. */
  readonly isFixed?: boolean;
  readonly rowClass?: (row: Row) => string;
}

const ROW = 22;
const HEAD = 26;

export function Table<Row>(props: TableProps<Row>) {
  const { rows, columns, rowKey, selected, onSelect, isFixed = false } = props;
  const [order, setOrder] = useState<{ readonly id: string; readonly isDown: boolean } | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const sorted = useMemo(() => {
    const column = order === null ? undefined : columns.find((each) => each.id === order.id);
    if (column === undefined || order === null) return rows;
    const by = column.sort ?? column.text;
    const sign = order.isDown ? -1 : 1;
    return [...rows].sort((a, b) => {
      const [x, y] = [by(a), by(b)];
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
  }, [rows, columns, order]);
  const at = selected === undefined ? -1 : sorted.findIndex((row) => rowKey(row) === selected);
  useEffect(() => {
    scroller.current?.style.setProperty('--cols', columns.map((column) => column.width).join(' '));
  }, [columns]);

  // A row chosen from elsewhere comes into sight.
  useEffect(() => {
    if (at >= 0) revealRow(scroller.current, at, ROW, HEAD);
    // Only when another one is chosen: rows that come and go do not move the view.
  }, [selected]);

  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 220) / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -sorted.length,
      End: sorted.length,
    };
    const step = steps[event.key];
    if (event.key === 'Enter' && at >= 0 && props.onOpen !== undefined) {
      const row = sorted[at];
      if (row !== undefined) props.onOpen(row);
    } else if (step !== undefined && sorted.length > 0 && onSelect !== undefined && !event.ctrlKey && !event.metaKey) {
      const next = Math.max(0, Math.min(sorted.length - 1, at + step));
      const row = sorted[next];
      if (row !== undefined) onSelect(row);
      revealRow(scroller.current, next, ROW, HEAD);
    } else return;
    event.preventDefault();
  };

  return (
    <div
      className={`tbl scroll ${props.className ?? ''}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={sorted.length + 1}
      tabIndex={0}
      ref={scroller}
      onKeyDown={onKey}
    >
      <div className="row h" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <span
            key={column.id}
            role="columnheader"
            className={column.isRight === true ? 'r' : ''}
            {...(order?.id === column.id ? { 'aria-sort': order.isDown ? 'descending' : 'ascending' } : {})}
            onClick={() =>
              !isFixed &&
              setOrder((now) => ({
                id: column.id,
                isDown: now?.id === column.id ? !now.isDown : column.sort !== undefined,
              }))
            }
          >
            {column.title}
            {order?.id === column.id && <Icon name={order.isDown ? 'down' : 'up'} small />}
          </span>
        ))}
      </div>
      <VirtualRows
        count={sorted.length}
        rowHeight={ROW}
        scroller={scroller}
        above={HEAD}
        render={(i) => {
          const row = sorted[i];
          if (row === undefined) return null;
          const isSelected = i === at;
          return (
            <div
              key={rowKey(row)}
              className={`row${isSelected ? ' sel' : ''} ${props.rowClass?.(row) ?? ''}`}
              role="row"
              aria-rowindex={i + 2}
              aria-selected={isSelected}
              onPointerDown={() => onSelect?.(row)}
              onDoubleClick={() => props.onOpen?.(row)}
              onContextMenu={(event) => props.onMenu?.(row, event)}
            >
              {columns.map((column) => (
                <span
                  key={column.id}
                  role="gridcell"
                  className={`${column.isRight === true ? 'r num' : ''}${column.isMono === true ? ' mono' : ''}`}
                  title={column.text(row)}
                >
                  {column.cell?.(row) ?? column.text(row)}
                </span>
              ))}
            </div>
          );
        }}
      />
    </div>
  );
}
