import { Coverage, type CoverageReport } from '../../../core/protocol/coverage.ts';
import type { Protocol } from '../../../core/protocol/protocol.ts';
import type { Invocation } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import { print } from '../output.ts';

/** What of each protocol met in the file was seen, and where the traffic departs from its description. */
export async function coverage(invocation: Invocation): Promise<number> {
  const reports = await coverageOf(invocation.operands[0]!, invocation);
  if (invocation.flag('json')) print(JSON.stringify(reports, null, 2));
  else for (const report of reports) printReport(report);
  if (reports.length === 0) print('No frame of a known protocol in this file.');
  return 0;
}

export async function coverageOf(path: string, invocation: Invocation): Promise<readonly CoverageReport[]> {
  const dialects = await dialectsSpoken(path, invocation);
  const collected = new Map<string, Coverage>();
  await forEachFrame(path, invocation, ({ frame, protocol, meaning }) => {
    if (protocol === undefined || meaning.dissected === undefined) return;
    const dialect = dialects.get(`${protocol.id}/${frame.conn}`);
    const key = `${protocol.id}/${dialect ?? ''}`;
    let one = collected.get(key);
    if (one === undefined) {
      one = new Coverage(protocol, dialect);
      collected.set(key, one);
    }
    one.see(frame.conn, { ...frame, dissected: meaning.dissected });
  });
  return [...collected.values()].map((one) => one.report());
}

/** Fewer frames than this do not tell a connection's dialect: many messages look the same in several. */
const TELLING_FRAMES = 8;

/**
 * Where every message belongs to one dialect, the dialects are covered apart: nobody speaks all of them. By `protocol/connection`:
 * what most of its frames were read as, and for short connections what most of the file was.
 */
async function dialectsSpoken(path: string, invocation: Invocation): Promise<ReadonlyMap<string, string>> {
  const counts = new Map<string, Map<string, number>>();
  const count = (key: string, dialect: string): void => {
    const known = counts.get(key) ?? new Map<string, number>();
    counts.set(key, known);
    known.set(dialect, (known.get(dialect) ?? 0) + 1);
  };
  await forEachFrame(path, invocation, ({ frame, protocol, meaning }) => {
    const dialects = meaning.messages[0]?.spec?.dialects;
    if (protocol === undefined || dialects?.length !== 1 || !hasSeparateDialects(protocol)) return;
    count(`${protocol.id}/${frame.conn}`, dialects[0]!);
    count(protocol.id, dialects[0]!);
  });
  const found = new Map<string, string>();
  for (const [key, known] of counts) {
    const frames = [...known.values()].reduce((a, b) => a + b, 0);
    const telling = frames >= TELLING_FRAMES ? known : counts.get(key.split('/')[0]!)!;
    found.set(key, [...telling].reduce((a, b) => (b[1] > a[1] ? b : a))[0]);
  }
  return found;
}

const separate = new WeakMap<Protocol, boolean>();

function hasSeparateDialects(protocol: Protocol): boolean {
  let is = separate.get(protocol);
  if (is === undefined) {
    is = protocol.messages.every((m) => m.dialects?.length === 1);
    separate.set(protocol, is);
  }
  return is;
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
