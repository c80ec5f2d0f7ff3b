/**
 * Finds the secrets of a session and writes stable placeholders over them, everywhere they stand: in the field that the schema
 * marks, echoed in another message, in a header, a comment, an escaped or encoded spelling. Two passes: `learn` sees everything
 * once, `redact…` then knows every secret, also in frames before the one that gave it away.
 */
import type { Dissected, Protocol } from '../../protocol/protocol.ts';
import { toHex, utf8Bytes, utf8Lossy } from '../../schema/characters.ts';
import { fieldsOf } from '../../schema/describe.ts';
import type { Connection } from '../../traffic/frame.ts';
import { detectInText, detectInValue, isWorthHiding, kindOfName } from './detect.ts';
import { fillDigits, fillText, placeholderName, type Placeholder, type SecretKind } from './placeholder.ts';
import { MIN_PATTERN, Replacer } from './replacer.ts';
import { packedFields } from './packed-fields.ts';
import { contentRange, type SecretField, secretFields } from './secret-fields.ts';
import { spellingsOfBytes, spellingsOfText } from './spellings.ts';

interface Secret extends Placeholder {
  readonly value: string | Uint8Array;
  readonly where: Set<string>;
  count: number;
}

/** A line of the preview. */
export interface RedactedSecret {
  readonly placeholder: string;
  /** Places it was found in. */
  readonly count: number;
  readonly where: string;
  /** Enough to recognise it, not to use it. */
  readonly sample: string;
}

export type Dissect = (bytes: Uint8Array) => { readonly protocol: Protocol; readonly dissected: Dissected } | undefined;

const MAX_PLACES = 6;
const MAX_TRIES = 3;
/** Shorter bytes would be found by chance in binary traffic. */
const MIN_BYTES = 6;
const MIN_DIGITS = 6;

export class Redactor {
  readonly #secrets = new Map<string, Secret>();
  readonly #numbers = new Map<SecretKind, number>();
  /** Words of the protocols themselves: a password `status` must not turn every message of that name. */
  readonly #words: ReadonlySet<string>;
  #replacer: Replacer | undefined;
  /** Every text written in a secret's place. */
  readonly #fills = new Set<string>();
  #total = 0;

  constructor(protocols: readonly Protocol[]) {
    this.#words = wordsOf(protocols);
  }

  /** How many places were written over so far. */
  get total(): number {
    return this.#total;
  }

  /** What was learned, most often replaced first. */
  list(): RedactedSecret[] {
    return [...this.#secrets.values()]
      .sort((a, b) => b.count - a.count)
      .map((secret) => ({
        placeholder: placeholderName(secret),
        count: secret.count,
        where: [...secret.where].join(', '),
        sample: sampleOf(secret.value),
      }));
  }

  // ---- learning ----------------------------------------------------------------------------------------------------------

  learnFrame(bytes: Uint8Array, dissect: Dissect): void {
    const known = dissect(bytes);
    if (known !== undefined) {
      const { protocol, dissected } = known;
      for (const field of secretFields(protocol, dissected)) {
        const { value, kind } = field;
        const where = `${protocol.id} ${field.where}`;
        if (typeof value === 'string' || value instanceof Uint8Array) this.#learn(kind, value, where);
        else if (typeof value === 'number' || typeof value === 'bigint') this.#learn('number', String(value), where);
      }
      for (const { name, fields } of dissected.messages)
        detectInValue(fields, (kind, text, path) => this.#learn(kind, text, `${protocol.id} ${name ?? ''}.${path}`));
    }
    this.learnText(utf8Lossy(bytes), 'payload');
  }

  learnText(text: string, where: string): void {
    for (const { kind, text: secret } of detectInText(text)) this.#learn(kind, secret, where);
  }

  learnConnection({ id, details }: Connection): void {
    for (const [name, value] of Object.entries(details)) {
      if (typeof value !== 'string') continue;
      const where = `connection ${id}, ${name}`;
      this.learnText(value, where);
      const header = name.replace(/^(request|response)\./, '');
      const kind = kindOfName(header);
      if (kind === 'cookie') for (const cookie of cookieValues(value)) this.#learn('cookie', cookie, where);
      else if (kind !== undefined && isWorthHiding(value)) {
        // `Bearer abc`, `Basic abc`: the scheme is no secret.
        this.#learn(kind, value.replace(/^(?:basic|bearer|digest|token)\s+/i, ''), where);
      }
    }
  }

  #learn(kind: SecretKind, value: string | Uint8Array, where: string): void {
    const asText = value instanceof Uint8Array ? printable(value) : value;
    const key = asText === undefined ? `b:${toHex(value as Uint8Array)}` : `t:${asText}`;
    let secret = this.#secrets.get(key);
    if (secret === undefined) {
      const number = (this.#numbers.get(kind) ?? 0) + 1;
      this.#numbers.set(kind, number);
      secret = { kind, number, value: asText ?? value, where: new Set(), count: 0 };
      this.#secrets.set(key, secret);
      this.#replacer = undefined;
    }
    if (secret.where.size < MAX_PLACES) secret.where.add(where);
  }

  // ---- replacing ---------------------------------------------------------------------------------------------------------

  /** A payload with placeholders, of the same length; the same object when it holds no secret. */
  redactBytes(bytes: Uint8Array, dissect: Dissect): Uint8Array {
    let out = this.#patterns().apply(bytes);
    // Short secrets, and those packed so that no pattern shows them, are written over where the schema says they stand.
    for (let i = 0; i < MAX_TRIES; i++) {
      const known = dissect(out);
      if (known === undefined) break;
      const fields = [...secretFields(known.protocol, known.dissected), ...this.#packedSecrets(known.dissected)];
      const left = fields.filter((field) => !this.#isFilled(out, field));
      if (left.length === 0) break;
      if (out === bytes) out = bytes.slice();
      for (const field of left) this.#fill(out, field);
    }
    return out;
  }

  /** Packed content that a secret is echoed in: nothing of it can be kept. */
  #packedSecrets(dissected: Dissected): SecretField[] {
    const replacer = this.#patterns();
    if (replacer.size === 0) return [];
    return packedFields(dissected)
      .filter(({ inside }) => inside.some((bytes) => replacer.finds(bytes)))
      .map(({ field }) => ({
        kind: 'secret',
        where: field.name,
        value: undefined,
        node: field.kind,
        range: contentRange(field),
        outer: field.kind,
      }));
  }

  redactText(text: string): string {
    const replacer = this.#patterns();
    if (replacer.size === 0 || text.length < MIN_PATTERN) return text;
    const bytes = utf8Bytes(text);
    const out = replacer.apply(bytes);
    return out === bytes ? text : utf8Lossy(out);
  }

  /** Every text in a value; keys too, since a secret may be one. */
  redactValue(value: unknown): unknown {
    if (typeof value === 'string') return this.redactText(value);
    if (Array.isArray(value)) return value.map((item) => this.redactValue(item));
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.redactText(key), this.redactValue(item)]),
    );
  }

  redactConnection(connection: Connection): Connection {
    return this.redactValue(connection) as Connection;
  }

  #patterns(): Replacer {
    if (this.#replacer !== undefined) return this.#replacer;
    const replacer = new Replacer();
    for (const secret of this.#secrets.values()) this.#addPatterns(replacer, secret);
    this.#replacer = replacer;
    return replacer;
  }

  #addPatterns(replacer: Replacer, secret: Secret): void {
    const { value } = secret;
    const found = (): void => {
      secret.count++;
      this.#total++;
    };
    const add = (find: Uint8Array, put: Uint8Array, isNumber = false): void => {
      this.#fills.add(utf8Lossy(put));
      replacer.add({ find, put, found, ...(isNumber ? { isNumber } : {}) });
    };
    if (value instanceof Uint8Array) {
      if (value.length >= MIN_BYTES) for (const { find, put } of spellingsOfBytes(value, secret)) add(find, put);
    } else if (/^\d+$/.test(value)) {
      const put = utf8Bytes(
        secret.kind === 'number' ? fillDigits(secret, value.length) : fillText(secret, value.length),
      );
      if (secret.kind !== 'number' || value.length >= MIN_DIGITS) add(utf8Bytes(value), put, true);
    } else if (value.length >= MIN_PATTERN && !this.#words.has(value.toLowerCase())) {
      for (const { find, put } of spellingsOfText(value, secret)) add(find, put);
    }
  }

  /** Something of ours stands there already. */
  #isFilled(bytes: Uint8Array, field: SecretField): boolean {
    const [start, end] = inside(bytes, field);
    return end <= start || this.#fills.has(utf8Lossy(bytes, start, end));
  }

  #fill(bytes: Uint8Array, field: SecretField): void {
    const [start, end] = inside(bytes, field);
    const secret = this.#secretOf(field.value) ?? { kind: field.kind, number: 0 };
    const isDigits = field.outer === 'integer' || field.outer === 'number';
    const text = isDigits ? fillDigits(secret, end - start) : fillText(secret, end - start);
    this.#fills.add(text);
    bytes.set(utf8Bytes(text), start);
    this.#total++;
    if ('count' in secret) secret.count++;
  }

  #secretOf(value: unknown): Secret | undefined {
    if (value instanceof Uint8Array) {
      const text = printable(value);
      return this.#secrets.get(text === undefined ? `b:${toHex(value)}` : `t:${text}`);
    }
    return this.#secrets.get(`t:${String(value)}`);
  }
}

/** What may be written over of a field: not the quotes of a JSON text, not the minus of a number, not a terminator. */
function inside(
  bytes: Uint8Array,
  { range: [start, end], outer, node, value }: SecretField,
): readonly [number, number] {
  if (end - start >= 2 && bytes[start] === 0x22 && bytes[end - 1] === 0x22) return [start + 1, end - 1];
  if ((outer === 'integer' || outer === 'number') && bytes[start] === 0x2d) return [start + 1, end];
  if (outer === 'text' && node === 'text' && typeof value === 'string') {
    const size = utf8Bytes(value).length;
    if (size <= end - start && utf8Lossy(bytes, start, start + size) === value) return [start, start + size];
  }
  return [start, end];
}

function printable(bytes: Uint8Array): string | undefined {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f) ? utf8Lossy(bytes) : undefined;
}

function cookieValues(header: string): string[] {
  return header
    .split(/;\s*|,\s*(?=[^;,]+=)/)
    .map((part) => part.slice(part.indexOf('=') + 1).trim())
    .filter((value, i) => i === 0 || isWorthHiding(value))
    .filter((value) => value.length >= MIN_PATTERN && !/^(\/|lax|strict|none|\d{1,8})$/i.test(value));
}

function sampleOf(value: string | Uint8Array): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const shown = value.length >= 8 ? `${value.slice(0, 2)}…${value.slice(-1)}` : '…';
  return `${shown} (${value.length} characters)`;
}

function wordsOf(protocols: readonly Protocol[]): ReadonlySet<string> {
  const words = new Set(['true', 'false', 'null', 'none', 'undefined']);
  for (const { id, messages } of protocols) {
    words.add(id);
    for (const { name, node } of messages) {
      words.add(name.toLowerCase());
      for (const { path, values } of fieldsOf(node)) {
        for (const word of path.split(/[.[\]*"]+/)) if (word !== '') words.add(word.toLowerCase());
        for (const word of Object.keys(values ?? {})) words.add(word.toLowerCase());
      }
    }
  }
  return words;
}
