import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

/** Why there are no rows, and what to do about it. */
export function EmptyTimeline() {
  const app = useApp();
  const isEmpty = useStore(app.view.status, (status) => status.shown === 0 && status.done && status.phase === 'ready');
  const total = useStore(app.view.status, (status) => status.total);
  const spec = useStore(app.view.spec);
  if (!isEmpty) return null;
  if (total === 0) {
    return (
      <div className="empty">
        <b>{t.timeline.waiting}</b>
        <span>{t.timeline.waitingAdvice}</span>
        <button className="btn" onClick={() => app.commands.run('demo.start')}>
          {t.firstRun.runDemo}
        </button>
      </div>
    );
  }
  const isWindow = spec.filter === '' && spec.window !== undefined;
  return (
    <div className="empty">
      <b>{isWindow ? t.timeline.emptyWindow : t.timeline.emptyFilter}</b>
      <span>{t.timeline.emptyFilterAdvice}</span>
      <button className="btn" onClick={() => (isWindow ? app.commands.run('window.clear') : void app.filter.apply(''))}>
        {isWindow ? t.strip.clear : t.filter.clear}
      </button>
    </div>
  );
}
