/**
 * A target whose process is ours: when it ends, so do the connections to it. Over TCP the system says so; over ENet and UDP nobody
 * would, and everything said to it would be waited for in vain.
 */
import type { ConnectHow, Ending, Target, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';

const ENDED: Ending = { by: 'error', text: 'the target ended' };

export class BoundTarget implements Target {
  readonly #target: Target;
  readonly #isRunning: () => boolean;
  readonly #ends = new Set<() => void>();

  constructor(target: Target, isRunning: () => boolean) {
    this.#target = target;
    this.#isRunning = isRunning;
  }

  /** The process has ended. */
  processEnded(): void {
    for (const end of this.#ends) end();
  }

  async connect(how: ConnectHow, events: TargetEvents): Promise<TargetConnection> {
    if (!this.#isRunning()) throw new EngineError('connect-failed', 'The target has ended.');
    let live: TargetConnection | undefined;
    let hasEnded = false;
    let refuse: (error: EngineError) => void = () => undefined;
    const end = (): void => {
      this.#ends.delete(end);
      hasEnded = true;
      refuse(new EngineError('connect-failed', 'The target ended before it took the connection.'));
      live?.reset();
    };
    this.#ends.add(end);
    const connecting = this.#target.connect(how, {
      frame: (frame) => events.frame(frame),
      ended: (ending) => {
        this.#ends.delete(end);
        events.ended(hasEnded && ending.by === 'client' ? ENDED : ending);
      },
    });
    // Who comes too late is not wanted any more.
    connecting.then(
      (late) => {
        if (hasEnded) late.reset();
      },
      () => undefined,
    );
    try {
      live = await Promise.race([connecting, new Promise<never>((_resolve, reject) => (refuse = reject))]);
      return live;
    } catch (error) {
      this.#ends.delete(end);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#target.close();
  }
}
