/** Which job answers which question about the session's numbers. */
import type { StatisticsVerbs } from '../../contract/statistics-verbs.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Vocabulary } from '../../traffic/filter/filter.ts';
import { coverageOf } from './coverage.ts';
import { fieldBytes, plot } from './field-statistics.ts';
import type { Job } from './job.ts';
import { conversations, expertTotals, latency, messageTotals, rate } from './statistics.ts';
import { compileOrRefuse } from './view.ts';

export function statisticOf(
  reader: SessionReader,
  vocabulary: Vocabulary,
  verb: Exclude<keyof StatisticsVerbs, 'stats.enet'>,
  args: unknown,
): Job<unknown> {
  const { filter: text } = args as { readonly filter?: string };
  const filter = compileOrRefuse(text ?? '', vocabulary);
  switch (verb) {
    case 'stats.messages':
      return messageTotals(reader, filter);
    case 'stats.conversations':
      return conversations(reader, filter);
    case 'stats.latency':
      return latency(reader, filter);
    case 'stats.plot':
      return plot(reader, filter, args as StatisticsVerbs['stats.plot']['args']);
    case 'stats.rate': {
      const { buckets } = args as StatisticsVerbs['stats.rate']['args'];
      return rate(reader, filter, Math.max(1, Math.min(10_000, Math.floor(buckets ?? 200))));
    }
    case 'stats.fieldBytes':
      return fieldBytes(reader, filter, args as StatisticsVerbs['stats.fieldBytes']['args']);
    case 'stats.coverage':
      return coverageOf(reader, (args as StatisticsVerbs['stats.coverage']['args']).protocol);
    case 'stats.expert':
      return expertTotals(reader, filter);
  }
}
