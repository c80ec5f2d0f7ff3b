/** A file of traffic → a session file. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { CaptureNotes } from '../../capture/packet.ts';
import { toBase64 } from '../../export/base64.ts';
import type { OptionValues } from '../../protocol/protocol.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Connection } from '../../traffic/frame.ts';
import type { CarrierCommands, TrafficSink } from '../../traffic/sink.ts';
import { type ReadHow, readTraffic, type TrafficChoice } from './read-traffic.ts';
import { type WriteOptions, writeSession } from './write-session.ts';

export interface ImportOptions extends Omit<WriteOptions, 'meta'> {
  /** File to read. */
  readonly from: string;
  readonly choice: TrafficChoice;
  /** Protocol options for the connections found. */
  readonly options?: OptionValues;
  /** Of Interpose. */
  readonly version: string;
  readonly progress?: ReadHow['progress'];
}

export interface ImportResult {
  readonly frames: number;
  readonly connections: number;
  readonly problems: readonly string[];
}

/** Key of `meta` that keeps the decryption secrets of the captures a session was made from, as JSON. */
export const SECRETS_KEY = 'secrets';

/** @throws EngineError when the file holds nothing readable, or the session cannot be written */
export async function importFile(options: ImportOptions): Promise<ImportResult> {
  const { from, path, choice, version, progress } = options;
  if (!existsSync(from)) throw new EngineError('unreadable-file', `there is no file ${from}`);
  if (existsSync(path)) throw new EngineError('not-allowed', `${path} exists already. Choose another name.`);
  const written = await writeSession({
    ...options,
    meta: { began: '0', title: basename(from).replace(/\.[a-z0-9]+$/i, ''), engineVersion: version },
  });
  try {
    const sink = new GivenSink(written.recorder, choice, options.options ?? {});
    let title: string | undefined;
    const { problems, began, notes } = await readTraffic(from, choice, sink, {
      keepCarrier: true,
      afterChunk: written.breathe,
      begin: (_began, name) => {
        title = name;
      },
      ...(progress === undefined ? {} : { progress }),
    });
    const { frames } = written.recorder;
    await written.finish({ began: String(began), ...(title ? { title } : {}), ...metaOf(notes) });
    const told =
      notes === undefined || notes.dropped === 0 ? [] : [`the capture says it dropped ${notes.dropped} packets`];
    return { frames, connections: written.recorder.lastConnection, problems: [...problems, ...told] };
  } catch (error) {
    await written.discard();
    throw error;
  }
}

function metaOf(notes: CaptureNotes | undefined): Record<string, string> {
  if (notes === undefined) return {};
  return {
    ...(notes.secrets.length === 0
      ? {}
      : {
          [SECRETS_KEY]: JSON.stringify(notes.secrets.map(({ type, bytes }) => ({ type, bytes: toBase64(bytes) }))),
        }),
    ...(notes.comments.length === 0 ? {} : { comment: notes.comments.join('\n') }),
  };
}

/** Connections get the protocol and options that were asked for; all else passes. */
class GivenSink implements TrafficSink {
  readonly #to: TrafficSink;
  readonly #choice: TrafficChoice;
  readonly #options: OptionValues;

  constructor(to: TrafficSink, choice: TrafficChoice, options: OptionValues) {
    this.#to = to;
    this.#choice = choice;
    this.#options = options;
  }
  get isFull(): boolean {
    return this.#to.isFull;
  }
  onDrain(listener: () => void): void {
    this.#to.onDrain(listener);
  }
  nextConnectionId(): number {
    return this.#to.nextConnectionId();
  }
  opened(connection: Connection): void {
    const { transport, server, client } = connection;
    const given = this.#choice.given({ transport, serverPort: server.port, clientPort: client.port });
    const isOther = given !== undefined && given.id !== connection.protocol;
    const hasOptions = Object.keys(this.#options).length > 0;
    this.#to.opened({
      ...connection,
      ...(given === undefined ? {} : { protocol: given.id }),
      ...(hasOptions ? { options: this.#options } : isOther ? { options: {} } : {}),
    });
  }
  changed(...change: Parameters<TrafficSink['changed']>): void {
    this.#to.changed(...change);
  }
  closed(...end: Parameters<TrafficSink['closed']>): void {
    this.#to.closed(...end);
  }
  frame(...frame: Parameters<TrafficSink['frame']>): number {
    return this.#to.frame(...frame);
  }
  update(...update: Parameters<TrafficSink['update']>): void {
    this.#to.update(...update);
  }
  commands(commands: CarrierCommands): void {
    this.#to.commands?.(commands);
  }
  remark(...remark: Parameters<TrafficSink['remark']>): void {
    this.#to.remark(...remark);
  }
  markInOrder(n: number, mark: string | undefined, comment: string | undefined): void {
    this.#to.markInOrder?.(n, mark, comment);
  }
}
