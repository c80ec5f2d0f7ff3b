/** A proxy as data: a listener, an upstream, a transport and a protocol. The same shape in `interpose.yaml`, CLI, API and UI. */
export interface ProxySpec {
  /** Unique name; shown in the top bar and used by rules (`proxy == "login"`). */
  readonly name: string;
  /** `tcp://127.0.0.1:7000`, `tls://`, `ws://`, `wss://`, `enet://`, `udp://`; also `socks5://` and `http://` (CONNECT). Port 0 picks one. */
  readonly listen: string;
  /** Where connections go on to. Not used by socks5 and http listeners, whose clients name their targets. */
  readonly upstream?: string;
  /** Dissector id, or `auto` to recognise by content. Default `auto`. */
  readonly protocol?: string;
  /** Protocol options, e.g. `{ dialect: 'head' }`. */
  readonly options?: Readonly<Record<string, string>>;
  /** Role of its connections for protocols with several servers: `account`, `game`, `chat`. */
  readonly role?: string;
  /** For socks5 and http listeners: first match decides protocol and treatment of a target. */
  readonly targets?: readonly TargetRule[];
  readonly tls?: TlsSpec;
  /** ENet only: forward datagrams untouched and only look (no edits possible). */
  readonly tap?: boolean;
  /** ENet only: record also the commands that bring no message (acknowledgements, pings, repeats…). Default false. */
  readonly carrierCommands?: boolean;
  /** Follow handoffs (messages that tell the client to connect elsewhere). Default true. */
  readonly follow?: boolean;
  /** Target `host:port` → listen URL or `host:port` the client can reach: for NAT, Docker, LAN. */
  readonly followMap?: Readonly<Record<string, string>>;
  /** Listening beyond loopback needs this. */
  readonly allowRemote?: boolean;
  /** Stop forwarding when recording fails (default: traffic survives). */
  readonly blockWhenRecordingFails?: boolean;
  readonly maxConnections?: number;
}

export interface TargetRule {
  /** `host:port`, with `*` as a wildcard for either. */
  readonly match: string;
  readonly protocol?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** What the target speaks: default `tcp`; `tls` and `wss` are intercepted. */
  readonly transport?: 'tcp' | 'tls' | 'ws' | 'wss';
  /** Send to another address instead. */
  readonly upstream?: string;
  readonly passThrough?: boolean;
}

export interface TlsSpec {
  /** Verify the upstream's certificate. Default true. */
  readonly verify?: boolean;
  /** Server name for SNI and verification when it differs from the upstream's host. */
  readonly serverName?: string;
  /** PEM files: extra authorities, and a client certificate to present upstream. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Hosts (SNI) that are passed through untouched. */
  readonly passThrough?: readonly string[];
  /** Ask the client for a certificate and show it. */
  readonly requestCert?: boolean;
  /** Append session secrets to this file (NSS key log format). */
  readonly keyLog?: string;
}

export type ProxyState = 'starting' | 'running' | 'stopped' | 'failed';

export interface ProxyStatus {
  readonly spec: ProxySpec;
  readonly state: ProxyState;
  /** The URL really listened on, with its port. */
  readonly url?: string;
  readonly error?: string;
  readonly connections: number;
  readonly totalConnections: number;
  readonly frames: number;
  /** Made by a handoff, not by the user. */
  readonly followedFrom?: string;
}
