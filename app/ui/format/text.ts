/** Text from the wire made safe for one line: nothing in it may change a row's height, direction or neighbours. */

// C0 and C1 controls, line separators, and everything that turns reading direction or draws nothing.
const ODD =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const NAMED: Readonly<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': '␉' };

/** Control and direction characters become visible pictures; a lone surrogate becomes U+FFFD. */
export function oneLine(text: string): string {
  if (!/[^\u0020-\u007e]/.test(text)) return text;
  return text.toWellFormed().replace(ODD, (char) => NAMED[char] ?? picture(char.charCodeAt(0)));
}

function picture(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '␡';
  return '·';
}

/** BCP 47 tag for a text, so that Han glyphs come out right: kana means Japanese, hangul Korean, other Han Chinese. */
export function languageOf(text: string): string | undefined {
  if (!/[\u2e80-\uffef]|[\ud840-\ud88f]/.test(text)) return undefined;
  if (/[\u3041-\u30ff]/.test(text)) return 'ja';
  if (/[\uac00-\ud7af]/.test(text)) return 'ko';
  return /[\u3400-\u9fff\uf900-\ufaff]|[\ud840-\ud88f]/.test(text) ? 'zh' : undefined;
}

/** What a path ends with, of whatever system it is. */
export function nameOfPath(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

/** Keeps both ends: `aaaa…zzzz`. */
export function middleCut(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

export interface SummaryPart {
  readonly text: string;
  /** A field's name in front of its value: shown muted. */
  readonly isKey: boolean;
}

/** Splits `actor 1 · pai 4p` so that the names can step back behind the values. */
export function summaryParts(summary: string): readonly SummaryPart[] {
  const parts: SummaryPart[] = [];
  const push = (text: string, isKey: boolean): void => {
    const last = parts.at(-1);
    if (last !== undefined && last.isKey === isKey) parts[parts.length - 1] = { text: last.text + text, isKey };
    else parts.push({ text, isKey });
  };
  summary.split(' · ').forEach((part, i) => {
    if (i > 0) push(' · ', false);
    const named = /^([A-Za-z_][\w.[\]]{0,31})( [-−\d"“[{(#].*| \S+)$/s.exec(part);
    if (named?.[1] !== undefined && named[2] !== undefined) {
      push(named[1], true);
      push(named[2], false);
    } else push(part, false);
  });
  return parts;
}
