/**
 * What stands in a secret's place: a name (`password1`), cut or padded to the secret's own length, so that
 * lengths, prefixes and offsets around it stay right. Equal secrets share one.
 */
export type SecretKind = 'password' | 'token' | 'secret' | 'cookie' | 'key' | 'mail' | 'number';

export interface Placeholder {
  readonly kind: SecretKind;
  /** 1, 2, 3… within its kind. */
  readonly number: number;
}

export function placeholderName({ kind, number }: Placeholder): string {
  return `${kind}${number}`;
}

/** Letters and digits only: they need no escape anywhere, and fit where a protocol allows nothing else. */
export function fillText(placeholder: Placeholder, length: number): string {
  const name = placeholderName(placeholder);
  if (name.length <= length) return name.padEnd(length, 'x');
  const short = `${placeholder.kind.charAt(0)}${placeholder.number}`;
  return short.length <= length ? short.padEnd(length, 'x') : 'x'.repeat(length);
}

/** Digits that stay a number: no leading zero. */
export function fillDigits({ number }: Placeholder, length: number): string {
  return String(number).slice(-length).padStart(length, '1');
}

/** For places where only hexadecimal digits may stand. */
export function fillHex({ number }: Placeholder, length: number): string {
  return number.toString(16).slice(-length).padStart(length, '0');
}
