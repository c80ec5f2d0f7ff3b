import { useEffect, useState } from 'react';
import { useApp } from '../app.ts';
import { clockTime } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';

export function RecordButton() {
  const app = useApp();
  const session = useStore(app.mirror.session);
  const elapsed = useElapsed(session?.recording === true ? session.began : 0);
  if (session === null) return null;
  if (session.readOnly) {
    return (
      <span className="exact">
        <Icon name="eye" />
        {t.shell.readOnly}
      </span>
    );
  }
  const title = session.recording ? t.shell.stopRecording : t.shell.startRecording;
  return (
    <button
      className="btn rec"
      aria-pressed={session.recording}
      title={title}
      onClick={() => app.commands.run('record.toggle')}
    >
      <i className={session.recording ? 'dot' : 'dot off'} />
      <span>{session.recording ? t.shell.recording : t.shell.notRecording}</span>
      {session.recording && <b className="num">{clockTime(elapsed)}</b>}
    </button>
  );
}

/** Seconds since a wall clock, once a second; 0 when it is 0. */
function useElapsed(began: number): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (began === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, [began]);
  return began === 0 ? 0 : Math.max(0, now - began);
}
