import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { setHidden, showAllHidden } from './filter-menus.ts';

const SHOWN = 2;

/** Messages hidden with one click: never silently, each with a way back. */
export function HiddenChips() {
  const app = useApp();
  const hidden = useStore(app.settings, (settings) => settings.hiddenMessages);
  const count = useStore(app.view.status, (status) => status.hidden);
  return (
    <>
      {hidden.slice(0, SHOWN).map((name, i) => {
        const word = name.slice(name.indexOf('/') + 1);
        return (
          <span key={name} className={i > 0 ? 'chip wide' : 'chip'} title={name}>
            <span className="muted">{t.filter.not}</span>
            <code className="cut">{word}</code>
            <button
              className="x btn bare"
              aria-label={t.filter.remove(word)}
              onClick={() => setHidden(app, name, false)}
            >
              <Icon name="x" small />
            </button>
          </span>
        );
      })}
      {hidden.length > SHOWN && <span className="chip more">{`+${hidden.length - SHOWN}`}</span>}
      <button className="chip add" title={t.filter.addTitle} onClick={() => app.overlays.dialog('hide')}>
        <Icon name="plus" small />
        {t.filter.add}
      </button>
      {hidden.length > 0 && (
        <button className="plain hits" title={t.filter.showAll} onClick={() => showAllHidden(app)}>
          {t.filter.hiddenCount(count)}
        </button>
      )}
    </>
  );
}
