/** The first bytes of a TLS client: which server it names and which protocols it offers, before anything is answered. */

export interface ClientHello {
  /** SNI. */
  readonly serverName: string | undefined;
  /** ALPN, in the client's order. */
  readonly alpn: readonly string[];
}

/** A hello may fill several records; one larger than this is not waited for. */
const LIMIT = 64 * 1024;

/** `incomplete`: more bytes are needed; `no`: this is not TLS. */
export function readClientHello(bytes: Uint8Array): ClientHello | 'incomplete' | 'no' {
  const message: number[] = [];
  let at = 0;
  for (;;) {
    if (bytes.length - at < 5) return startsLikeTls(bytes, at) && bytes.length < LIMIT ? 'incomplete' : 'no';
    if (!startsLikeTls(bytes, at)) return 'no';
    const size = bytes[at + 3]! * 256 + bytes[at + 4]!;
    const record = bytes.subarray(at + 5, at + 5 + size);
    message.push(...record);
    if (message.length >= 4) {
      if (message[0] !== 1) return 'no';
      const length = message[1]! * 65_536 + message[2]! * 256 + message[3]!;
      if (message.length >= 4 + length) return readBody(Uint8Array.from(message.slice(4, 4 + length)));
    }
    if (record.length < size) return bytes.length < LIMIT ? 'incomplete' : 'no';
    at += 5 + size;
  }
}

function startsLikeTls(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] ?? 22) === 22 && (bytes[at + 1] ?? 3) === 3;
}

function readBody(body: Uint8Array): ClientHello | 'no' {
  const reader = new Reader(body);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  let serverName: string | undefined;
  let alpn: readonly string[] = [];
  const extensions = new Reader(reader.take(reader.number(2)));
  while (extensions.left > 0 && !extensions.isShort) {
    const type = extensions.number(2);
    const data = new Reader(extensions.take(extensions.number(2)));
    if (type === 0) {
      data.skip(2);
      if (data.number(1) === 0) serverName = text(data.take(data.number(2))) || undefined;
    } else if (type === 16) {
      data.skip(2);
      const names: string[] = [];
      while (data.left > 0 && !data.isShort) names.push(text(data.take(data.number(1))));
      alpn = names;
    }
  }
  return reader.isShort ? 'no' : { serverName, alpn };
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Reads past the end give zeros and `isShort`. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  skip(size: number): void {
    this.take(size);
  }
  take(size: number): Uint8Array {
    if (size > this.left) this.isShort = true;
    const part = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at = Math.min(this.#bytes.length, this.#at + size);
    return part;
  }
  number(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }
}
