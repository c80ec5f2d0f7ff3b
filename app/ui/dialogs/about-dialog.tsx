import { CONTRACT_VERSION } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { LICENCES } from './licences.ts';

export function AboutDialog() {
  const { mirror } = useApp();
  const session = useStore(mirror.session);
  return (
    <Dialog title={t.dialogs.about} icon="logo">
      <p className="lead">{t.dialogs.aboutText}</p>
      <dl className="facts">
        <dt>{t.dialogs.version}</dt>
        <dd>{session?.engineVersion ?? '—'}</dd>
        <dt>{t.dialogs.contract}</dt>
        <dd>{CONTRACT_VERSION}</dd>
        <dt>{t.dialogs.licence}</dt>
        <dd>MIT</dd>
      </dl>
      <h3>{t.dialogs.madeWith}</h3>
      <dl className="facts">
        {LICENCES.map(([packages, licence]) => (
          <div className="fact" key={packages[0]}>
            <dt>{licence}</dt>
            <dd className="wrap">{packages.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
