/** What a host keeps about one connection: its settings, what was measured, and what it has to send. */
import { Acknowledgements } from './acknowledgements.ts';
import { Emitter } from './emitter.ts';
import type { CommandsEvent, DisconnectEvent, PacketEvent } from './event.ts';
import type { Host } from './host.ts';
import { CommandList, SentRing } from './outgoing.ts';
import {
  DEFAULT_ROUND_TRIP_TIME,
  MAXIMUM_WINDOW_SIZE,
  NO_PEER,
  NO_SESSION,
  PING_INTERVAL,
  SESSION_MASK,
  THROTTLE_ACCELERATION,
  THROTTLE_DECELERATION,
  THROTTLE_INTERVAL,
  THROTTLE_SCALE,
  TIMEOUT_LIMIT,
  TIMEOUT_MAXIMUM,
  TIMEOUT_MINIMUM,
} from './protocol.ts';
import { UnsequencedWindow } from './unsequenced-window.ts';

/** An IP address and UDP port. The host only compares them; what they mean is the transport's matter. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

export type PeerState =
  | 'disconnected'
  | 'connecting'
  | 'acknowledging-connect'
  | 'connected'
  | 'disconnect-later'
  | 'disconnecting'
  | 'acknowledging-disconnect';

/** The events of one peer; the host reports the same ones for all peers. */
export interface PeerEvents {
  /** The connection this side asked for is ready. */
  connect: [data: number];
  packet: [packet: PacketEvent];
  disconnect: [event: DisconnectEvent];
  /** Only from a host that has `reportCommands`. */
  commands: [event: CommandsEvent];
}

/** "Has not happened yet": earlier than any time. */
export const NEVER = -1e12;

export class ConnectionState extends Emitter<PeerEvents> {
  readonly host: Host;
  /** This side's number for the connection; the other side writes it into every datagram. */
  readonly incomingPeerId: number;
  /** True when the other side asked for the connection. */
  readonly incoming: boolean;
  /** Free for the application. */
  userData: unknown = undefined;

  address: Address;
  state: PeerState;
  channelCount: number;
  /** Identifies the connection on the wire. */
  connectId = 0;
  /** The data given with the connection request, whichever side made it. */
  connectData = 0;
  /** Largest datagram, in bytes: the smaller of both sides' wishes. */
  mtu: number;

  // The members below are the host's; applications read them through `statistics()`.
  outgoingPeerId = NO_PEER;
  incomingSession = 0;
  outgoingSession = 0;
  incomingBandwidth = 0;
  outgoingBandwidth = 0;
  incomingThrottleEpoch = NEVER;
  outgoingThrottleEpoch = NEVER;
  incomingDataTotal = 0;
  outgoingDataTotal = 0;
  lastReceiveTime = NEVER;
  nextTimeout = 0;
  earliestTimeout = NEVER;
  lossEpoch = NEVER;
  commandsSent = 0;
  commandsLost = 0;
  packetLoss = 0;
  packetLossVariance = 0;
  throttle = THROTTLE_SCALE;
  throttleLimit = THROTTLE_SCALE;
  throttleCounter = 0;
  throttleEpoch = NEVER;
  throttleAcceleration = THROTTLE_ACCELERATION;
  throttleDeceleration = THROTTLE_DECELERATION;
  throttleInterval = THROTTLE_INTERVAL;
  pingInterval = PING_INTERVAL;
  timeoutLimit = TIMEOUT_LIMIT;
  timeoutMinimum = TIMEOUT_MINIMUM;
  timeoutMaximum = TIMEOUT_MAXIMUM;
  lastRoundTripTime = DEFAULT_ROUND_TRIP_TIME;
  lowestRoundTripTime = DEFAULT_ROUND_TRIP_TIME;
  lastRoundTripTimeVariance = 0;
  highestRoundTripTimeVariance = 0;
  roundTripTime = DEFAULT_ROUND_TRIP_TIME;
  roundTripTimeVariance = 0;
  windowSize = MAXIMUM_WINDOW_SIZE;
  reliableInTransit = 0;
  outgoingReliableSequence = 0;
  outgoingUnsequencedGroup = 0;
  readonly unsequenced = new UnsequencedWindow();
  disconnectData = 0;
  acknowledgesDisconnect = false;
  dirty = false;
  readonly acknowledgements: Acknowledgements;
  /** Unreliable packets and commands about the connection. */
  readonly outgoing = new CommandList();
  /** Reliable packets, apart because the window may hold them back. */
  readonly outgoingReliable = new CommandList();
  readonly sentReliable = new CommandList();
  readonly sentControl = new SentRing();
  queuedData = 0;
  droppedByThrottle = 0;
  resent = 0;
  datagramsSent = 0;
  bytesSent = 0;
  datagramsReceived = 0;
  bytesReceived = 0;
  packetsSent = 0;
  packetsReceived = 0;
  repeatsReceived = 0;

  // ReceiveSink
  waitingData = 0;
  heldData = 0;
  readonly maximumWaitingData: number;
  readonly maximumPacketSize: number;

  /** @internal made by the host */
  constructor(host: Host, incomingPeerId: number, address: Address, channelCount: number, incoming: boolean) {
    super();
    this.host = host;
    this.incomingPeerId = incomingPeerId;
    this.address = address;
    this.channelCount = channelCount;
    this.incoming = incoming;
    this.state = incoming ? 'acknowledging-connect' : 'connecting';
    this.mtu = host.mtu;
    this.maximumPacketSize = host.maximumPacketSize;
    this.maximumWaitingData = host.maximumWaitingData;
    this.acknowledgements = new Acknowledgements(host.acknowledgementLimit);
  }
}

/** The session number after `asked` (or after our own last one, if the other side has none), different from the last. */
export function nextSession(asked: number, last: number): number {
  const session = ((asked === NO_SESSION ? last : asked) + 1) & SESSION_MASK;
  return session === last ? (session + 1) & SESSION_MASK : session;
}

export function isConnected(state: PeerState): boolean {
  return state === 'connected' || state === 'disconnect-later';
}
