/** Numbers as the timeline shows them: thin space between thousands, units apart, nothing where it rounds to nothing. */

const THIN = '\u2009';

export function grouped(value: number | bigint): string {
  const text = value.toString();
  const dot = text.indexOf('.');
  const whole = dot < 0 ? text : text.slice(0, dot);
  const digits = whole.replace('-', '');
  if (digits.length < 4) return text;
  let out = '';
  for (let i = digits.length; i > 0; i -= 3) {
    const part = digits.slice(Math.max(0, i - 3), i);
    out = out === '' ? part : part + THIN + out;
  }
  return (whole.startsWith('-') ? '−' : '') + out + (dot < 0 ? '' : text.slice(dot));
}

/** `161.204 118`: seconds with microseconds. */
export function seconds(value: number): string {
  const sign = value < 0 ? '−' : '';
  const micros = Math.round(Math.abs(value) * 1e6);
  const whole = Math.floor(micros / 1e6);
  const rest = String(micros - whole * 1e6).padStart(6, '0');
  return `${sign}${grouped(whole)}.${rest.slice(0, 3)}${THIN}${rest.slice(3)}`;
}

/** `1.0 ms`, `254 ms`, `1.25 s`, `2 min 5 s`; '' when it rounds to nothing. */
export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  const size = Math.abs(ms);
  if (size < 0.05) return '';
  if (size < 100) return `${signed(ms.toFixed(1))} ms`;
  if (size < 1000) return `${signed(ms.toFixed(0))} ms`;
  if (size < 60_000) return `${signed((ms / 1000).toFixed(size < 10_000 ? 2 : 1))} s`;
  return `${signed(String(Math.trunc(ms / 60_000)))} min ${Math.round((size % 60_000) / 1000)} s`;
}

/** Time between two rows: `+1.0 ms`, or '' when it rounds to nothing. */
export function delta(secondsBetween: number): string {
  const text = milliseconds(secondsBetween * 1000);
  return text === '' || text.startsWith('−') ? text : `+${text}`;
}

/** `02:54`, `1:02:54`. */
export function clockTime(secondsElapsed: number): string {
  const total = Math.max(0, Math.floor(secondsElapsed));
  const pair = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const rest = `${pair(Math.floor((total % 3600) / 60))}:${pair(total % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** Wall clock of a frame: `16:41:07.118204`. */
export function wallTime(secondsSince1970: number): string {
  const date = new Date(secondsSince1970 * 1000);
  const pair = (n: number): string => String(n).padStart(2, '0');
  const micros = Math.floor((secondsSince1970 % 1) * 1e6);
  return `${pair(date.getHours())}:${pair(date.getMinutes())}:${pair(date.getSeconds())}.${String(micros).padStart(6, '0')}`;
}

/** When something was, to the minute: `14:03` today, else with its day. */
export function whenText(secondsSince1970: number, now = Date.now()): string {
  const date = new Date(secondsSince1970 * 1000);
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })} ${time}`;
}

/** `41.2 MB`. */
export function byteCount(bytes: number): string {
  if (bytes < 10_000) return `${grouped(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 100 ? value.toFixed(1) : grouped(Math.round(value))} ${unit}`;
}

/** `87 %`, `0.4 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}

function signed(text: string): string {
  return text.startsWith('-') ? `−${text.slice(1)}` : text;
}
