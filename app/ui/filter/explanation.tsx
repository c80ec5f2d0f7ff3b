import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

/** The filter being typed in plain words, or where and why it cannot be read. */
export function Explanation() {
  const { filter, view } = useApp();
  const draft = useStore(filter.state);
  const applied = useStore(view.spec, (spec) => spec.filter);
  const total = useStore(view.status, (status) => status.total);
  const { check } = draft;
  if (check === null || draft.text.trim() === '' || (check.ok && draft.text === applied)) return null;
  if (!check.ok) {
    return (
      <div className="explain bad" role="status">
        <Icon name="error" small />
        <span className="cut">{check.message}</span>
      </div>
    );
  }
  return (
    <div className="explain" role="status">
      <Icon name="note" small />
      <span className="cut">{check.explain}</span>
      {check.count !== undefined && (
        <span className="right">
          {t.filter.wouldShow} <b>{grouped(check.count)}</b> {t.filter.of} {grouped(total)}
        </span>
      )}
    </div>
  );
}
