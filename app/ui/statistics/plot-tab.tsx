import { useMemo, useState } from 'react';
import type { FieldView } from '../../../core/contract/frames.ts';
import { useApp } from '../app.ts';
import { filterPath } from '../inspector/field-condition.ts';
import { useStore } from '../state/store.ts';
import { selectOne } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import { Chart } from './chart.tsx';
import { StatisticsBody } from './statistics-body.tsx';
import { useStatistics } from './use-statistics.ts';

const POINTS = 2000;

/** Any numeric field over time. */
export function PlotTab() {
  const app = useApp();
  const plotted = useStore(app.statistics.plotted);
  const [path, setPath] = useState(plotted.path);
  const [message, setMessage] = useState(plotted.message);
  return (
    <div className="pane">
      <form
        className="add-line"
        key={`${plotted.path}|${plotted.message}`}
        onSubmit={(event) => {
          event.preventDefault();
          app.statistics.plotted.set({ path: path.trim(), message: message.trim() });
        }}
      >
        <input
          className="field mono"
          aria-label={t.statistics.fieldPath}
          placeholder={t.statistics.fieldPath}
          spellCheck={false}
          defaultValue={plotted.path}
          onChange={(event) => setPath(event.target.value)}
        />
        <input
          className="field mono"
          aria-label={t.compose.message}
          placeholder={t.statistics.anyMessage}
          spellCheck={false}
          defaultValue={plotted.message}
          onChange={(event) => setMessage(event.target.value)}
        />
        <button className="btn">{t.statistics.draw}</button>
      </form>
      <Suggested />
      {plotted.path === '' ? (
        <div className="empty in-dock">{t.statistics.plotAdvice}</div>
      ) : (
        <Plotted path={plotted.path} message={plotted.message} />
      )}
    </div>
  );
}

const MOST_SUGGESTED = 8;

/** Numbers of the selected frame, one click from a plot. */
function Suggested() {
  const app = useApp();
  const inspected = useStore(app.inspection.inspected);
  const message = inspected?.frame.messages[0]?.name ?? '';
  const root = inspected?.buffers[0]?.root;
  const paths = useMemo(() => (root === undefined ? [] : [...new Set(numericPaths(root))]), [root]);
  if (paths.length === 0) return null;
  return (
    <div className="add-line suggested">
      {t.statistics.suggested(message)}
      {paths.slice(0, MOST_SUGGESTED).map((path) => (
        <button
          key={path}
          type="button"
          className="btn small mono"
          onClick={() => app.statistics.plotted.set({ path, message })}
        >
          {path}
        </button>
      ))}
    </div>
  );
}

function numericPaths(field: FieldView): string[] {
  if (field.children.length > 0 && field.value === undefined) return field.children.flatMap(numericPaths);
  return typeof field.value === 'number' && field.role !== 'type' ? [filterPath(field.path)] : [];
}

function Plotted({ path, message }: { readonly path: string; readonly message: string }) {
  const app = useApp();
  const result = useStatistics(
    (client, scope) =>
      client.request('stats.plot', { path, points: POINTS, ...(message === '' ? {} : { message }), ...scope }),
    `${path}|${message}`,
  );
  const series = useMemo(() => result.value?.series ?? [], [result.value]);
  return (
    <StatisticsBody result={result} isEmpty={(plot) => plot.series.every((each) => each.value.length === 0)}>
      {(plot) => (
        <Chart
          series={series}
          label={path}
          fileName={`plot-${path}`}
          {...(plot.unit === undefined ? {} : { unit: plot.unit })}
          onFrame={(n) => {
            app.selection.set(selectOne(n));
            app.commands.run('selection.reveal');
          }}
        />
      )}
    </StatisticsBody>
  );
}
