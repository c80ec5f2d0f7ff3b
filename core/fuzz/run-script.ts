/** Plays one script against a target and notes what came back. Every wait has an end. */
import type { Memory } from '../protocol/protocol.ts';
import type { TargetConnection } from '../replay/target.ts';
import { type Heard, Hearing } from './hearing.ts';
import { issuedAs, issuedBy } from './issued.ts';
import type { SceneConnection } from './scene.ts';
import { relinked } from './relink.ts';
import { type Issue, isWrong, OTHER, type Script, type SendStep } from './script.ts';
import type { ConnectionRun, LiveFrame, Run, RunHow, Stage, StepRun } from './run.ts';
import { Waiting } from './waiting.ts';
import { connectMs, urlOf } from './where-to.ts';
import { howOf, wireOf } from './wire-of.ts';

export type { ConnectionRun, LiveFrame, Patience, Run, RunHow, Stage, StepRun } from './run.ts';

interface Live {
  readonly scene: SceneConnection;
  readonly run: ConnectionRun;
  readonly hearing: Hearing;
  connection: TargetConnection | undefined;
  /** Frames that count, since the last step that waited. */
  fresh: number;
  isLeft: boolean;
}

const PIECE_GAP_MS = 3;
/** Far from the tags of other runs. */
const OTHER_TAG = 500_000_011;
/** Silences in a row that may be chance. */
const SILENT_ENOUGH = 2;
/** Silences in a row, where each was known to be answered soon, after which nothing will be. */
const HOPELESS = 8;
/** What a server that has been silent for long is still given. */
const LEAST_MS = 20;
/** What is usually there at once may be late by so much. */
const LEAST_DUE_MS = 40;

export async function runScript(script: Script, stage: Stage, how: RunHow): Promise<Run> {
  await stage.began?.();
  try {
    return await new ScriptRun(script, stage, how).play();
  } finally {
    await stage.ended?.();
  }
}

class ScriptRun {
  readonly #script: Script;
  readonly #stage: Stage;
  readonly #how: RunHow;
  readonly #names: readonly Uint8Array[];
  /** Of somebody else who plays the same session. */
  readonly #otherNames: readonly Uint8Array[];
  readonly #live = new Map<number, Live>();
  readonly #steps: (StepRun | undefined)[];
  readonly #frames: LiveFrame[] = [];
  readonly #facts = new Map<string, unknown>();
  readonly #memory: Memory;
  readonly #began: number;
  #step = -1;
  readonly #waiting: Waiting;
  #isMutated = false;
  #silent = 0;
  #isPlayed = false;
  /** The server has not hung up on somebody who was gone in the recording. */
  #isStaying = false;

  constructor(script: Script, stage: Stage, how: RunHow) {
    this.#script = script;
    this.#stage = stage;
    this.#how = how;
    this.#names = how.identities.forRun(how.tag);
    this.#otherNames = how.identities.forRun(how.tag + OTHER_TAG);
    this.#steps = Array.from({ length: script.steps.length }, () => undefined);
    this.#memory = {
      recall: (key) => this.#facts.get(key),
      remember: (key, value) => void this.#facts.set(key, value),
    };
    this.#began = stage.clock.now();
    this.#waiting = new Waiting(stage.after);
  }

  async play(): Promise<Run> {
    const { steps } = this.#script;
    const giveUpAfter = this.#how.giveUpAfter ?? 2;
    let gaveUp = false;
    for (let i = 0; i < steps.length; i++) {
      if (this.#how.isAborted?.() === true) break;
      const step = steps[i]!;
      const { wrongAt } = this.#how.patience;
      if (wrongAt !== undefined && isWrong(step)) await this.#waiting.pause(wrongAt - this.#now());
      this.#step = i;
      if (step.kind === 'open') {
        if (step.isUnmade === true) continue;
        await this.#untilGone(step);
        if (!(await this.#open(step.conn, step.like))) break;
        const greeted = this.#live.get(step.conn)!;
        const greetings = step.awaits ?? 0;
        if (greetings > 0 && greeted.connection !== undefined) {
          await this.#waiting.until(
            () => greeted.fresh >= greetings || greeted.run.ending !== undefined,
            this.#limit(),
          );
        }
        continue;
      }
      const live = this.#live.get(step.conn);
      if (live?.connection === undefined || (this.#isForClient && !live.connection.isOpen)) continue;
      if (step.kind === 'send') {
        if (!step.mutated && (step.isLeftOut === true || !this.#isIssued(step))) continue;
        const { stretch, hopeless = stretch === undefined ? Infinity : HOPELESS } = this.#how.patience;
        const isHopeless = this.#silent >= hopeless;
        if ((this.#isMutated && this.#silent >= giveUpAfter) || isHopeless) {
          gaveUp = true;
          break;
        }
        await this.#send(i, step, live);
        if (!this.#allOver()) continue;
        const next = this.#whoComesNext(i);
        if (next === undefined) break;
        // Nobody is there to hear what comes before.
        if (!this.#isForClient) i = next - 1;
      } else if (step.kind === 'end') {
        if (step.mutated === true) this.#mutate();
        live.isLeft = true;
        live.connection.end();
      } else {
        if (step.mutated === true) this.#mutate();
        live.isLeft = true;
        live.connection.reset();
      }
    }
    await this.#settle();
    const isOver = this.#allOver();
    this.#isPlayed = true;
    // A server that is not told keeps whoever played the case among its users for long.
    for (const { connection } of this.#live.values()) {
      if (connection?.drop === undefined) connection?.reset();
      else connection.drop();
    }
    return {
      script: this.#script,
      steps: this.#steps,
      frames: this.#frames,
      connections: new Map([...this.#live].map(([conn, { run }]) => [conn, run])),
      elapsedMs: this.#now(),
      began: this.#began,
      gaveUp,
      isOver,
    };
  }

  #now(): number {
    return this.#stage.clock.now() - this.#began;
  }

  /** A client that left may be on its way to the next server; and before anything wrong was said, there may be other visits. */
  #whoComesNext(at: number): number | undefined {
    if (!this.#isForClient && this.#isMutated) return undefined;
    const next = this.#script.steps.findIndex(({ kind }, i) => i > at && kind === 'open');
    return next < 0 ? undefined : next;
  }

  /** Before a visit those before it are over: a server that hangs up is waited for, and where it does not, we leave. */
  async #untilGone({ conn, like = conn }: { readonly conn: number; readonly like?: number }): Promise<void> {
    const { gone } = this.#how.scene.connections.get(like) ?? {};
    if (gone === undefined) return;
    const isThere = (live: Live | undefined): live is Live =>
      live?.connection !== undefined && live.run.ending === undefined;
    const there = gone.map((one) => this.#live.get(one - like + conn)).filter(isThere);
    if (there.length === 0) return;
    const ms = Math.min(this.#how.patience.muted, this.#limit());
    if (!this.#isStaying) await this.#waiting.until(() => !there.some(isThere), ms);
    for (const live of there) {
      if (!isThere(live)) continue;
      // The next ones would not hang up either.
      this.#isStaying = true;
      if (!live.isLeft) live.connection!.end();
      live.isLeft = true;
    }
  }

  get #isForClient(): boolean {
    return this.#how.scene.side === 'client';
  }

  #allOver(): boolean {
    for (const { run, connection } of this.#live.values())
      if (connection !== undefined && run.ending === undefined) return false;
    return true;
  }

  async #open(conn: number, like: number | undefined): Promise<boolean> {
    const scene = this.#how.scene.connections.get(like ?? conn);
    const run: ConnectionRun = {
      ending: undefined,
      failure: undefined,
      sentBytes: 0,
      checksum: 0,
      frames: 0,
      endedAfter: -1,
    };
    if (scene === undefined) return false;
    const live: Live = {
      scene,
      run,
      hearing: new Hearing(scene.recorded, this.#memory),
      connection: undefined,
      fresh: 0,
      isLeft: false,
    };
    this.#live.set(conn, live);
    const url = urlOf(scene, this.#frames, this.#how.scene.fallbackHost);
    if (url === undefined) {
      run.failure = 'The message that says where to connect did not come.';
      return this.#isMutated;
    }
    try {
      live.connection = await this.#stage.target.connect(
        { url, framing: scene.recorded.framing, ...howOf(scene), timeoutMs: connectMs(scene, this.#how.patience) },
        {
          frame: ({ bytes, carrier, expert }) => {
            if (this.#isPlayed) return;
            if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return;
            const heard = live.hearing.hear(bytes, 'toClient', this.#stage.clock.wall());
            const isHeartbeat = this.#how.scene.heartbeats.has(heard.name);
            const all = expert.length === 0 ? heard : { ...heard, expert: [...expert, ...heard.expert] };
            this.#frames.push({ conn, step: this.#step, at: this.#now(), bytes, carrier, heard: all, isHeartbeat });
            run.frames += 1;
            if (!isHeartbeat && this.#counts(all)) live.fresh += 1;
            this.#waiting.look();
          },
          ended: (ending) => {
            // Our own leaving is nothing the server did.
            if (this.#isPlayed) return;
            run.ending = ending;
            run.endedAfter = this.#step;
            this.#waiting.look();
          },
        },
      );
      return true;
    } catch (error) {
      run.failure = error instanceof Error ? error.message : String(error);
      // A client that does not go on to one server may go on with another.
      return this.#isForClient && !this.#allOver();
    }
  }

  /** Whether it may answer what was said last: others are at work on the same server. */
  #counts({ name, isRefusal }: Heard): boolean {
    const step = this.#script.steps[this.#step];
    const due = step?.kind === 'send' ? step.dueNames : undefined;
    const { usual, chatter } = this.#how.scene;
    if (due === undefined || usual === undefined || isRefusal) return true;
    // Where nothing else is due, it may be the answer after all.
    if (chatter?.has(name) === true) return due.includes(name) && due.every((one) => chatter.has(one));
    return due.includes(name) || !usual.has(name);
  }

  async #send(i: number, step: SendStep, live: Live): Promise<void> {
    const { patience } = this.#how;
    const connection = live.connection!;
    // What came before belongs to what was asked before.
    if (step.awaits.length > 0)
      for (const [conn] of step.awaits) {
        const other = this.#live.get(conn);
        if (other !== undefined) other.fresh = 0;
      }
    if (step.mutated) this.#mutate();
    const bytes = this.#payload(step, live);
    const heard = live.hearing.hear(bytes, 'toServer', this.#stage.clock.wall(), step.mutated);
    const run: StepRun = { at: this.#now(), bytes, heard, answerMs: undefined, isAnswered: false };
    this.#steps[i] = run;
    if (step.wire === undefined) this.#write(live, bytes, wireOf(live.scene.recorded.framing, step, bytes), step);
    else {
      const gap = step.gapMs ?? PIECE_GAP_MS;
      for (const [at, piece] of step.wire.entries()) {
        if (at > 0 && gap > 0) await this.#waiting.pause(gap);
        if (!connection.isOpen) break;
        const wire = this.#how.identities.write(piece, this.#namesOn(step.conn));
        this.#write(live, wire, wire, step);
      }
    }
    if (step.atOnce === true) return;
    const sentAt = this.#now();
    const before = this.#frames.length;
    if (step.awaits.length === 0) return this.#linger(live);
    const isHere = (): boolean =>
      step.awaits.every(([conn, count]) => {
        const other = this.#live.get(conn);
        return other?.connection === undefined || other.fresh >= count || other.run.ending !== undefined;
      });
    await this.#waiting.until(
      isHere,
      this.#limit(step.dueMs),
      patience.quiet === undefined ? undefined : { ms: patience.quiet, hasBegun: () => live.fresh > 0 },
    );
    const first = this.#frames.slice(before).find((frame) => !frame.isHeartbeat && this.#counts(frame.heard));
    run.answerMs = first === undefined ? undefined : first.at - sentAt;
    run.isAnswered = step.awaits.every(([conn, count]) => (this.#live.get(conn)?.fresh ?? 0) >= count);
    this.#silent = first === undefined && connection.isOpen ? this.#silent + 1 : 0;
  }

  async #linger(live: Live): Promise<void> {
    const { linger = 0 } = this.#how.patience;
    if (linger === 0) return;
    live.fresh = 0;
    await this.#waiting.until(() => live.run.ending !== undefined, linger, {
      ms: linger / 2,
      hasBegun: () => live.fresh > 0,
    });
  }

  #write(live: Live, bytes: Uint8Array, wire: Uint8Array, step: SendStep): void {
    const { run, connection } = live;
    // What is not sent is not said to be.
    if (connection?.isOpen !== true) return;
    const isWritten = step.wire !== undefined || wire !== bytes;
    run.sentBytes += wire.length;
    if (this.#stage.checksum !== undefined) run.checksum = this.#stage.checksum(wire, run.checksum);
    connection.send({
      bytes,
      ...(step.carrier === undefined ? {} : { carrier: step.carrier }),
      ...(isWritten ? { wire } : {}),
      ...(step.skip === undefined ? {} : { skip: step.skip }),
    });
  }

  /** From here on silence has another meaning. */
  #mutate(): void {
    if (this.#isMutated) return;
    this.#isMutated = true;
    this.#silent = 0;
  }

  /** How long the next answer is waited for. Who was silent, answer after answer, is given less and less time. */
  #limit(dueMs?: number): number {
    const { answer, muted, stretch, leastDue = LEAST_DUE_MS } = this.#how.patience;
    const due = stretch === undefined || dueMs === undefined ? undefined : Math.max(leastDue, dueMs * stretch);
    // What is slow by nature is given its time; else most often nothing comes.
    if (this.#isMutated)
      return due === undefined || dueMs! < muted / 2 ? muted : Math.max(muted, Math.min(answer, due));
    if (due !== undefined) return Math.min(answer, due);
    return Math.max(Math.min(answer, LEAST_MS), answer / 2 ** Math.max(0, this.#silent - SILENT_ENOUGH));
  }

  /** The message as it goes out: names of this run, values issued by the server in this run. */
  #payload(step: SendStep, live: Live): Uint8Array {
    const { links } = step;
    let { bytes } = step;
    const { protocol } = live.hearing;
    if (links !== undefined && protocol !== undefined) {
      const nameOf = (issue: Issue) => (value: string) =>
        this.#how.identities.writeText(value, this.#namesOn(issue.conn));
      const issued = (issue: Issue): unknown => issuedAs(this.#frames, issue, nameOf(issue));
      const state = live.hearing.stateFor(step.mutating?.base ?? bytes);
      bytes = relinked(step, links, { protocol, state, issued }) ?? bytes;
    }
    return this.#how.identities.write(bytes, this.#namesOn(step.conn));
  }

  #namesOn(conn: number): readonly Uint8Array[] {
    return conn >= OTHER ? this.#otherNames : this.#names;
  }

  /** What it shows of values that are others each time was issued in this run. */
  #isIssued({ anew = [] }: SendStep): boolean {
    return anew.every(({ from }) =>
      from.some(({ conn, name, nth }) => issuedBy(this.#frames, conn, name, nth) !== undefined),
    );
  }

  async #settle(): Promise<void> {
    const { settle, muted, lull } = this.#how.patience;
    if (lull !== undefined) return this.#untilLull(lull, this.#now() + settle);
    // The last message may not have been read yet: gone at once, it would be thrown away unread with the connection.
    const last = this.#steps.findLast((step) => step !== undefined);
    const isHeard = last !== undefined && this.#frames.some((frame) => frame.at >= last.at && !frame.isHeartbeat);
    const limit = isHeard ? settle : this.#isMutated ? Math.max(settle, muted) : settle;
    if (limit <= 0 || this.#allOver()) return;
    const before = this.#frames.length;
    await this.#waiting.until(
      () => this.#allOver() || (!isHeard && this.#frames.slice(before).some((f) => !f.isHeartbeat)),
      limit,
    );
  }

  async #untilLull(lull: number, end: number): Promise<void> {
    const counted = (): number => this.#frames.filter((frame) => !frame.isHeartbeat).length;
    for (let left = end - this.#now(); left > 0 && !this.#allOver(); left = end - this.#now()) {
      const before = counted();
      await this.#waiting.until(() => this.#allOver() || counted() > before, Math.min(lull, left));
      if (counted() === before) return;
    }
  }
}
