import { useApp } from '../app.ts';
import { byteCount, grouped, milliseconds } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';

export function StatusBar({ hasTraffic }: { readonly hasTraffic: boolean }) {
  const app = useApp();
  const { mirror } = app;
  const growth = useStore(mirror.growth);
  const session = useStore(mirror.session);
  const meter = useStore(mirror.meter);
  const expert = useStore(mirror.expertCount);
  const capture = useStore(mirror.capture);
  return (
    <footer className="status">
      <LineStatus />
      {hasTraffic ? (
        <>
          <span>
            <b>{grouped(growth.frames)}</b> {t.shell.framesWord}
          </span>
          <span>{t.shell.lost(session?.lost ?? 0)}</span>
          <span className="wide">{t.shell.onDisk(byteCount(growth.bytesOnDisk))}</span>
          {meter !== null && meter.frames > 0 && (
            <span className="wide">{t.shell.latency(latency(meter.p50Ms), latency(meter.p99Ms))}</span>
          )}
          {capture?.running === true && (
            <span>{`${capture.backend ?? ''} ${capture.interface ?? ''} · ${grouped(capture.packets)}`}</span>
          )}
        </>
      ) : (
        <span>{t.shell.nothingRecorded}</span>
      )}
      <ScriptState />
      <span className="right">
        {hasTraffic && (
          <button className="plain" onClick={() => app.dock.show('expert')}>
            {t.shell.expertInfos(expert)}
          </button>
        )}
      </span>
      <button className="plain" onClick={() => app.commands.run('help')}>
        {t.shell.shortcuts} <Keys command="help" />
      </button>
    </footer>
  );
}

/** The script that has its hands in the traffic, and whether it is well. */
function ScriptState() {
  const app = useApp();
  const script = useStore(app.mirror.script);
  if (script === null || (!script.running && script.error === undefined)) return null;
  const name = script.path?.split(/[/\\]/).at(-1) ?? '';
  const { error } = script;
  return (
    <button
      className={`plain${error === undefined ? '' : ' c-warning'}`}
      title={error?.message}
      onClick={() => app.overlays.dialog('script')}
    >
      <Icon name={error === undefined ? 'file' : 'warn'} small />{' '}
      {error === undefined ? t.shell.scriptRuns(name) : t.shell.scriptWrong(name, error.line)}
    </button>
  );
}

function latency(ms: number): string {
  return ms < 0.05 ? `${ms.toFixed(2)} ms` : ms < 10 ? `${ms.toFixed(2)} ms` : milliseconds(ms);
}

function LineStatus() {
  const app = useApp();
  const line = useStore(app.client.line);
  if (line.phase === 'ready') {
    return (
      <span>
        <Icon name="check" small className="c-ok" />
        {t.shell.engineOk}
      </span>
    );
  }
  const isRefused = line.phase === 'refused';
  return (
    <span className={isRefused ? 'c-problem' : 'c-warning'} role="status">
      <Icon name={isRefused ? 'error' : 'clock'} small />
      {isRefused
        ? t.shell.engineRefused
        : line.phase === 'connecting'
          ? t.shell.engineConnecting
          : t.shell.engineWaiting}
    </span>
  );
}
