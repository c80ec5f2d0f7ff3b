/** Fuzz campaigns on the API. */
export interface FuzzVerbs {
  'fuzz.start': { readonly args: FuzzArgs; readonly result: FuzzStatus };
  /** Goes on with a campaign that was stopped or killed, as it was started. */
  'fuzz.resume': { readonly args: { readonly folder: string }; readonly result: FuzzStatus };
  /** Earlier campaigns the engine knows of, the latest first: beside the session, beside other sessions of its home, its own. */
  'fuzz.campaigns': { readonly args: Record<string, never>; readonly result: readonly EarlierCampaign[] };
  'fuzz.pause': { readonly args: { readonly on: boolean }; readonly result: FuzzStatus };
  'fuzz.stop': { readonly args: Record<string, never>; readonly result: FuzzStatus };
  'fuzz.status': { readonly args: Record<string, never>; readonly result: FuzzStatus | null };
  'fuzz.finding': { readonly args: { readonly id: string }; readonly result: FindingView };
  /** Plays a finding again, against the server of the campaign; refused while the campaign needs that server. */
  'fuzz.repro': { readonly args: { readonly id: string; readonly times?: number }; readonly result: Reproduced };
}
export interface FuzzEvents {
  fuzz: FuzzStatus;
}
export interface FuzzArgs {
  /** Server endpoint (URL), or one per recorded server (`host:port` → URL). Side client: where it is listened for; '': any port. */
  readonly to: string | Readonly<Record<string, string>>;
  readonly session?: string;
  readonly filter?: string;
  /** Client frame behind which the mutated messages begin; everything up to it is played before each case. */
  readonly from?: number;
  /** Which side is under test. Default: the server. */
  readonly side?: 'client';
  /** Command that starts it; needed for a client, with `{port}` or `{url}` in it, and `{port:NAME}` for a server that no handoff leads to. */
  readonly target?: string;
  /** Side client: it plays every recorded client. Default: the first one, or the one the filter is about. */
  readonly allClients?: boolean;
  readonly cases?: number;
  readonly seconds?: number;
  readonly rng?: number;
  /** Folder of the campaign; a path that is not whole begins beside the recording. Default: a new one there. */
  readonly out?: string;
  readonly maxFindings?: number;
  readonly ratePerSecond?: number;
  /** Cases played at once. Default: as many as the recorded session bears. */
  readonly lanes?: number;
  /** Cases that may follow each other on the same connections. Default 1: each has fresh ones. */
  readonly reuse?: number;
  /** Folders of earlier campaigns: begins with the cases that showed something new there. */
  readonly corpus?: readonly string[];
  /** Hosts beyond this machine that may be fuzzed. */
  readonly allow?: readonly string[];
}
export interface EarlierCampaign {
  readonly folder: string;
  /** When something was written there last, seconds. */
  readonly time: number;
  /** What was fuzzed: URLs, or the command that starts the client. */
  readonly target: string;
  /** The recording. */
  readonly seed: string;
  readonly cases: number;
  readonly findings: number;
  /** Cases another campaign could begin with. */
  readonly kept: number;
  /** Cases were left when it ended. */
  readonly isOpen: boolean;
}
export interface FuzzStatus {
  readonly state: 'running' | 'paused' | 'done' | 'stopped' | 'failed';
  readonly cases: number;
  readonly planned: number;
  readonly perSecond: number;
  readonly elapsedMs: number;
  readonly rng: number;
  readonly coverage: {
    readonly messagesMutated: number;
    readonly messagesTotal: number;
    readonly replies: number;
    readonly transitions: number;
    /** Ways of going wrong that were tried, by message and by family; those that are made up on the way have none planned. */
    readonly messages: readonly Tried[];
    readonly families: readonly Tried[];
  };
  readonly rates: readonly number[];
  readonly findings: readonly FindingSummary[];
  /** What happened and did not come back: no findings. */
  readonly unconfirmed: readonly { readonly title: string; readonly cases: readonly string[] }[];
  /** What it does at this moment; '' when it is over. */
  readonly doing: string;
  /** Where the time went, milliseconds by what it was spent on. */
  readonly phases: Readonly<Record<string, number>>;
  readonly error?: string;
  readonly target: string;
  /** What it says of itself: how much of the session is answered, what was left undone. The last ones. */
  readonly notes: readonly string[];
  /** Where its findings, its journal and its corpus are. */
  readonly folder: string;
}
export interface Reproduced {
  /** Runs in which it showed, of those that were tried. */
  readonly seen: number;
  readonly times: number;
}
export interface Tried {
  readonly name: string;
  readonly tried: number;
  readonly planned: number;
}
export interface FindingSummary {
  readonly id: string;
  readonly oracle: string;
  readonly title: string;
  readonly message: string;
  readonly field: string;
  readonly caseId: string;
  /** Undefined for what the recorded session itself shows. */
  readonly family?: string;
  readonly confirmed: string;
  /** Client messages it takes; fewer when it was made smaller. */
  readonly sends: number;
  readonly hits: number;
  readonly at: number;
}
export interface FindingView extends FindingSummary {
  readonly steps: readonly {
    readonly direction: string;
    readonly message: string;
    readonly summary: string;
    readonly hex: string;
    readonly mutated: boolean;
    /** Milliseconds since the run began. */
    readonly atMs: number;
  }[];
  /** The recorded message that was mutated: its frame in the open session (0 when it is of another), its bytes ('' when none was). */
  readonly frame: number;
  readonly originalHex: string;
  /** All was tried to make it smaller. */
  readonly isSmallest: boolean;
  readonly shrunk: readonly {
    readonly what: string;
    /** Client messages left, and bytes of the wrong one. */
    readonly sends: number;
    readonly bytes: number;
    readonly fails: boolean;
  }[];
  readonly evidence: readonly string[];
  readonly command: string;
  readonly script: string;
  readonly report: string;
}
