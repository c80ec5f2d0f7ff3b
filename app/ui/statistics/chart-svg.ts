/** A chart as a picture that can be scaled and edited: SVG text, no DOM. Pure. */

export interface SvgChart {
  readonly series: readonly {
    readonly name: string;
    readonly time: readonly number[];
    readonly value: readonly number[];
    readonly color: string;
  }[];
  readonly title: string;
  readonly unit: string;
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const TOP = 44;
const BOTTOM = 36;

export function chartSvg(chart: SvgChart): string {
  const times = chart.series.flatMap((each) => each.time);
  const values = chart.series.flatMap((each) => each.value);
  const [fromX, toX] = extent(times);
  const [fromY, toY] = extent(values);
  const x = (time: number): string => (LEFT + ((time - fromX) / (toX - fromX)) * (WIDTH - LEFT - 20)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - ((value - fromY) / (toY - fromY)) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const text = (content: string, at: string, fill: string): string =>
    `<text ${at} fill="${fill}">${escape(content)}</text>`;
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const grid = steps.map((step) => {
    const value = fromY + step * (toY - fromY);
    return `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="${chart.line}"/>${text(`${short(value)} ${chart.unit}`, `x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end"`, chart.faint)}`;
  });
  const axis = steps.map((step) => {
    const time = fromX + step * (toX - fromX);
    return text(`${short(time)} s`, `x="${x(time)}" y="${HEIGHT - 14}" text-anchor="middle"`, chart.faint);
  });
  const lines = chart.series.map((each, i) => {
    const points = each.time.map((time, k) => `${x(time)},${y(each.value[k] ?? 0)}`).join(' ');
    const legend = text(each.name, `x="${LEFT + 14 + i * 180}" y="38"`, chart.faint);
    return `<polyline points="${points}" fill="none" stroke="${each.color}" stroke-width="1.25"/><rect x="${LEFT + i * 180}" y="29" width="9" height="9" fill="${each.color}"/>${legend}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="Inter, sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${chart.background}"/>`,
    `<text x="${LEFT}" y="20" font-size="13" font-weight="600" fill="${chart.text}">${escape(chart.title)}</text>`,
    ...grid,
    ...axis,
    ...lines,
    '</svg>',
  ].join('\n');
}

function extent(values: readonly number[]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function short(value: number): string {
  return Number(value.toPrecision(4)).toString();
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
