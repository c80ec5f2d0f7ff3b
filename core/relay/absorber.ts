/** Answers to swallow: for lock-step protocols, where the answer to an injected request must not reach a peer that never asked. */
import type { Direction, Protocol } from '../protocol/protocol.ts';
import type { FrameSubject } from './subject.ts';

/** An answer that does not come is waited for so long. */
const LIMIT_MS = 30_000;

interface Expected {
  /** Message names; undefined: whatever comes. */
  readonly names: readonly string[] | undefined;
  readonly until: number;
}

export class Absorber {
  readonly #expected: Record<Direction, Expected[]> = { toServer: [], toClient: [] };

  isActive(direction: Direction): boolean {
    return this.#expected[direction].length > 0;
  }

  /** A request went out in `direction`: its answer comes the other way. */
  expect(protocol: Protocol | undefined, direction: Direction, request: string | null | undefined, now: number): void {
    const pairs = protocol?.pairs.filter(
      (p) => p.direction === direction && (p.request === '*' || (request != null && p.request.includes(request))),
    );
    const names = pairs?.flatMap((p) => (p.replies === '*' ? [] : p.replies)) ?? [];
    const answers: Direction = direction === 'toServer' ? 'toClient' : 'toServer';
    this.#expected[answers].push({ names: names.length > 0 ? names : undefined, until: now + LIMIT_MS });
  }

  /** Is this frame one of the answers? Each is taken once. */
  takes(subject: FrameSubject, now: number): boolean {
    const list = this.#expected[subject.direction];
    while (list.length > 0 && list[0]!.until < now) list.shift();
    const index = list.findIndex((e) => e.names === undefined || subject.names.some((name) => e.names!.includes(name)));
    if (index < 0) return false;
    list.splice(index, 1);
    return true;
  }
}
