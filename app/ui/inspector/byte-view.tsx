/** Bytes in lines of 16 (8 when narrow), with their characters beside them. Drag selects; arrows move the cursor. */
import { memo, useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { asciiOf, hexByte } from '../format/bytes.ts';
import { t } from '../strings/strings.ts';
import { revealRow, VirtualRows } from '../widgets/virtual-rows.tsx';
import { byteClasses, gapClasses, HIDDEN, type ByteRanges } from './byte-grid.ts';

const ROW = 22;

export interface ByteViewProps {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly ranges: ByteRanges;
  readonly label: string;
  onHover?(at: number | undefined): void;
  onSelect?(start: number, end: number, climb: boolean): void;
  onMenu?(x: number, y: number, at: number): void;
}

export function ByteView({ bytes, width, ranges, label, onHover, onSelect, onMenu }: ByteViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const cursor = ranges.selected?.start ?? 0;
  const rows = Math.ceil(bytes.length / width);
  const shown: ByteRanges =
    drag === null ? ranges : { ...ranges, selected: ordered(drag), parent: undefined, grand: undefined };
  useEffect(() => {
    if (ranges.selected !== undefined) revealRow(scroller.current, Math.floor(ranges.selected.start / width), ROW, 6);
  }, [ranges.selected, width]);

  const at = (event: { readonly target: EventTarget }): number | undefined => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-at]') : null;
    return cell === null ? undefined : Number(cell.dataset.at);
  };
  const onDown = (event: PointerEvent): void => {
    const start = at(event);
    if (start === undefined || event.button !== 0) return;
    setDrag([start, start]);
  };
  const onMove = (event: PointerEvent): void => {
    const under = at(event);
    if (drag === null) onHover?.(under);
    else if (under !== undefined && under !== drag[1]) setDrag([drag[0], under]);
  };
  const onUp = (event: PointerEvent): void => {
    if (drag === null) return;
    setDrag(null);
    const { start, end } = ordered(drag);
    onSelect?.(start, end, event.altKey);
  };
  const onKey = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || bytes.length === 0) return;
    event.preventDefault();
    // From a selected field the cursor leaves over its edge, so that every step reaches another field.
    const from = step > 0 && Math.abs(step) === 1 ? (ranges.selected?.end ?? 0) - 1 : cursor;
    const next = Math.max(0, Math.min(bytes.length - 1, from + step));
    onSelect?.(next, next + 1, event.altKey);
  };

  return (
    <div
      className="scroll"
      ref={scroller}
      tabIndex={0}
      role="grid"
      id="byte-grid"
      aria-label={label}
      aria-rowcount={rows}
      aria-readonly="true"
      onKeyDown={onKey}
      onPointerDown={onDown}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerLeave={() => onHover?.(undefined)}
      onContextMenu={(event) => {
        const under = at(event);
        if (under === undefined || onMenu === undefined) return;
        event.preventDefault();
        onMenu(event.clientX, event.clientY, under);
      }}
    >
      <div className="hex" role="presentation">
        <VirtualRows
          count={rows}
          rowHeight={ROW}
          scroller={scroller}
          above={6}
          render={(i) => (
            <ByteLine
              key={i}
              index={i}
              width={width}
              bytes={bytes}
              classes={lineClasses(i, width, bytes.length, shown)}
            />
          )}
        />
      </div>
      {bytes.length === 0 && <div className="empty">{t.inspector.noBytes}</div>}
    </div>
  );
}

function ordered([a, b]: readonly [number, number]): { readonly start: number; readonly end: number } {
  return { start: Math.min(a, b), end: Math.max(a, b) + 1 };
}

/** All classes of a line as one text, so that lines nothing happened to are not drawn again. */
function lineClasses(index: number, width: number, length: number, ranges: ByteRanges): string {
  const parts: string[] = [];
  for (let i = index * width; i < Math.min(length, (index + 1) * width); i++) {
    parts.push(byteClasses(i, width, ranges), byteClasses(i, width, ranges, true));
  }
  parts.push(width === 16 ? gapClasses(index * width + 7, width, ranges) : '');
  return parts.join('|');
}

const ByteLine = memo(function ByteLine({
  index,
  width,
  bytes,
  classes,
}: {
  readonly index: number;
  readonly width: number;
  readonly bytes: Uint8Array;
  readonly classes: string;
}) {
  const from = index * width;
  const parts = classes.split('|');
  const gap = parts.at(-1) ?? '';
  const hex = [];
  const text = [];
  for (let i = 0; i < width; i++) {
    if (i === 8 && width === 16) hex.push(<span key="gap" className={`gap${gap}`} />);
    const value = bytes[from + i];
    if (value === undefined) {
      hex.push(<span key={i} className="b" />);
      continue;
    }
    const isHidden = parts[i * 2]?.includes(HIDDEN) === true;
    hex.push(
      <span key={i} className={`b${value === 0 ? ' z' : ''}${parts[i * 2] ?? ''}`} data-at={from + i}>
        {isHidden ? '••' : hexByte(value)}
      </span>,
    );
    const char = isHidden ? '•' : asciiOf(value);
    text.push(
      <span key={i} className={`a${char === '·' ? ' z' : ''}${parts[i * 2 + 1] ?? ''}`} data-at={from + i}>
        {char}
      </span>,
    );
  }
  return (
    <div className="hr" role="row" aria-rowindex={index + 1}>
      <span className="o" role="rowheader">
        {from.toString(16).padStart(4, '0')}
      </span>
      <span className="cells" role="gridcell">
        {hex}
      </span>
      <span className="gap2" />
      <span className="cells" role="gridcell" aria-hidden="true">
        {text}
      </span>
    </div>
  );
});
