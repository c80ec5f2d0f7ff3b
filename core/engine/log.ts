/** The only place that prints. One line per event on stderr; scripts read stdout, which carries nothing but results. */
export type LogLevel = 'quiet' | 'warnings' | 'all';

export interface Log {
  /** What a person may want to know: a proxy started, a session was opened. */
  info(text: string): void;
  /** What a person should know. */
  warn(text: string): void;
  /** Our own failure, with its trace. */
  failure(error: unknown): void;
}

export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const print = (text: string): void => write(`${text.replaceAll('\n', '\n  ')}\n`);
  return {
    info: (text) => {
      if (level === 'all') print(text);
    },
    warn: (text) => {
      if (level !== 'quiet') print(text);
    },
    failure: (error) => print(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  };
}
