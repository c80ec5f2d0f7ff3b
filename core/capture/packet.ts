import type { PacketHint, SessionHint } from './packet-hint.ts';

/** A captured packet, as the file or the capture tool gave it. */
export interface Packet {
  /** 1, 2, 3… in the order of the capture (all interfaces together). */
  readonly n: number;
  /** Seconds since 1970. */
  readonly time: number;
  /** Link-layer type (LINKTYPE_…). */
  readonly link: number;
  /** Captured bytes; may be fewer than `length`. */
  readonly bytes: Uint8Array;
  /** Length on the wire. */
  readonly length: number;
  /** What people wrote about it; several comments are joined by line ends. */
  readonly comment?: string;
  /** What an export of ours says beside the bytes. */
  readonly hint?: PacketHint;
}

/** What a reader found beside packets. */
export interface CaptureNotes {
  /** Sentences: where the file is cut, what was skipped. */
  readonly problems: string[];
  /** Packets the capturing side says it dropped. */
  dropped: number;
  /** Decryption secrets blocks (pcapng), as they stood: type and bytes. */
  readonly secrets: { readonly type: number; readonly bytes: Uint8Array }[];
  /** Comments of the file itself. */
  readonly comments: string[];
  /** Of the session an export of ours was made from. */
  session?: SessionHint;
}
