import { t } from '../strings/strings.ts';

/** A server for each of several that were recorded: too many to name in a line. */
export function targetText(target: string): string {
  const parts = target.split(', ');
  return parts.length > 1 && parts.every((part) => /^\S+=\w+:\/\//.test(part)) ? t.fuzz.servers(parts.length) : target;
}
