/** The connections of a run: opened where the user or a handoff says, left when the recording or the server does. */
import type { Memory } from '../protocol/protocol.ts';
import { type EndpointUrl, printEndpointUrl, printHostPort } from '../relay/endpoint-url.ts';
import { createMemory } from '../relay/meaning.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { Conversation } from './conversation.ts';
import { handedUrl } from './handoff.ts';
import type { Inbox } from './inbox.ts';
import type { Pause } from './pause.ts';
import type { RecordedConnection } from './recording.ts';
import { carrierOf, isStrict, type RunConnection } from './run-connection.ts';
import type { RunRecord } from './run-record.ts';
import type { Lost, RunOptions } from './run-types.ts';

export class RunConnections {
  readonly all = new Map<number, RunConnection>();
  readonly #options: RunOptions;
  readonly #timeoutMs: number;
  readonly #record: RunRecord;
  readonly #inbox: Inbox;
  readonly #pause: Pause;
  readonly #memory: Memory = createMemory();

  constructor(options: RunOptions, timeoutMs: number, record: RunRecord, inbox: Inbox, pause: Pause) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#record = record;
    this.#inbox = inbox;
    this.#pause = pause;
  }

  /** @throws EngineError when it is the first one and cannot be made */
  async open(conn: number): Promise<void> {
    const { plan, target, clock, sink } = this.#options;
    const recorded = plan.recording.connections.get(conn)!;
    const connection: RunConnection = {
      recorded,
      conversation: new Conversation(recorded, this.#memory),
      isStrict: isStrict(recorded.protocol),
      live: undefined,
      recordId: 0,
      ending: undefined,
      isLeft: false,
      abandoned: undefined,
      unanswerable: undefined,
    };
    this.all.set(conn, connection);
    const url = this.#urlOf(recorded);
    if (url === undefined) {
      const { address, port } = recorded.connection.server;
      this.give(
        connection,
        'not-connected',
        `the message that hands the client over to ${address}:${port} did not come`,
      );
      return;
    }
    this.#recordOpening(connection, url);
    try {
      connection.live = await target.connect(
        { url, framing: recorded.framing, timeoutMs: this.#timeoutMs, ...carrierOf(recorded) },
        {
          frame: (frame) => this.#inbox.came(connection, frame),
          ended: (ending) => {
            connection.ending = ending;
            this.#inbox.happened++;
            sink?.closed(connection.recordId, clock.wall(), ending.text);
            this.#pause.wake();
          },
        },
      );
    } catch (error) {
      sink?.closed(connection.recordId, clock.wall(), 'connect failed');
      if (this.#record.isEmpty) throw error;
      const text = error instanceof EngineError ? error.message : `${printEndpointUrl(url)}: ${String(error)}`;
      this.give(connection, 'not-connected', text);
    }
  }

  /** Whether anything can still come on it. */
  canHear(conn: number): boolean {
    const connection = this.all.get(conn);
    return connection !== undefined && this.isPlayed(connection) && connection.ending === undefined;
  }

  isPlayed(connection: RunConnection): boolean {
    return connection.abandoned === undefined && connection.live !== undefined;
  }

  get isAnyOpen(): boolean {
    return [...this.all.values()].some((one) => one.live !== undefined && one.ending === undefined);
  }

  leave(connection: RunConnection, reset: boolean): void {
    if (connection.isLeft) return;
    connection.isLeft = true;
    if (connection.ending !== undefined) return;
    if (reset) connection.live?.reset();
    else connection.live?.end();
  }

  leaveAll(): void {
    for (const connection of this.all.values()) this.leave(connection, false);
  }

  /** The server closed in the recording: it should now. */
  async awaitEnd(connection: RunConnection): Promise<void> {
    if (!this.isPlayed(connection)) return;
    const ended = await this.#pause.until(() => connection.ending !== undefined, this.#timeoutMs);
    if (!ended && !this.#pause.isStopped) this.#record.leftOpen.push(connection.recorded.connection.id);
    this.leave(connection, false);
  }

  /** A connection that broke before its last answer is told, even if nobody waited for it any more. */
  noteLoss(connection: RunConnection): void {
    const { ending, isLeft, recorded } = connection;
    if (ending === undefined || isLeft || !this.#inbox.expectations.owes(recorded.connection.id)) return;
    this.give(connection, 'lost', ending.text);
  }

  /** A connection ended or went astray: the rest of its script is not played. */
  give(connection: RunConnection, how: Lost['how'], text: string): void {
    if (connection.abandoned !== undefined) return;
    connection.abandoned = text;
    this.#record.loss(connection.recorded.connection.id, how, text);
    this.leave(connection, false);
  }

  #recordOpening(connection: RunConnection, url: EndpointUrl): void {
    const { sink, clock } = this.#options;
    if (sink === undefined) return;
    const { recorded } = connection;
    connection.recordId = sink.nextConnectionId();
    sink.opened({
      id: connection.recordId,
      transport: url.scheme as 'tcp',
      client: { address: '', port: 0 },
      server: { address: url.host, port: url.port },
      protocol: recorded.protocol?.id ?? '',
      options: recorded.options,
      opened: clock.wall(),
      ...(recorded.connection.role === undefined ? {} : { role: recorded.connection.role }),
      details: { replays: recorded.connection.id },
    });
  }

  /** Given by the user, or by the message that handed over, or by nobody. */
  #urlOf(recorded: RecordedConnection): EndpointUrl | undefined {
    const { plan, endpoint, fallbackHost = '127.0.0.1' } = this.#options;
    const { connection } = recorded;
    const path = typeof connection.details['path'] === 'string' ? connection.details['path'] : '';
    const handed = plan.handedOver.get(connection.id);
    const given = endpoint(recorded);
    if (handed === undefined || given !== undefined) return given;
    const to = this.#inbox.handed.get(`${handed.n}/${handed.index}/${handed.handoff.port}`);
    if (to === undefined) return undefined;
    const url = handedUrl(to, connection.transport, path, fallbackHost);
    this.#record.handovers.push({
      conn: connection.id,
      what: `${handed.handoff.message}.${handed.handoff.port}`,
      n: handed.n,
      recorded: printHostPort(handed.to.address, handed.to.port),
      live: printHostPort(url.host, url.port),
    });
    return url;
  }
}
