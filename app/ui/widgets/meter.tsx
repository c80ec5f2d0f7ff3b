import { useEffect, useRef } from 'react';

/** A thin bar filled by a share 0..1. Its value stands beside it in words. */
export function Meter({ share, tone = '' }: { readonly share: number; readonly tone?: 'ok' | 'warn' | 'acc' | '' }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    if (bar.current !== null) bar.current.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
  }, [share]);
  return (
    <span className={`meter ${tone}`} aria-hidden="true">
      <i ref={bar} />
    </span>
  );
}
