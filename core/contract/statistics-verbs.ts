/** Numbers over the session or a filter of it. */
export interface StatisticsVerbs {
  'stats.messages': { readonly args: { readonly filter?: string }; readonly result: readonly MessageTotal[] };
  'stats.conversations': { readonly args: { readonly filter?: string }; readonly result: readonly Conversation[] };
  'stats.latency': { readonly args: { readonly filter?: string }; readonly result: readonly LatencyTotal[] };
  /** A numeric field over time; `path` may start with the message name. */
  'stats.plot': {
    readonly args: {
      readonly path: string;
      readonly message?: string;
      readonly filter?: string;
      readonly points?: number;
    };
    readonly result: Plot;
  };
  'stats.rate': {
    readonly args: { readonly filter?: string; readonly buckets?: number };
    readonly result: {
      readonly from: number;
      readonly step: number;
      readonly toServer: readonly number[];
      readonly toClient: readonly number[];
      readonly bytes: readonly number[];
    };
  };
  'stats.fieldBytes': {
    readonly args: { readonly message: string; readonly protocol: string };
    readonly result: readonly { readonly path: string; readonly bytes: number; readonly unchanged: number }[];
  };
  'stats.enet': { readonly args: Record<string, never>; readonly result: readonly EnetHealth[] };
  'stats.coverage': { readonly args: { readonly protocol?: string }; readonly result: readonly CoverageView[] };
  'stats.expert': {
    readonly args: { readonly filter?: string };
    readonly result: readonly ExpertTotal[];
  };
}

/** Remarks that say the same: how often, and where. */
export interface ExpertTotal {
  readonly severity: string;
  readonly group: string;
  readonly code: string;
  readonly text: string;
  readonly count: number;
  readonly first: number;
  readonly frames: readonly number[];
}

export interface MessageTotal {
  readonly protocol: string;
  readonly message: string;
  readonly direction: string;
  readonly frames: number;
  readonly bytes: number;
  readonly share: number;
  readonly perSecond: number;
  readonly minSize: number;
  readonly maxSize: number;
  /** Frames of the carrier, which carry no message. */
  readonly isControl?: boolean;
}
export interface Conversation {
  readonly conn: number;
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly framesToServer: number;
  readonly framesToClient: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly seconds: number;
}
export interface LatencyTotal {
  readonly protocol: string;
  readonly request: string;
  readonly reply: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly unanswered: number;
}
export interface Plot {
  readonly unit?: string;
  readonly series: readonly {
    readonly name: string;
    readonly time: readonly number[];
    readonly value: readonly number[];
    readonly n: readonly number[];
  }[];
}
/** Of a connection that is relayed now, or of one that has ended: then what was kept of it, which `ended` says. */
export interface EnetHealth {
  readonly conn: number;
  readonly side: 'client' | 'server';
  readonly ended?: true;
  readonly rttMs: number;
  readonly rttVarianceMs: number;
  readonly throttle: number;
  readonly inFlight: number;
  readonly resends: number;
  readonly lost: number;
  readonly channels: readonly {
    readonly channel: number;
    readonly waiting: number;
    readonly reassembling: number;
    /** Ended: reliable commands sent once, and again; captured: packets, and commands seen again. */
    readonly packets?: number;
    readonly resent?: number;
  }[];
  /** Messages that waited behind a lost reliable one. */
  readonly blame: readonly {
    readonly channel: number;
    readonly sequence: number;
    readonly waitedMs: number;
    readonly frames: readonly number[];
  }[];
}

export interface CoveredMessage {
  readonly name: string;
  readonly direction: string;
  readonly count: number;
  readonly fieldsSeen: number;
  readonly fieldsTotal: number;
  readonly unseen: readonly string[];
}

export interface CoverageView {
  readonly protocol: string;
  readonly seen: number;
  readonly total: number;
  readonly messages: readonly CoveredMessage[];
  readonly pairs: readonly { readonly request: string; readonly reply: string; readonly count: number }[];
  readonly drift: readonly {
    readonly what: string;
    readonly where: string;
    readonly count: number;
    readonly first: number;
    readonly patch?: string;
  }[];
}
