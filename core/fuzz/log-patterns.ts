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

/** Errors of the language: their words tell what is wrong. Those a program made up are thrown with prose, often by one helper. */
const STANDARD =
  /^(?:\w*(?:Type|Range|Reference|Syntax|URI|Eval|Internal|Aggregate|Assertion|Key|Value|Index|Attribute|Name|OS|IO|Runtime|Unicode\w*|ZeroDivision|Overflow|Memory|Recursion|NotImplemented|Import|Lookup|Arithmetic|EOF|Connection\w*|Timeout)?Error|(?:java|javax|System|std)[.:].*|panic)$/;

/** `TypeError` of `TypeError: x is no function`. */
function kindOf(words: string | undefined): string | undefined {
  return words === undefined ? undefined : /^(?:Uncaught )?([A-Za-z_][\w.$]*)(?:: |$)/.exec(words.trim())?.[1];
}

/** An error of the program's own: its kind, and the functions it came from. */
function ownSignature(lines: readonly string[], words: string): string | undefined {
  const kind = kindOf(words);
  if (kind === undefined || STANDARD.test(kind)) return undefined;
  const places = lines.filter((line) => FRAME.test(line) && !/node:internal|node_modules/.test(line)).slice(0, 2);
  const names = places.map((line) => /^\s+at (?:async )?(?:new )?([^\s(]+) \(|, in (\S+)$/.exec(line));
  if (names.length === 0 || names.some((name) => name === null)) return undefined;
  return [kind, ...names.map((name) => name![1] ?? name![2])].join(' ');
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
  const own = words === undefined ? undefined : ownSignature(lines, words);
  if (own !== undefined) return own;
  // Where a recursion runs out is chance.
  const place = words !== undefined && /call stack|stack ?overflow|recursion depth/i.test(words) ? undefined : frame;
  const kind = kindOf(words);
  // One place in the code: the words tell of the value that came there.
  if (kind !== undefined && place !== undefined && /:\d+:\d+\)?$/.test(place.trim())) return `${kind} ${plain(place)}`;
  return [words, place].flatMap((line) => (line === undefined ? [] : [plain(line)])).join(' ');
}

/** The line to show first. */
export function errorLine(lines: readonly string[]): string | undefined {
  return wordsOf(lines)?.trim();
}
