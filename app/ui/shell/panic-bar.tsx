import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

/** Says for as long as it lasts that nothing acts on the traffic. */
export function PanicBar() {
  const app = useApp();
  if (!useStore(app.mirror.panic)) return null;
  return (
    <div className="panic-bar" role="alert">
      <Icon name="shield" />
      <b>{t.shell.passing}</b>
      <button className="btn" onClick={() => app.commands.run('panic.resume')}>
        {t.shell.resumeActing}
      </button>
    </div>
  );
}
