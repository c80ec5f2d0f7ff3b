/** Which messages waited behind which lost reliable one, of one side of an ENet connection. */

/** One reliable command that others waited for. */
export interface EnetBlame {
  readonly channel: number;
  /** Its reliable sequence number. */
  readonly sequence: number;
  /** The longest wait. */
  readonly waitedMs: number;
  /** The messages that waited, by frame number. */
  readonly frames: readonly number[];
}

/** Shorter waits are the reordering of an ordinary turn of the host. */
const WORTH_BLAMING_MS = 1;
const KEPT_BLAMES = 100;

/** Remembers what packets waited for. */
export class BlameList {
  readonly #blames: { channel: number; sequence: number; waitedMs: number; frames: number[] }[] = [];

  /** @param frame number the packet was recorded under; 0 when it was not */
  note(packet: { channel: number; waited: number; waitedFor: number }, frame: number): void {
    if (packet.waited < WORTH_BLAMING_MS) return;
    let blame = this.#blames.findLast((b) => b.channel === packet.channel && b.sequence === packet.waitedFor);
    if (blame === undefined) {
      blame = { channel: packet.channel, sequence: packet.waitedFor, waitedMs: 0, frames: [] };
      this.#blames.push(blame);
      if (this.#blames.length > KEPT_BLAMES) this.#blames.shift();
    }
    blame.waitedMs = Math.max(blame.waitedMs, packet.waited);
    if (frame > 0) blame.frames.push(frame);
  }

  get list(): readonly EnetBlame[] {
    return this.#blames;
  }
}
