import type { ReactNode } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { DIFF_MODES, type DiffMode } from './diff-service.ts';
import { FramesView } from './frames-view.tsx';
import { MessagesView } from './messages-view.tsx';
import { SessionsView } from './sessions-view.tsx';

const VIEW: Readonly<Record<DiffMode, () => ReactNode>> = {
  sessions: SessionsView,
  messages: MessagesView,
  frames: FramesView,
};

/** Two sessions, many messages of one name, or two frames. */
export function Diff() {
  const { diff } = useApp();
  const mode = useStore(diff.mode);
  const View = VIEW[mode];
  return (
    <div className="dock diff">
      <nav className="stat-nav" aria-label={t.diff.mode}>
        {DIFF_MODES.map((each) => (
          <button key={each} aria-current={each === mode ? 'page' : undefined} onClick={() => diff.mode.set(each)}>
            {t.diff.modes[each]}
          </button>
        ))}
      </nav>
      <View />
    </div>
  );
}
