/** Protocol coverage of a session: what of each description the traffic has shown. */
import type { CoverageView } from '../../contract/statistics-verbs.ts';
import { Coverage, type CoverageReport } from '../../protocol/coverage.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Job } from './job.ts';

/** @param only one protocol, else every one that was spoken */
export function* coverageOf(reader: SessionReader, only: string | undefined): Job<readonly CoverageView[]> {
  const found = new Map<string, Coverage>();
  let looked = 0;
  for (const { frame, protocol, dissected } of reader.read()) {
    if (protocol !== undefined && dissected !== undefined && (only === undefined || protocol.id === only)) {
      let coverage = found.get(protocol.id);
      if (coverage === undefined) found.set(protocol.id, (coverage = new Coverage(protocol)));
      const { n, direction, time, bytes } = frame;
      coverage.see(frame.conn, { n, direction, time, bytes, dissected });
    }
    if ((++looked & 31) === 0) yield undefined;
  }
  if (only !== undefined && found.size === 0) {
    const protocol = reader.protocol(only);
    if (protocol !== undefined) found.set(only, new Coverage(protocol));
  }
  return [...found.values()].map((coverage) => viewOf(coverage.report()));
}

function viewOf(report: CoverageReport): CoverageView {
  return {
    protocol: report.protocol,
    seen: report.totals.messages.seen,
    total: report.totals.messages.all,
    messages: report.messages.map((message) => {
      const unseen = message.fields.filter((field) => field.seen === 0).map((field) => field.path);
      const values = message.fields.flatMap((field) =>
        field.seen === 0
          ? []
          : (field.values ?? []).filter((v) => v.seen === 0).map((v) => `${field.path} = ${v.name}`),
      );
      return {
        name: message.name,
        direction: message.direction,
        count: message.toServer + message.toClient,
        fieldsSeen: message.fields.length - unseen.length,
        fieldsTotal: message.fields.length,
        unseen: [...unseen, ...values],
      };
    }),
    pairs: report.pairs.map(({ request, reply, seen }) => ({ request, reply, count: seen })),
    drift: report.drift.map((drift) => ({
      what: drift.text,
      where: drift.path === '' ? drift.message : `${drift.message}.${drift.path}`,
      count: drift.count,
      first: drift.firstFrame,
      ...(drift.suggestion === '' ? {} : { patch: drift.suggestion }),
    })),
  };
}
