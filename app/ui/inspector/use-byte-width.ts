import { type RefObject, useEffect, useState } from 'react';

/** Pixels below which a line of 16 bytes and their characters does not fit. */
const ENOUGH_FOR_16 = 520;

/** Bytes to a line of the byte view in this element: 16, or 8 where it is narrow. */
export function useByteWidth(element: RefObject<HTMLElement | null>): 8 | 16 {
  const [width, setWidth] = useState<8 | 16>(16);
  useEffect(() => {
    if (element.current === null) return undefined;
    const resize = new ResizeObserver(([entry]) =>
      setWidth((entry?.contentRect.width ?? ENOUGH_FOR_16) < ENOUGH_FOR_16 ? 8 : 16),
    );
    resize.observe(element.current);
    return () => resize.disconnect();
  }, [element]);
  return width;
}
