/** Files named by the system (on the command line, by double click, by "open with") and those opened lately. */
import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';

export const EXTENSIONS = ['ipsession', 'pcap', 'pcapng', 'cap', 'har', 'flow', 'jsonl'];
const MAX_RECENT = 10;

function isReadable(path: string): boolean {
  return EXTENSIONS.includes(extname(path).slice(1).toLowerCase());
}

export function isSession(path: string): boolean {
  return extname(path).toLowerCase() === '.ipsession';
}

/**
 * The files among a process's arguments; switches and the app's own path are not files of ours.
 * @param folder the one the process was started in
 */
export function filesFromArguments(argv: readonly string[], folder: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-') && isReadable(argument))
    .map((path) => resolve(folder, path));
}

/** The engines' common list of what was opened and saved, newest first. */
export function recentFiles(listPath: string): string[] {
  try {
    const list: unknown = JSON.parse(readFileSync(listPath, 'utf8'));
    if (!Array.isArray(list)) return [];
    return list
      .map((each: { path?: unknown } | null) => each?.path)
      .filter((path): path is string => typeof path === 'string')
      .slice(0, MAX_RECENT);
  } catch {
    return [];
  }
}
