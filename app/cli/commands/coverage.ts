import { Coverage, type CoverageReport } from '../../../core/protocol/coverage.ts';
import type { Invocation } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import type { DecodedFrame } from '../frame-decoder.ts';
import { print } from '../output.ts';

/** What of each protocol met in the file was seen, and where the traffic departs from its description. */
export async function coverage(invocation: Invocation): Promise<number> {
  const collector = new CoverageCollector();
  await forEachFrame(invocation.operands[0]!, invocation, (decoded) => collector.see(decoded));
  const reports = collector.reports();
  if (invocation.flag('json')) print(JSON.stringify(reports, null, 2));
  else for (const report of reports) printReport(report);
  if (reports.length === 0) print('No frame of a known protocol in this file.');
  return 0;
}

/** A report for every protocol met. */
export class CoverageCollector {
  readonly #found = new Map<string, Coverage>();

  see({ frame, protocol, meaning }: DecodedFrame): void {
    if (protocol === undefined || meaning.dissected === undefined) return;
    let one = this.#found.get(protocol.id);
    if (one === undefined) this.#found.set(protocol.id, (one = new Coverage(protocol)));
    one.see(frame.conn, { ...frame, dissected: meaning.dissected });
  }

  reports(): readonly CoverageReport[] {
    return [...this.#found.values()].map((one) => one.report());
  }
}

function printReport(report: CoverageReport): void {
  const { totals } = report;
  print(
    `${report.protocol}: ${Math.round(report.share * 100)} % seen: ${totals.messages.seen} of ${totals.messages.all} messages, ${totals.fields.seen} of ${totals.fields.all} fields, ${totals.values.seen} of ${totals.values.all} named values, ${totals.pairs.seen} of ${totals.pairs.all} pairs`,
  );
  for (const message of report.messages) {
    const count = message.toServer + message.toClient;
    if (count === 0) continue;
    const unseen = message.fields.filter((f) => f.seen === 0).map((f) => f.path);
    print(`  ✓ ${message.name}  ${count}${unseen.length === 0 ? '' : `  without ${unseen.join(', ')}`}`);
  }
  const missing = report.messages.filter((m) => m.toServer + m.toClient === 0);
  for (const message of missing) print(`  · ${message.name}  not seen`);
  for (const drift of report.drift) {
    print(`  △ ${drift.text} (${drift.count} times, first in frame ${drift.firstFrame})`);
    if (drift.suggestion !== '') print(`      ${drift.suggestion.replaceAll('\n', '\n      ')}`);
  }
  print('');
}
