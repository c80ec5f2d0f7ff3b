import { CONTRACT_VERSION } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Dialog } from '../widgets/dialog.tsx';

/** Everything that ships inside the page, with its licence. */
const PARTS: readonly (readonly [name: string, licence: string])[] = [
  ['React', 'MIT'],
  ['CodeMirror', 'MIT'],
  ['uPlot', 'MIT'],
  ['Inter', 'SIL Open Font License 1.1'],
  ['JetBrains Mono', 'SIL Open Font License 1.1'],
];

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
        {PARTS.map(([name, licence]) => (
          <div className="fact" key={name}>
            <dt>{name}</dt>
            <dd>{licence}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
