/** Lines of a server's log that no request should bring about. */

const PATTERNS: readonly RegExp[] = [
  /Traceback \(most recent call last\)/,
  /^panic: |goroutine \d+ \[running\]/,
  /thread '.*' panicked at/,
  /ERROR: (?:Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer/,
  /runtime error: /,
  /Segmentation fault|SIGSEGV|SIGABRT|core dumped/,
  /Unhandled(?:PromiseRejection| exception)|Uncaught /,
  /FATAL ERROR: |terminate called|Assertion .*failed|assertion failed/,
  /Exception in thread |^\s+at [\w$.<>]+\([\w.]+:\d+\)$/,
  /Maximum call stack size exceeded|RangeError: Invalid (?:array|typed array|string) length/,
  /^\s+at .+[/\\][^/\\]+:\d+:\d+\)?$/,
  /OutOfMemory|out of memory/i,
];

export function isAlarming(line: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(line));
}

/** What tells two crashes apart: the words of the error and the place in the code. */
export function crashSignature(lines: readonly string[]): string {
  const error = lines.findLast(
    (line) =>
      /(?:Error|Exception|panic|Sanitizer|Assertion|fatal)\b.*:|panicked at/i.test(line) && !line.startsWith('npm '),
  );
  const frame = lines.find((line) => /^\s+at |^\s+File "/.test(line) && !/node:internal|node_modules/.test(line));
  const plain = (text: string): string =>
    text
      .trim()
      .replaceAll(/0x[0-9a-f]+|\b\d+\b(?!:\d+\)?$)/gi, '#')
      .replaceAll(/"[^"]*"|'[^']*'/g, '""')
      .slice(0, 160);
  return [error, frame].flatMap((line) => (line === undefined ? [] : [plain(line)])).join(' ');
}

/** The line to show first. */
export function errorLine(lines: readonly string[]): string | undefined {
  return lines
    .findLast(
      (line) =>
        /(?:Error|Exception|panic|Sanitizer|Assertion|fatal)\b.*:|panicked at/i.test(line) && !line.startsWith('npm '),
    )
    ?.trim();
}
