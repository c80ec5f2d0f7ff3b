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

const ERROR = /(?:Error|Exception|panic|Sanitizer|Assertion|fatal)\b.*:|panicked at/i;
const FRAME = /^\s+at |^\s+File "/;

/** The line with the words of the error, or what stands above the first line of the stack. */
function wordsOf(lines: readonly string[]): string | undefined {
  const named = lines.findLast((line) => ERROR.test(line) && !line.startsWith('npm '));
  if (named !== undefined) return named;
  const frame = lines.findIndex((line) => FRAME.test(line));
  return frame > 0 ? lines[frame - 1] : undefined;
}

/** What tells two crashes apart: the words of the error and the place in the code. */
export function crashSignature(lines: readonly string[]): string {
  const frame = lines.find((line) => FRAME.test(line) && !/node:internal|node_modules/.test(line));
  const plain = (text: string): string =>
    text
      .trim()
      .replaceAll(/0x[0-9a-f]+|\b\d+\b(?!:\d+\)?$)/gi, '#')
      .replaceAll(/"[^"]*"|'[^']*'/g, '""')
      .replaceAll(/\b(?:null|undefined|None|nil)\b/g, 'null')
      .slice(0, 160);
  const words = wordsOf(lines);
  // Where a recursion runs out is chance.
  const place = words !== undefined && /call stack|stack ?overflow|recursion depth/i.test(words) ? undefined : frame;
  return [words, place].flatMap((line) => (line === undefined ? [] : [plain(line)])).join(' ');
}

/** The line to show first. */
export function errorLine(lines: readonly string[]): string | undefined {
  return wordsOf(lines)?.trim();
}
