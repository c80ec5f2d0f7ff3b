import { useEffect, useRef } from 'react';

/** This answer among the others of its pair: ticks at p50 and p95, a dot at this one. */
export function LatencyBar({ ms, p50, p95 }: { readonly ms: number; readonly p50: number; readonly p95: number }) {
  const host = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const [low, high, dot] = host.current?.children ?? [];
    const most = Math.max(p95 * 1.35, ms, 0.001);
    const place = (element: Element | undefined, value: number): void => {
      if (element instanceof HTMLElement) element.style.left = `${Math.min(96, Math.max(4, (value / most) * 100))}%`;
    };
    place(low, p50);
    place(high, p95);
    place(dot, ms);
  }, [ms, p50, p95]);
  return (
    <span className="lbar" ref={host} aria-hidden="true">
      <i />
      <i />
      <b />
    </span>
  );
}
