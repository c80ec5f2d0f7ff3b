import { useState } from 'react';
import type { ExpertTotal } from '../../../core/contract/statistics-verbs.ts';
import { useApp } from '../app.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { FrameLink } from '../inspector/frame-link.tsx';
import { selectOne } from '../timeline/selection.ts';
import { useStatistics } from '../statistics/use-statistics.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';

const RANK: Readonly<Record<string, number>> = { error: 3, warning: 2, note: 1 };
const LOOK: Readonly<Record<string, readonly ['error' | 'warn' | 'note', string]>> = {
  error: ['error', 'c-problem'],
  warning: ['warn', 'c-warning'],
  note: ['note', 'muted'],
};

const COLUMNS: readonly TableColumn<ExpertTotal>[] = [
  {
    id: 'severity',
    title: t.expert.severity,
    width: '92px',
    text: (row) => row.severity,
    sort: (row) => RANK[row.severity] ?? 0,
    cell: (row) => {
      const [icon, tone] = LOOK[row.severity] ?? ['note', 'muted'];
      return (
        <span className={`mark ${tone}`}>
          <Icon name={icon} small />
          {(t.expert.severities as Readonly<Record<string, string>>)[row.severity] ?? row.severity}
        </span>
      );
    },
  },
  { id: 'group', title: t.expert.group, width: '92px', text: (row) => row.group },
  { id: 'text', title: t.expert.text, width: 'minmax(0, 1fr)', text: (row) => row.text },
  {
    id: 'count',
    title: t.expert.count,
    width: '72px',
    isRight: true,
    text: (row) => grouped(row.count),
    sort: (row) => row.count,
  },
  {
    id: 'first',
    title: t.expert.first,
    width: '86px',
    isRight: true,
    text: (row) => `#${grouped(row.first)}`,
    sort: (row) => row.first,
  },
];

const key = (row: ExpertTotal): string => `${row.severity}/${row.group}/${row.code}/${row.text}`;

function NoExpert() {
  const app = useApp();
  const all = useStore(app.mirror.expertCount);
  if (all === 0) {
    return (
      <div className="empty in-dock">
        <b>{t.expert.none}</b>
        <span>{t.expert.noneText}</span>
      </div>
    );
  }
  return (
    <div className="empty in-dock">
      <b>{t.expert.noneHere}</b>
      <span>{t.expert.noneHereText(all)}</span>
      <button
        className="btn"
        onClick={() => {
          app.strip.clear();
          void app.filter.apply('').catch(app.notices.problem);
        }}
      >
        {t.expert.showAll}
      </button>
    </div>
  );
}

/** Everything odd in the session, folded by what it is. */
export function ExpertList() {
  const app = useApp();
  const [chosen, setChosen] = useState('');
  const result = useStatistics((client, scope) => client.request('stats.expert', scope));
  const rows = [...(result.value ?? [])].sort(
    (a, b) => (RANK[b.severity] ?? 0) - (RANK[a.severity] ?? 0) || b.count - a.count,
  );
  if (result.value === undefined)
    return <div className="empty in-dock">{result.error === '' ? t.shell.loading : result.error}</div>;
  if (rows.length === 0) return <NoExpert />;
  const selected = rows.find((row) => key(row) === chosen) ?? rows[0];
  const go = (row: ExpertTotal): void => {
    app.selection.set(selectOne(row.first));
    app.commands.run('selection.reveal');
  };
  return (
    <div className="dock expert">
      <div className="pane">
        <Table
          label={t.shell.tabs.expert}
          rows={rows}
          columns={COLUMNS}
          rowKey={key}
          selected={selected === undefined ? undefined : key(selected)}
          onSelect={(row) => setChosen(key(row))}
          onOpen={go}
        />
      </div>
      {selected !== undefined && (
        <div className="pane">
          <div className="head">
            <h2>{t.expert.where}</h2>
            <span className="mono cut">{selected.code}</span>
          </div>
          <div className="details scroll" tabIndex={0} role="region" aria-label={t.expert.where}>
            <p>{selected.text}</p>
            <div className="expert-frames">
              {selected.frames.slice(0, 100).map((n) => (
                <FrameLink key={n} n={n} />
              ))}
            </div>
            {selected.count > selected.frames.length && (
              <p className="muted">{t.inspector.moreChanges(selected.count - selected.frames.length)}</p>
            )}
          </div>
          <div className="acts">
            <button className="btn" onClick={() => go(selected)}>
              {t.expert.showFirst}
            </button>
            <button
              className="btn"
              onClick={() =>
                void app.filter
                  .add(
                    selected.code === ''
                      ? `expert.text == ${filterLiteral(selected.text)}`
                      : `expert.code == ${filterLiteral(selected.code)}`,
                  )
                  .catch(app.notices.problem)
              }
            >
              <Icon name="filter" />
              {t.expert.filter}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
