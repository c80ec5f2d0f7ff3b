/** Lines over time. Drag zooms, double click shows all again, a click leads to the frame. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { onThemeChange, tokenColors } from '../theme/theme.ts';
import { chartSvg } from './chart-svg.ts';

export interface ChartSeries {
  readonly name: string;
  /** Seconds since the session began. */
  readonly time: readonly number[];
  readonly value: readonly number[];
  /** Frame behind each point. */
  readonly n?: readonly number[];
}

const LINES = ['to-server', 'to-client', 'injected', 'edited', 'warning', 'ok', 'problem', 'muted'] as const;

export interface ChartProps {
  readonly series: readonly ChartSeries[];
  readonly unit?: string;
  readonly label: string;
  readonly fileName: string;
  readonly onFrame?: (n: number) => void;
}

export function Chart({ series, unit = '', label, fileName, onFrame }: ChartProps) {
  const app = useApp();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(onFrame);
  latest.current = onFrame;

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(
        options(element, series, unit, (n) => latest.current?.(n)),
        joined(series),
        element,
      );
    };
    build();
    const resize = new ResizeObserver(() => plot.current?.setSize(sizeOf(element)));
    resize.observe(element);
    const end = onThemeChange(app.settings, build);
    return () => {
      end();
      resize.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [app, series, unit]);

  const savePng = (): void => {
    const canvas = plot.current?.ctx.canvas;
    if (canvas === undefined) return;
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext('2d');
    if (context === null) return;
    context.fillStyle = tokenColors(['bg']).bg;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    copy.toBlob((blob) => blob !== null && app.host.save(blob, `${fileName}.png`));
  };
  const saveSvg = (): void => {
    const colors = tokenColors([...LINES, 'bg', 'fg', 'muted', 'hairline']);
    const text = chartSvg({
      series: series.map((each, i) => ({ ...each, color: colors[LINES[i % LINES.length] ?? 'muted'] })),
      title: label,
      unit,
      background: colors.bg,
      text: colors.fg,
      faint: colors.muted,
      line: colors.hairline,
    });
    app.host.save(new Blob([text], { type: 'image/svg+xml' }), `${fileName}.svg`);
  };

  return (
    <div className="chart">
      <div className="chart-tools">
        <button className="btn small" onClick={savePng}>
          <Icon name="camera" small />
          PNG
        </button>
        <button className="btn small" onClick={saveSvg}>
          <Icon name="camera" small />
          SVG
        </button>
      </div>
      <div
        className="chart-host"
        ref={host}
        role="img"
        aria-label={t.statistics.chartLabel(label, series.map((each) => each.name).join(', '))}
      />
    </div>
  );
}

function sizeOf(element: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: Math.max(200, element.clientWidth), height: Math.max(120, element.clientHeight - 30) };
}

/** Series with times of their own on one time axis. */
function joined(series: readonly ChartSeries[]): uPlot.AlignedData {
  const tables = series.map((each): uPlot.AlignedData => [[...each.time], [...each.value]]);
  const [only] = tables;
  if (tables.length === 1 && only !== undefined) return only;
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}

function options(
  element: HTMLElement,
  series: readonly ChartSeries[],
  unit: string,
  onFrame: (n: number) => void,
): uPlot.Options {
  const colors = tokenColors([...LINES, 'hairline', 'border']);
  const axis: uPlot.Axis = {
    stroke: colors.muted,
    grid: { stroke: colors.hairline, width: 1 },
    ticks: { stroke: colors.border, width: 1, size: 4 },
    font: '11px Inter Variable, sans-serif',
  };
  return {
    ...sizeOf(element),
    scales: { x: { time: false } },
    axes: [
      { ...axis, values: (_plot, values) => values.map((value) => `${value} s`) },
      {
        ...axis,
        size: 64,
        values: (_plot, values) => values.map((value) => `${value}${unit === '' ? '' : ` ${unit}`}`),
      },
    ],
    series: [
      { label: t.timeline.timeTitle.session },
      ...series.map(
        (each, i): uPlot.Series => ({
          label: each.name,
          stroke: colors[LINES[i % LINES.length] ?? 'muted'],
          width: 1.25,
          spanGaps: true,
          points: { show: each.time.length < 200 },
        }),
      ),
    ],
    hooks: {
      ready: [
        (plot) => {
          plot.over.addEventListener('click', () => {
            const at = plot.posToVal(plot.cursor.left ?? -1, 'x');
            const n = nearest(series, at);
            if (n !== undefined) onFrame(n);
          });
        },
      ],
    },
  };
}

function nearest(series: readonly ChartSeries[], at: number): number | undefined {
  let best: number | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const each of series) {
    each.time.forEach((time, i) => {
      if (Math.abs(time - at) >= distance || each.n?.[i] === undefined) return;
      distance = Math.abs(time - at);
      best = each.n[i];
    });
  }
  return best;
}
