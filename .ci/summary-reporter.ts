import type { Reporter, TestModule } from 'vitest/node';

/** Last line of a test run, in a form any CI can read: `tests: 12 passed, 0 failed, 1 skipped`; retried ones are named. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    const retried: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (test.diagnostic()?.flaky === true) retried.push(`${module.relativeModuleId} > ${test.fullName}`);
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state]++;
      }
    }
    for (const name of retried) process.stdout.write(`\npassed at the second try: ${name}`);
    process.stdout.write(`\ntests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
