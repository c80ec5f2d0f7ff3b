import { nameOfPath } from '../format/text.ts';
import { type FormEvent, useMemo, useState } from 'react';
import type { SessionsDiff } from '../../../core/contract/compare-verbs.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FilterField } from '../widgets/filter-field.tsx';
import { type Indexed, DiffRows } from './diff-rows.tsx';
import { isOff, type SessionsCompared } from './diff-service.ts';
import { FileField } from './file-field.tsx';
import { FramePairView } from './frame-pair.tsx';
import { DIFF_LOOK } from './outcome-look.ts';

export function SessionsView() {
  const { diff } = useApp();
  const compared = useStore(diff.compared);
  return (
    <div className="diff-body">
      <SessionsForm />
      {compared === null ? <div className="empty in-dock">{t.diff.lead}</div> : <Compared compared={compared} />}
    </div>
  );
}

function SessionsForm() {
  const { diff, notices } = useApp();
  const draft = useStore(diff.draft);
  const isBusy = useStore(diff.isBusy);
  const set = (part: Partial<typeof draft>): void => diff.draft.update((now) => ({ ...now, ...part }));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    diff.compare().catch(notices.problem);
  };
  return (
    <form className="diff-bar" onSubmit={submit}>
      <FileField label={t.diff.first} value={draft.a} onChange={(a) => set({ a })} />
      <button
        type="button"
        className="btn icon bare"
        aria-label={t.diff.swap}
        title={t.diff.swap}
        onClick={() => set({ a: draft.b, b: draft.a })}
      >
        <Icon name="differ" />
      </button>
      <FileField label={t.diff.second} value={draft.b} onChange={(b) => set({ b })} />
      <FilterField
        value={draft.filter}
        label={t.diff.filter}
        placeholder={t.diff.everything}
        onChange={(filter) => set({ filter })}
      />
      <button className="btn main" disabled={isBusy || draft.a === draft.b}>
        {isBusy ? t.diff.comparing : t.diff.compare}
      </button>
    </form>
  );
}

function Compared({ compared }: { readonly compared: SessionsCompared }) {
  const app = useApp();
  const { diff: service } = app;
  const { draft, diff } = compared;
  const chosen = useStore(service.row);
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const rows = useMemo<readonly Indexed[]>(
    () => diff.rows.map((row, index) => ({ index, row })).filter(({ row }) => !onlyDifferent || isOff(row)),
    [diff, onlyDifferent],
  );
  const off = diff.rows.filter(isOff).length;
  const row = diff.rows[chosen];
  const [first, second] = [row?.recorded, row?.replayed];
  const only = first ?? second;
  return (
    <>
      <Verdict diff={diff} />
      <div className="head">
        <b className="mono cut" title={draft.a}>
          {draft.a === '' ? t.diff.thisSession : nameOfPath(draft.a)}
        </b>
        <Icon name="right" small />
        <b className="mono cut" title={draft.b}>
          {draft.b === '' ? t.diff.thisSession : nameOfPath(draft.b)}
        </b>
        <span className="right">
          <span className="seg small" role="group" aria-label={t.diff.show}>
            <button aria-pressed={!onlyDifferent} onClick={() => setOnlyDifferent(false)}>
              {t.diff.all}
            </button>
            <button aria-pressed={onlyDifferent} onClick={() => setOnlyDifferent(true)}>
              {t.diff.notSameRows(off)}
            </button>
          </span>
          <kbd>P</kbd> {t.diff.nextDifference}
        </span>
      </div>
      <div className="cols">
        <div className="pane">
          <DiffRows rows={rows} selected={chosen} onSelect={(index) => service.row.set(index)} />
          <SetAside diff={diff} />
        </div>
        {first !== undefined && second !== undefined ? (
          <FramePairView a={first.n} b={second.n} sessionA={draft.a} sessionB={draft.b} />
        ) : (
          <div className="split">
            <div className="empty in-dock">{only === undefined ? t.diff.choosePair : t.diff.onlyOne(only.message)}</div>
          </div>
        )}
      </div>
    </>
  );
}

function Verdict({ diff }: { readonly diff: SessionsDiff }) {
  const isSame = diff.verdict === 'same';
  return (
    <div className={`banner ${isSame ? 'good' : 'bad'}`} role="status">
      <span className={`big ${isSame ? 'c-ok' : 'c-problem'}`}>
        <Icon name={isSame ? 'check' : 'error'} />
        <span>{isSame ? t.diff.same : t.diff.notSame(diff.counts)}</span>
      </span>
      <span className="tally">
        {(['same', 'different', 'missing', 'extra'] as const)
          .filter((outcome) => diff.counts[outcome] > 0)
          .map((outcome) => (
            <span key={outcome} className={`verd ${DIFF_LOOK[outcome][1]}`}>
              <Icon name={DIFF_LOOK[outcome][0]} small />
              {t.diff.outcomes[outcome]} <b>{grouped(diff.counts[outcome])}</b>
            </span>
          ))}
      </span>
      {diff.notes.length > 0 && (
        <span className="right muted" title={diff.notes.join('\n')}>
          <span className="cut">{diff.notes[0]}</span>
        </span>
      )}
    </div>
  );
}

function SetAside({ diff }: { readonly diff: SessionsDiff }) {
  if (diff.ignored.length === 0) return null;
  return (
    <div className="ignored">
      <Icon name="note" small />
      <span className="cut" title={diff.ignored.map((each) => `${each.path}: ${each.why}, ${each.count}`).join('\n')}>
        {t.diff.setAside(diff.ignored.length)}{' '}
        <span className="mono">{diff.ignored.map((each) => each.path).join(', ')}</span>
      </span>
    </div>
  );
}
