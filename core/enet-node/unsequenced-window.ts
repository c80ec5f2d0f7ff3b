/** Which unsequenced packets were seen already: a bitmap of the present 1024 groups, which moves on by whole windows. */
import { FREE_UNSEQUENCED_WINDOWS, UNSEQUENCED_WINDOW_SIZE } from './protocol.ts';

export class UnsequencedWindow {
  #base = 0;
  #seen: Uint32Array | undefined;

  /** Starts at the window of `group`, for an observer that did not see the beginning. */
  startAt(group: number): void {
    this.#base = group - (group % UNSEQUENCED_WINDOW_SIZE);
  }

  /** @returns whether `group` is new, and notes it; groups from before the present window count as seen */
  take(group: number): boolean {
    const index = group % UNSEQUENCED_WINDOW_SIZE;
    const ahead = group < this.#base ? group + 0x10000 : group;
    if (ahead >= this.#base + FREE_UNSEQUENCED_WINDOWS * UNSEQUENCED_WINDOW_SIZE) return false;
    this.#seen ??= new Uint32Array(UNSEQUENCED_WINDOW_SIZE / 32);
    if (group - index !== this.#base) {
      this.#base = group - index;
      this.#seen.fill(0);
    }
    const bit = 1 << (index & 31);
    const word = this.#seen[index >> 5]!;
    if ((word & bit) !== 0) return false;
    this.#seen[index >> 5] = word | bit;
    return true;
  }
}
