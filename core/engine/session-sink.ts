/**
 * Where all proxies and captures send their frames, whichever session is open. When another session is opened, connections that
 * are still alive are told to it, so that their next frames have somewhere to belong.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Recorder } from '../session/recorder.ts';
import type { Connection } from '../traffic/frame.ts';
import type { CarrierCommands, FrameDraft, FrameUpdate, TrafficSink } from '../traffic/sink.ts';

/** Numbers of frames that are held while nothing may be recorded: they can be decided on, but not looked up later. */
const UNRECORDED = 0x8000_0000;

export interface ConnectionWatcher {
  opened(connection: Connection): void;
  closed(connection: Connection): void;
}

export class SessionSink implements TrafficSink {
  #recorder: Recorder | undefined;
  /** The open session is a file that was opened: it is looked at, not added to. */
  #isReadOnly = false;
  #lastConnection = 0;
  #lastUnrecorded = UNRECORDED;
  readonly #alive = new Map<number, Connection>();
  readonly #drains: (() => void)[] = [];
  readonly #watchers: ConnectionWatcher[] = [];

  /** Frames go here from now on. */
  attach(recorder: Recorder, isReadOnly: boolean): void {
    this.#recorder = recorder;
    this.#isReadOnly = isReadOnly;
    recorder.onDrain(() => {
      for (const listener of this.#drains) listener();
    });
    this.#lastConnection = Math.max(this.#lastConnection, recorder.lastConnection);
    if (!isReadOnly) for (const connection of this.#alive.values()) recorder.opened(connection);
    for (const listener of this.#drains) listener();
  }
  detach(): void {
    this.#recorder = undefined;
  }

  /** Tells of connections that open and close from now on, whatever session is open. */
  watchConnections(watcher: ConnectionWatcher): void {
    this.#watchers.push(watcher);
  }
  get alive(): ReadonlyMap<number, Connection> {
    return this.#alive;
  }
  get isFull(): boolean {
    return this.#recorder?.isFull ?? false;
  }
  onDrain(listener: () => void): void {
    this.#drains.push(listener);
  }
  nextConnectionId(): number {
    return ++this.#lastConnection;
  }
  opened(connection: Connection): void {
    this.#lastConnection = Math.max(this.#lastConnection, connection.id);
    this.#alive.set(connection.id, connection);
    this.#writable?.opened(connection);
    for (const watcher of this.#watchers) watcher.opened(connection);
  }
  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    const known = this.#alive.get(id);
    if (known !== undefined) {
      this.#alive.set(id, { ...known, ...change, details: { ...known.details, ...change.details } });
    }
    this.#writable?.changed(id, change);
  }
  closed(id: number, time: number, ending: string): void {
    const connection = this.#alive.get(id);
    this.#alive.delete(id);
    this.#writable?.closed(id, time, ending);
    if (connection !== undefined) for (const watcher of this.#watchers) watcher.closed(connection);
  }
  frame(draft: FrameDraft): number {
    const n = this.#writable?.frame(draft) ?? 0;
    if (n !== 0 || draft.fate !== 'held') return n;
    this.#lastUnrecorded = this.#lastUnrecorded >= 0xffff_fff0 ? UNRECORDED : this.#lastUnrecorded + 1;
    return this.#lastUnrecorded;
  }
  update(n: number, update: FrameUpdate): void {
    if (n < UNRECORDED) this.#writable?.update(n, update);
  }
  commands(commands: CarrierCommands): void {
    this.#writable?.commands(commands);
  }
  remark(connection: number, time: number, info: ExpertInfo): void {
    this.#writable?.remark(connection, time, info);
  }

  get #writable(): Recorder | undefined {
    return this.#isReadOnly ? undefined : this.#recorder;
  }
}
