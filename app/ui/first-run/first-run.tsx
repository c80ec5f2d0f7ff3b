/** Nothing recorded yet: the ways to traffic on screen, each one key away. */
import { nameOfPath } from '../format/text.ts';
import { useEffect, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app.ts';
import { DoctorFindings } from '../dialogs/doctor-findings.tsx';
import { openPath } from '../dialogs/open-file.ts';
import { Icon } from '../icons/icon.tsx';
import { freeName, GUESS, PRESETS, shortEndpoint, type Preset } from '../proxies/presets.ts';
import { t } from '../strings/strings.ts';
import { swatchClass } from '../timeline/swatch.ts';
import { Chord, Keys } from '../widgets/keys.tsx';
import { useRequest } from '../widgets/use-request.ts';

export function FirstRun() {
  const app = useApp();
  const [busy, setBusy] = useState('');
  const doctor = useRequest((client) => client.request('doctor.run', {}), '');

  const start = async (preset: Preset): Promise<void> => {
    setBusy(preset.id);
    try {
      const taken = app.mirror.proxies.get().map((proxy) => proxy.spec.name);
      await app.client.request('proxy.start', { spec: { ...preset.spec, name: freeName(preset.spec.name, taken) } });
      app.mirror.proxies.set(await app.client.request('proxies.list', {}));
    } catch (error) {
      app.notices.problem(error);
    } finally {
      setBusy('');
    }
  };
  const guess = (): void => app.overlays.dialog('proxy', { ...GUESS });

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        app.overlays.overlay.get() !== null
      )
        return;
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      const preset = PRESETS[Number(event.key) - 1];
      if (preset !== undefined) void start(preset);
      else if (event.key === '6') guess();
      else if (event.key.toLowerCase() === 'd') app.commands.run('demo.start');
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });

  return (
    <main className="first" tabIndex={-1}>
      <div>
        <h1>{t.firstRun.title}</h1>
        <p className="lead">{t.firstRun.lead}</p>
      </div>
      <div className="starts">
        <section className="card" aria-label={t.firstRun.presets}>
          <h2>
            <Icon name="plus" />
            {t.firstRun.startProxy}
            <span className="right keys" aria-hidden="true">
              <kbd>1</kbd>
              <span className="muted">{t.firstRun.to}</span>
              <kbd>{PRESETS.length}</kbd>
            </span>
          </h2>
          <p>{t.firstRun.startText}</p>
          <PresetList busy={busy} onStart={(preset) => void start(preset)} />
          <div className="preset unsure">
            <i className="sw" />
            <b>{t.firstRun.notSure}</b>
            <span>{t.firstRun.anyTransport}</span>
            <span className="cut">{t.firstRun.guessText}</span>
            <button className="btn" onClick={guess}>
              {t.firstRun.guess} <Chord chord="6" />
            </button>
          </div>
        </section>
        <div className="stack">
          <section className="card" aria-label={t.firstRun.runDemo}>
            <h2>
              <Icon name="play" />
              {t.firstRun.runDemo}
            </h2>
            <p>{t.firstRun.demoText}</p>
            <div className="demo-line">
              <button className="btn main" onClick={() => app.commands.run('demo.start')}>
                {t.firstRun.runDemo} <Chord chord="D" />
              </button>
              <code className="codebox">
                <span className="muted">$</span> {t.firstRun.demoCommand}
              </code>
            </div>
          </section>
          <OpenCard />
        </div>
      </div>
      <section className="card" aria-label={t.firstRun.doctor}>
        <h2>
          <Icon name="shield" />
          {t.firstRun.doctor}
          <span className="right muted">
            {doctor.isLoading ? t.firstRun.checking : t.firstRun.checkedNow} ·{' '}
            <button className="plain link" onClick={doctor.reload}>
              {t.firstRun.checkAgain}
            </button>
          </span>
        </h2>
        <p>{t.firstRun.doctorText}</p>
        <DoctorFindings doctor={doctor} />
      </section>
    </main>
  );
}

function PresetList({ busy, onStart }: { readonly busy: string; readonly onStart: (preset: Preset) => void }) {
  const [chosen, setChosen] = useState(0);
  const [isFocused, setFocused] = useState(false);
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const preset = PRESETS[chosen];
    if (step !== 0) setChosen((now) => Math.max(0, Math.min(PRESETS.length - 1, now + step)));
    else if (event.key === 'Enter' && preset !== undefined) onStart(preset);
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="listbox"
      aria-label={t.firstRun.presets}
      aria-activedescendant={`preset-${chosen}`}
      tabIndex={0}
      ref={(element) => {
        // The page opens ready for Enter.
        if (document.activeElement === document.body) element?.focus({ preventScroll: true });
      }}
      onKeyDown={onKey}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
    >
      {PRESETS.map((preset, i) => (
        <div
          key={preset.id}
          id={`preset-${i}`}
          className={`preset${i === chosen ? ' sel' : ''}${i === chosen && isFocused ? ' is-focus' : ''}`}
          role="option"
          aria-selected={i === chosen}
          onPointerDown={() => setChosen(i)}
          onDoubleClick={() => onStart(preset)}
        >
          <i className={swatchClass(preset.id)} />
          <b>{preset.id}</b>
          <span className="muted">{preset.transport}</span>
          <span className="routes">
            <span>{shortEndpoint(preset.spec.listen, true)}</span>
            <Icon name="right" small />
            <span>{shortEndpoint(preset.spec.upstream ?? '', false)}</span>
          </span>
          {i === chosen ? (
            <span
              className="btn main"
              onClick={(event) => {
                event.stopPropagation();
                onStart(preset);
              }}
            >
              <Icon name="play" />
              {busy === preset.id ? t.firstRun.starting : t.firstRun.start} <Chord chord="Enter" />
            </span>
          ) : (
            <span className="muted">{preset.note}</span>
          )}
        </div>
      ))}
    </div>
  );
}

function OpenCard() {
  const app = useApp();
  const recent = useRequest((client) => client.request('files.recent', {}), '');
  return (
    <section className="card" aria-label={t.firstRun.openFile}>
      <h2>
        <Icon name="folder" />
        {t.firstRun.openFile}
        <span className="right">
          <Keys command="file.open" />
        </span>
      </h2>
      <p>{t.firstRun.openText}</p>
      <div className="drop">
        <Icon name="file" />
        <span>
          {t.firstRun.dropHere}{' '}
          <button className="plain link" onClick={() => app.commands.run('file.open')}>
            {t.firstRun.chooseOne}
          </button>
        </span>
      </div>
      {(recent.value ?? []).slice(0, 3).map((file) => (
        <button
          className="recent"
          key={file.path}
          title={file.path}
          onClick={() => void openPath(app, file.path).catch(app.notices.problem)}
        >
          <Icon name="file" small />
          <span className="cut">{nameOfPath(file.path)}</span>
          <span className="muted right">
            {new Date(file.time * 1000).toLocaleDateString(undefined, { day: 'numeric', month: 'short' })}
          </span>
        </button>
      ))}
    </section>
  );
}
