/** Files named by the system: on the command line, by double click, by "open with". */
const EXTENSIONS = new Set(['.ipsession', '.pcap', '.pcapng', '.cap', '.har', '.flow', '.jsonl']);

export function isReadable(path: string): boolean {
  return EXTENSIONS.has(/\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? '');
}

/** The files among a process's arguments; switches and the app's own path are not files of ours. */
export function filesFromArguments(argv: readonly string[]): string[] {
  return argv.slice(1).filter((argument) => !argument.startsWith('-') && isReadable(argument));
}
