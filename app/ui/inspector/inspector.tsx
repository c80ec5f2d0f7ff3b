import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { BytesPane } from './bytes-pane.tsx';
import { DetailsPane } from './details-pane.tsx';
import { FieldsPane } from './fields-pane.tsx';

export function Inspector() {
  const { inspection } = useApp();
  const inspected = useStore(inspection.inspected);
  const error = useStore(inspection.error);
  const focus = useStore(useApp().selection, (selection) => selection.focus);
  if (inspected === null) {
    return (
      <div className="empty in-dock" role="status">
        <b>{error !== '' ? error : focus === 0 ? t.inspector.nothing : t.shell.loading}</b>
        {focus === 0 && <span>{t.inspector.nothingAdvice}</span>}
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
