/** Verdicts of replay, diff and copies as people read them on a terminal, and as JUnit files. */
import { writeFileSync } from 'node:fs';
import type { CopiesReport } from '../../core/replay/copies.ts';
import { failureOf, junitOfRows, junitXml } from '../../core/replay/junit.ts';
import type { SessionDiff } from '../../core/replay/session-diff.ts';
import type { Report, Row } from '../../core/replay/verdict.ts';
import type { Invocation } from './command.ts';
import { table } from './table.ts';

const MOST_ROWS = 100;

export function reportText(report: Report): string {
  const { counts, sent, toSend, elapsedMs } = report;
  const lines: string[] = [...rowLines(report.rows)];
  if (report.bindings.length > 0) {
    lines.push('', 'values the server issued and the client echoed:');
    for (const one of report.bindings) {
      const now = one.enabled ? (one.replayed === '' ? 'not issued this time' : one.replayed) : 'switched off';
      lines.push(`  ${one.id}  ${one.what}: ${one.recorded} → ${now} (${times(one.uses)})`, `      ${one.evidence}`);
    }
  }
  lines.push(...ignoredLines(report.ignored), ...report.notes.map((note) => `note: ${note}`), '');
  lines.push(
    `${report.verdict}: ${sent} of ${toSend} client messages sent in ${(elapsedMs / 1000).toFixed(1)} s; ${countsText(counts)}`,
  );
  return lines.join('\n').trimStart();
}

export function diffText(diff: SessionDiff, first: string, second: string): string {
  const lines = [
    ...rowLines(diff.rows, { missing: `only in ${first}`, extra: `only in ${second}` }),
    ...ignoredLines(diff.ignored),
    ...diff.notes.map((note) => `note: ${note}`),
    '',
    `${diff.verdict}: ${countsText(diff.counts)}`,
  ];
  return lines.join('\n').trimStart();
}

export function copiesText(report: CopiesReport): string {
  const { copies, verdicts, sent, received, elapsedMs } = report;
  const seconds = Math.max(elapsedMs / 1000, 0.001);
  const lines = [
    table(
      [
        { title: 'message' },
        { title: 'count', right: true },
        { title: 'p50 ms', right: true },
        { title: 'p95 ms', right: true },
        { title: 'p99 ms', right: true },
        { title: 'max ms', right: true },
      ],
      report.latencies.map((one) => [one.message, one.count, one.p50Ms, one.p95Ms, one.p99Ms, one.maxMs]),
    ),
    '',
  ];
  for (const { copy, report: failed } of report.failures) {
    lines.push(`copy ${copy}:`, ...rowLines(failed.rows.slice(0, 20)).map((line) => `  ${line}`));
  }
  for (const { text, count } of report.errors) lines.push(`${count} copies could not be played: ${text}`);
  lines.push(
    `${report.verdict}: ${verdicts.same} of ${copies} copies reached the end; ${sent} sent and ${received} received in ${seconds.toFixed(1)} s (${Math.round((sent + received) / seconds)} messages/s); ${countsText(report.counts)}`,
  );
  return lines.join('\n');
}

export function writeJunit(invocation: Invocation, suite: string, rows: readonly Row[], elapsedMs: number): void {
  const path = invocation.text('junit');
  if (path !== undefined) writeFileSync(path, junitXml(suite, junitOfRows(rows), elapsedMs / 1000));
}

/** Everything that is not the same. */
function rowLines(rows: readonly Row[], words: Readonly<Record<string, string>> = {}): string[] {
  const odd = rows.filter((row) => row.outcome !== 'same');
  const lines = odd.slice(0, MOST_ROWS).map((row) => {
    const side = row.recorded ?? row.replayed;
    const outcome = words[row.outcome] ?? row.outcome;
    const where = side === undefined ? '' : `${side.n === 0 ? '' : `#${side.n} `}c${side.conn} ${side.message}`;
    const isPlain = row.outcome === 'missing' || row.outcome === 'extra';
    const what = isPlain ? (side?.summary ?? '') : failureOf(row).replace(/^different: /, '');
    return `${outcome.padEnd(15)} ${where}${what === '' ? '' : `: ${what}`}`.trimEnd();
  });
  if (odd.length > MOST_ROWS) lines.push(`… and ${odd.length - MOST_ROWS} more; --report or --json has them all`);
  return lines;
}

function ignoredLines(ignored: Report['ignored']): string[] {
  if (ignored.length === 0) return [];
  return ['', 'set aside:', ...ignored.map((one) => `  ${one.path} (${times(one.count)}): ${one.why}`)];
}

function countsText(counts: Report['counts']): string {
  const words = Object.entries(counts).filter(([, count]) => count > 0);
  return words.length === 0 ? 'nothing came' : words.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
