/** Results as JUnit XML, which every CI server shows. */
import type { Row } from './verdict.ts';

export interface JunitCase {
  readonly name: string;
  readonly group: string;
  /** Why it failed; absent: it passed. */
  readonly failure?: string;
  readonly details?: string;
}

export function junitXml(suite: string, cases: readonly JunitCase[], seconds = 0): string {
  const failures = cases.filter((one) => one.failure !== undefined).length;
  const time = seconds.toFixed(3);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name=${quote(suite)} tests="${cases.length}" failures="${failures}" errors="0" time="${time}">`,
    `  <testsuite name=${quote(suite)} tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${time}">`,
  ];
  for (const { name, group, failure, details } of cases) {
    const head = `    <testcase name=${quote(name)} classname=${quote(group)}`;
    if (failure === undefined) lines.push(`${head}/>`);
    else {
      lines.push(
        `${head}>`,
        `      <failure message=${quote(failure)}>${escape(details ?? failure)}</failure>`,
        '    </testcase>',
      );
    }
  }
  lines.push('  </testsuite>', '</testsuites>', '');
  return lines.join('\n');
}

/** One case for each message of the recording and each that came besides. */
export function junitOfRows(rows: readonly Row[]): JunitCase[] {
  return rows.map((row) => {
    const side = row.recorded ?? row.replayed;
    const name = `${side === undefined || side.n === 0 ? '' : `#${side.n} `}${side?.message ?? 'connection'}`;
    const group = `connection ${side?.conn ?? 0}`;
    if (row.outcome === 'same') return { name, group };
    return { name, group, failure: failureOf(row), details: detailsOf(row) };
  });
}

export function failureOf(row: Row): string {
  const counted = row.fields.filter((field) => field.ignored === undefined);
  switch (row.outcome) {
    case 'different':
      return `different: ${counted.map((field) => `${field.path} ${field.recorded || '(absent)'} → ${field.replayed || '(absent)'}`).join(', ')}`;
    case 'late':
      return `late by ${row.lateMs ?? 0} ms`;
    case 'connection-lost':
      return row.note ?? 'connection lost';
    default:
      return row.outcome;
  }
}

function detailsOf(row: Row): string {
  const lines = [failureOf(row)];
  if (row.recorded !== undefined) lines.push(`recorded: ${row.recorded.message} ${row.recorded.summary}`);
  if (row.replayed !== undefined) lines.push(`replayed: ${row.replayed.message} ${row.replayed.summary}`);
  return lines.join('\n');
}

function quote(text: string): string {
  return `"${escape(text)}"`;
}
/** Characters XML cannot hold are shown as their code. */
function escape(text: string): string {
  return text
    .replaceAll(
      /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu,
      (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
