/**
 * Where live packets come from. Capturing needs rights that this process must not have: every source is a program of its own,
 * which hands packets over and can do nothing else.
 */
import type { Packet } from '../capture/packet.ts';

export interface CaptureRequest {
  /** Name as `listInterfaces` gives it. */
  readonly interface: string;
  /** Capture filter in the language of libpcap; '' captures everything. */
  readonly filter?: string;
  /** Bytes kept of each packet; default all. */
  readonly snapLength?: number;
}

export interface CaptureStats {
  readonly packets: number;
  /** As far as the tool has told. */
  readonly dropped: number;
}

export interface CaptureEvents {
  packets(packets: readonly Packet[]): void;
  /** It ended without being asked to. `error` is a sentence; undefined when the tool ended in order. */
  ended(error: string | undefined): void;
}

export interface CaptureSource {
  /** `tcpdump`, `dumpcap`. */
  readonly backend: string;
  readonly stats: CaptureStats;
  /** While the reader cannot keep up: the tool's own buffer fills meanwhile. */
  pause(): void;
  resume(): void;
  /** Resolves when the last packet has been handed over. */
  stop(): Promise<CaptureStats>;
}
