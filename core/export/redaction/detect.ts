/** Secrets that no schema marks: told by the name of their field, or by their own form. */
import type { SecretKind } from './placeholder.ts';

export interface Detected {
  readonly kind: SecretKind;
  readonly text: string;
}

/** Kind of secret a field of this name holds, if its name says so: `sessionToken`, `api_key`, `X-Auth`, `passwd`. */
export function kindOfName(name: string): SecretKind | undefined {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  const joined = words.join('');
  if (/^(pass|passwd|password|passphrase|passcode|pwd|pin)$/.test(last) || /passw(or)?d$/.test(joined))
    return 'password';
  if (/^(cookie|cookies)$/.test(last)) return 'cookie';
  if (/^(token|jwt|bearer|ticket|otp|authorization|auth)$/.test(last)) return 'token';
  if (joined.endsWith('token')) return 'token';
  if (/(api|access|secret|private|session|auth)key$/.test(joined)) return 'key';
  if (/(session|sess)(id)?$/.test(joined)) return 'token';
  if (/^(secret|credential|credentials)$/.test(last)) return 'secret';
  return undefined;
}

/** Forms that are secrets wherever they stand. The first group is the secret, else the whole match. */
const FORMS: readonly (readonly [SecretKind, RegExp])[] = [
  ['token', /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}/g],
  ['token', /\b[Bb]earer\s+([\w.~+/-]{8,}=*)/g],
  ['password', /\b[Bb]asic\s+([A-Za-z0-9+/]{8,}={0,2})/g],
  ['key', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{16,}?-----END [A-Z ]*PRIVATE KEY-----/g],
  ['key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ['key', /\bgh[pousr]_[A-Za-z0-9]{30,}\b/g],
  ['key', /\bxox[abprs]-[A-Za-z0-9-]{10,}/g],
  ['key', /\bsk[-_][A-Za-z0-9_-]{20,}\b/g],
  ['password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']+:([^\s/@"']{2,})@/gi],
  ['token', /[?&](?:[\w-]*(?:token|password|passwd|secret|api_?key|auth|session(?:_?id)?))=([^&\s"'#<>]{4,})/gi],
  ['mail', /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}\.[A-Za-z]{2,24}\b/g],
];
/** Forms hold at least one of these; most traffic holds none. */
const HINT = /eyJ|earer|asic|PRIVATE|AKIA|ASIA|gh[pousr]_|xox|sk[-_]|:\/\/|[?&]|@/;

export function detectInText(text: string): Detected[] {
  if (!HINT.test(text)) return [];
  const found: Detected[] = [];
  for (const [kind, form] of FORMS)
    for (const match of text.matchAll(form)) found.push({ kind, text: match[1] ?? match[0] });
  return found;
}

/** Strings in a value whose key says that they are secret, with their path. */
export function detectInValue(value: unknown, tell: (kind: SecretKind, text: string, path: string) => void): void {
  const visit = (each: unknown, path: string, kind: SecretKind | undefined, depth: number): void => {
    if (depth > 32) return;
    if (typeof each === 'string') {
      if (kind !== undefined && isWorthHiding(each)) tell(kind, each, path);
      return;
    }
    if (Array.isArray(each)) {
      for (const item of each) visit(item, `${path}[]`, kind, depth + 1);
      return;
    }
    if (each === null || typeof each !== 'object' || each instanceof Uint8Array) return;
    for (const [key, item] of Object.entries(each))
      visit(item, path === '' ? key : `${path}.${key}`, kindOfName(key) ?? undefined, depth + 1);
  };
  visit(value, '', undefined, 0);
}

/** `true`, `none` and the like stand in many fields called `auth`. */
export function isWorthHiding(text: string): boolean {
  return text.length >= 4 && !/^(true|false|null|none|undefined|required|enabled|disabled)$/i.test(text);
}
