import { useMemo } from 'react';
import { t } from '../strings/strings.ts';
import { Chart } from './chart.tsx';
import { StatisticsBody } from './statistics-body.tsx';
import { useStatistics } from './use-statistics.ts';

const BUCKETS = 400;

export function RateTab() {
  const result = useStatistics((client, scope) => client.request('stats.rate', { buckets: BUCKETS, ...scope }));
  const series = useMemo(() => {
    const rate = result.value;
    if (rate === undefined) return [];
    const time = rate.toServer.map((_, i) => rate.from + i * rate.step);
    const perSecond = (values: readonly number[]): readonly number[] =>
      values.map((value) => value / Math.max(1e-9, rate.step));
    return [
      { name: `→ ${t.timeline.direction.toServer}`, time, value: perSecond(rate.toServer) },
      { name: `← ${t.timeline.direction.toClient}`, time, value: perSecond(rate.toClient) },
    ];
  }, [result.value]);
  return (
    <StatisticsBody result={result} isEmpty={(rate) => rate.toServer.length === 0}>
      {() => <Chart series={series} unit="/s" label={t.statistics.framesPerSecond} fileName="rate" />}
    </StatisticsBody>
  );
}
