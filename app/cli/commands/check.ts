import { readFileSync, writeFileSync } from 'node:fs';
import { vocabularyOf } from '../../../core/engine/vocabulary.ts';
import type { CoverageReport } from '../../../core/protocol/coverage.ts';
import { ContractCheck, type ContractResult, readContracts } from '../../../core/replay/contracts.ts';
import { type JunitCase, junitXml } from '../../../core/replay/junit.ts';
import { SEVERITIES, type Severity } from '../../../core/schema/expert-info.ts';
import { type Invocation, UsageError } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import { filterSubject } from '../filter-subject.ts';
import { print, printError } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { CoverageCollector } from './coverage.ts';

interface Finding {
  readonly name: string;
  readonly held: boolean;
  readonly text: string;
  readonly details: readonly string[];
}

/** Contracts, coverage and expert infos of a file. 0: all hold, 1: one does not. */
export async function check(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const severity = readSeverity(invocation.text('severity') ?? 'error');
  const least = invocation.number('min-coverage');
  if (least !== undefined && (least < 0 || least > 100))
    throw new UsageError('--min-coverage takes per cent, 0 to 100');
  const contracts = contractsOf(invocation);
  const checker = new ContractCheck(contracts);
  const remarks = new Map<string, { text: string; count: number; first: number }>();
  let began: number | undefined;
  let frames = 0;
  const collector = new CoverageCollector();
  const { problems } = await forEachFrame(path!, invocation, (decoded) => {
    began ??= decoded.frame.time;
    frames++;
    if (least !== undefined) collector.see(decoded);
    checker.see(filterSubject(decoded, began));
    for (const info of decoded.expert) {
      if (SEVERITIES.indexOf(info.severity) < SEVERITIES.indexOf(severity)) continue;
      const key = `${info.severity}/${info.code ?? info.text}`;
      const known = remarks.get(key) ?? { text: `${info.severity}: ${info.text}`, count: 0, first: decoded.frame.n };
      known.count++;
      remarks.set(key, known);
    }
  });
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  if (frames === 0) throw new UsageError(`${path} has no frame to check`);
  const findings = [
    expertFinding(severity, [...remarks.values()]),
    ...checker.end().map(contractFinding),
    ...(least === undefined ? [] : coverageFindings(collector.reports(), least)),
  ];
  return report(findings, invocation, frames);
}

function readSeverity(text: string): Severity {
  const severity = SEVERITIES.find((one) => one === text);
  if (severity === undefined) throw new UsageError(`--severity is ${SEVERITIES.join(', ')}, not "${text}"`);
  return severity;
}

function contractsOf(invocation: Invocation): ReturnType<typeof readContracts>['contracts'] {
  const file = invocation.text('contracts');
  if (file === undefined) return [];
  let yaml: string;
  try {
    yaml = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`cannot read ${file}`);
  }
  const { contracts, problems } = readContracts(yaml, vocabularyOf(readProtocolChoice(invocation).protocols));
  const [first] = problems;
  if (first !== undefined) throw new UsageError(`${file}:${first.line}: ${first.message}`);
  return contracts;
}

function expertFinding(
  severity: Severity,
  remarks: readonly { text: string; count: number; first: number }[],
): Finding {
  const count = remarks.reduce((sum, one) => sum + one.count, 0);
  return {
    name: `no expert info of severity ${severity} or worse`,
    held: count === 0,
    text: count === 0 ? '' : `${count} found`,
    details: remarks.map((one) => `#${one.first} ${one.text}${one.count > 1 ? ` (${one.count} times)` : ''}`),
  };
}

function contractFinding({ name, held, tested, broken, breaches }: ContractResult): Finding {
  const text = held
    ? tested === 0
      ? 'never put to the test'
      : ''
    : `broken ${broken === 1 ? 'once' : `${broken} times`}`;
  return { name, held, text, details: breaches.map((one) => `#${one.n} ${one.text}`) };
}

function coverageFindings(reports: readonly CoverageReport[], least: number): Finding[] {
  if (reports.length === 0) {
    return [{ name: `coverage of ${least} %`, held: false, text: 'no frame of a known protocol', details: [] }];
  }
  return reports.map(({ protocol, share, messages }) => {
    const seen = Math.round(share * 1000) / 10;
    const missing = messages
      .filter((message) => message.toServer + message.toClient === 0)
      .map((message) => message.name);
    return {
      name: `${protocol}: coverage of ${least} %`,
      held: share * 100 >= least,
      text: `${seen} % seen`,
      details: missing.length === 0 ? [] : [`not seen: ${missing.join(', ')}`],
    };
  });
}

function report(findings: readonly Finding[], invocation: Invocation, frames: number): number {
  const isHeld = findings.every((one) => one.held);
  const junit = invocation.text('junit');
  if (junit !== undefined) {
    const cases = findings.map(
      ({ name, held, text, details }): JunitCase => ({
        name,
        group: 'check',
        ...(held ? {} : { failure: text, details: [text, ...details].join('\n') }),
      }),
    );
    writeFileSync(junit, junitXml('check', cases));
  }
  if (invocation.flag('json')) {
    print(JSON.stringify({ held: isHeld, frames, findings }, null, 2));
    return isHeld ? 0 : 1;
  }
  for (const { name, held, text, details } of findings) {
    print(`${held ? '✓' : '✗'} ${name}${text === '' ? '' : `: ${text}`}`);
    if (!held) for (const line of details.slice(0, 20)) print(`    ${line}`);
  }
  const broken = findings.filter((one) => !one.held).length;
  print(
    broken === 0
      ? `all hold over ${frames} frames`
      : `${broken} of ${findings.length} do not hold over ${frames} frames`,
  );
  return isHeld ? 0 : 1;
}
