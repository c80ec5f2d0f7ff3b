/** The sending half of a channel: sequence numbers and the reliable windows that keep the receiver's from overflowing. */
import { SentRing } from './outgoing.ts';
import { FREE_RELIABLE_WINDOWS, RELIABLE_WINDOW_BITS, RELIABLE_WINDOW_SIZE, RELIABLE_WINDOWS } from './protocol.ts';

const GUARD = (1 << (FREE_RELIABLE_WINDOWS + 2)) - 1;

export class SendChannel {
  readonly id: number;
  /** Last reliable sequence number given out. */
  reliable = 0;
  /** Last unreliable sequence number given out since then. */
  unreliable = 0;
  readonly sent = new SentRing();

  /** Commands queued and not sent yet. */
  queued = 0;
  /** Reliable commands sent and not acknowledged. */
  inFlight = 0;
  /** Reliable commands sent, repeats not counted. */
  reliableSent = 0;
  /** Repeats of reliable commands. */
  resent = 0;

  readonly #windows = new Uint16Array(RELIABLE_WINDOWS);
  #usedWindows = 0;

  constructor(id: number) {
    this.id = id;
  }

  /**
   * Whether the first sending of `sequence` must wait: it would begin a window of 4096 while the one before is
   * entirely open, or while one of the next ten is still in use.
   */
  windowBlocked(sequence: number): boolean {
    if ((sequence & (RELIABLE_WINDOW_SIZE - 1)) !== 0) return false;
    const window = sequence >> RELIABLE_WINDOW_BITS;
    const before = (window + RELIABLE_WINDOWS - 1) % RELIABLE_WINDOWS;
    if (this.#windows[before]! >= RELIABLE_WINDOW_SIZE) return true;
    return (this.#usedWindows & ((GUARD << window) | (GUARD >> (RELIABLE_WINDOWS - window)))) !== 0;
  }

  enterWindow(sequence: number): void {
    const window = sequence >> RELIABLE_WINDOW_BITS;
    this.#usedWindows |= 1 << window;
    this.#windows[window] = this.#windows[window]! + 1;
  }

  leaveWindow(sequence: number): void {
    const window = sequence >> RELIABLE_WINDOW_BITS;
    const open = this.#windows[window]!;
    if (open === 0) return;
    this.#windows[window] = open - 1;
    if (open === 1) this.#usedWindows &= ~(1 << window);
  }
}
