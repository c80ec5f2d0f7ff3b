import { useEffect, useState } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

/** How many frames lie below the last row in sight; counted at most ten times a second. */
export function NewerButton() {
  const { scroll, view } = useApp();
  const isFollowing = useStore(view.follow);
  const [newer, setNewer] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = (): void => {
      timer = undefined;
      const { top, page, rows } = scroll.state();
      setNewer(Math.max(0, rows - Math.floor(top + page)));
    };
    const later = (): void => {
      timer ??= setTimeout(count, 100);
    };
    count();
    const end = scroll.onMove(later);
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [scroll]);
  if (isFollowing || newer === 0) return null;
  return (
    <button className="btn tail" title={t.shell.newerTitle} onClick={() => scroll.toEnd()}>
      <Icon name="dnarrow" small />
      {t.shell.newer(newer)}
    </button>
  );
}
