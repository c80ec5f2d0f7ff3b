import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

const ICON = { info: 'note', warning: 'warn', problem: 'error' } as const;
const TONE = { info: 'info', warning: '', problem: 'bad' } as const;

export function NoticeList() {
  const { notices } = useApp();
  const list = useStore(notices.list);
  return (
    <div className="notices" role="log" aria-live="polite">
      {list.map((notice) => (
        <div key={notice.id} className={`remark notice ${TONE[notice.severity]}`}>
          <Icon name={ICON[notice.severity]} />
          <span className="grow">{notice.text}</span>
          <button
            className="btn bare icon small"
            aria-label={t.shell.dismiss}
            onClick={() => notices.dismiss(notice.id)}
          >
            <Icon name="x" small />
          </button>
        </div>
      ))}
    </div>
  );
}
