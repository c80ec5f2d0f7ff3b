/** What the passive observer is given and what it reports. */
import type { PassiveConnection } from './passive-connection.ts';
import type { FlowEvent } from './passive-flow.ts';

/** An IP address and UDP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A captured UDP payload. */
export interface ObservedDatagram {
  /** In ms; only differences matter. */
  readonly time: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
  /** The caller's number for it, handed back in events. */
  readonly index?: number;
}

interface EventBase {
  readonly connection: PassiveConnection;
  /** Time and number of the datagram that brought it about. */
  readonly time: number;
  readonly index: number | undefined;
}

/**
 * `disconnect`: one side said so. `replaced`: a new connection took its place. `silent`: no datagram for long.
 * `end`: the capture ended.
 */
export type CloseReason = 'disconnect' | 'replaced' | 'silent' | 'end';

/** What an observer reports. */
export type PassiveEvent =
  | (EventBase & { readonly kind: 'open' })
  /** The server agreed: `channelCount` is now the number of channels in use. */
  | (EventBase & { readonly kind: 'accept'; readonly channelCount: number })
  | (EventBase & { readonly fromClient: boolean } & FlowEvent)
  | (EventBase & {
      readonly kind: 'close';
      readonly reason: CloseReason;
      /** Who disconnected. */
      readonly byClient?: boolean;
      /** The disconnect data. */
      readonly data?: number;
    })
  /** Commands of one datagram that carried no packet: acknowledgements, pings, repeats… Only with `keepHeads`. */
  | (EventBase & { readonly kind: 'commands'; readonly fromClient: boolean; readonly heads: Uint8Array })
  /** A datagram, or the rest of one from `consumed` on, that is not ENet as far as this connection uses it. */
  | {
      readonly kind: 'unreadable';
      readonly connection: PassiveConnection | undefined;
      readonly time: number;
      readonly index: number | undefined;
      readonly reason: string;
      readonly consumed: number;
    };

export interface ObserverOptions {
  /** Give packets the heads of the commands they came in, and report the commands that carry none. Default false. */
  readonly keepHeads?: boolean;
  /** Ms without a datagram after which a connection counts as gone. Default 60 000. */
  readonly silence?: number;
  /** Ms after which a missing reliable packet is passed over. Default 30 000, ENet's longest time-out. */
  readonly giveUpAfter?: number;
  /** Which of two endpoints is the server, where the connecting was not captured. Default: the lower port. */
  readonly guessServer?: (one: Endpoint, other: Endpoint) => Endpoint;
}
