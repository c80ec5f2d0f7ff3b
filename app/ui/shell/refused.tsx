import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

/** The engine will not talk to this page: why, and the way in. */
export function Refused() {
  const { client } = useApp();
  const line = useStore(client.line);
  if (line.phase !== 'refused') return null;
  const isOld = line.reason === 'version';
  return (
    <div className="refused" role="alertdialog" aria-label={t.shell.engineRefused}>
      <div className="card">
        <h2>
          <Icon name="error" className="c-problem" />
          {isOld ? t.shell.engineOther : t.shell.engineRefused}
        </h2>
        <p>{isOld ? t.shell.engineOtherAdvice : t.shell.engineRefusedAdvice}</p>
        <p>
          <button className="btn" onClick={() => location.reload()}>
            {t.shell.reload}
          </button>
        </p>
      </div>
    </div>
  );
}
