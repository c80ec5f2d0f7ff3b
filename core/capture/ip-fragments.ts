/** IP fragments → whole datagrams, in any order, with bounded memory. Where fragments overlap, the one that starts earlier wins. */
const MAX_PENDING = 1024;
const MAX_DATAGRAM = 65_535;
/** RFC 791 suggests 15 s, Linux keeps 30 s. */
const LIFETIME_SECONDS = 30;

interface Pending {
  readonly parts: { readonly at: number; readonly bytes: Uint8Array }[];
  total: number | undefined;
  readonly since: number;
}

export class FragmentStore {
  #pending = new Map<string, Pending>();

  /** The whole payload once its last missing fragment came; undefined before. */
  add(key: string, at: number, more: boolean, bytes: Uint8Array, time: number): Uint8Array | undefined {
    if (at + bytes.length > MAX_DATAGRAM) return undefined;
    let entry = this.#pending.get(key);
    if (entry !== undefined && time - entry.since > LIFETIME_SECONDS) entry = undefined;
    if (entry === undefined) {
      entry = { parts: [], total: undefined, since: time };
      this.#pending.delete(key);
      this.#pending.set(key, entry);
      if (this.#pending.size > MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value!);
    }
    if (entry.parts.length >= 8192) return undefined;
    entry.parts.push({ at, bytes });
    if (!more) entry.total = at + bytes.length;
    const whole = assemble(entry);
    if (whole !== undefined) this.#pending.delete(key);
    return whole;
  }
}

function assemble({ parts, total }: Pending): Uint8Array | undefined {
  if (total === undefined) return undefined;
  parts.sort((a, b) => a.at - b.at);
  let reached = 0;
  for (const part of parts) {
    if (part.at > reached) return undefined;
    reached = Math.max(reached, part.at + part.bytes.length);
  }
  if (reached < total) return undefined;
  const whole = new Uint8Array(total);
  for (const part of parts.toReversed()) whole.set(part.bytes.subarray(0, Math.max(0, total - part.at)), part.at);
  return whole;
}
