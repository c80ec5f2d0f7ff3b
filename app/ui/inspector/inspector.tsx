import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { BytesPane } from './bytes-pane.tsx';
import { DetailsPane } from './details-pane.tsx';
import { FieldsPane } from './fields-pane.tsx';

/** What one does next, with the keys that do it. */
const HINTS = ['move.next', 'filter.focus', 'move.nextProblem', 'follow.toggle', 'palette', 'help'];

export function Inspector() {
  const app = useApp();
  const { inspection } = app;
  const inspected = useStore(inspection.inspected);
  const error = useStore(inspection.error);
  const focus = useStore(app.selection, (selection) => selection.focus);
  if (inspected === null) {
    return (
      <div className="empty in-dock" role="status">
        <b>{error !== '' ? error : focus === 0 ? t.inspector.nothing : t.shell.loading}</b>
        {focus === 0 && (
          <>
            <span>{t.inspector.nothingAdvice}</span>
            <dl className="hints">
              {HINTS.map((command) => (
                <div key={command}>
                  <dt>
                    <Keys command={command} />
                  </dt>
                  <dd>{app.commands.get(command)?.title}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </div>
    );
  }
  return (
    <div className="dock inspect">
      <FieldsPane inspected={inspected} />
      <BytesPane inspected={inspected} />
      <DetailsPane inspected={inspected} />
    </div>
  );
}
