/** Rows of one height, drawn only while in sight; for lists the browser can still scroll by itself. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';

export interface VirtualRowsProps {
  readonly count: number;
  readonly rowHeight: number;
  /** The scrolling element around the rows. */
  readonly scroller: RefObject<HTMLElement | null>;
  readonly render: (index: number) => ReactNode;
  readonly className?: string;
  /** Space above the rows inside the scroller. */
  readonly above?: number;
}

const OVERSCAN = 6;

export function VirtualRows({ count, rowHeight, scroller, render, className = '', above = 0 }: VirtualRowsProps) {
  const [range, setRange] = useState<readonly [number, number]>([0, 40]);
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const first = Math.max(0, Math.floor((element.scrollTop - above) / rowHeight) - OVERSCAN);
      const last = Math.ceil((element.scrollTop + element.clientHeight - above) / rowHeight) + OVERSCAN;
      setRange((now) => (now[0] === first && now[1] === last ? now : [first, last]));
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const resize = new ResizeObserver(measure);
    resize.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      resize.disconnect();
    };
  }, [scroller, rowHeight, above, count]);
  useEffect(() => {
    host.current?.style.setProperty('height', `${count * rowHeight}px`);
  }, [count, rowHeight]);
  const first = Math.min(range[0], Math.max(0, count - 1));
  const last = Math.min(count, range[1]);
  return (
    <div className={`virtual ${className}`} ref={host} role="presentation">
      <Shift by={first * rowHeight}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => render(first + i))}
      </Shift>
    </div>
  );
}

function Shift({ by, children }: { readonly by: number; readonly children: ReactNode }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current !== null) host.current.style.transform = `translateY(${by}px)`;
  }, [by]);
  return (
    <div ref={host} role="presentation">
      {children}
    </div>
  );
}

/** Brings row `index` of a scroller into sight with the least movement. */
export function revealRow(scroller: HTMLElement | null, index: number, rowHeight: number, above = 0): void {
  if (scroller === null || index < 0) return;
  const top = above + index * rowHeight;
  if (top < scroller.scrollTop) scroller.scrollTop = Math.max(0, top - rowHeight);
  else if (top + rowHeight > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = top + 2 * rowHeight - scroller.clientHeight;
  }
}
