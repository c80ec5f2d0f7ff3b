/** What holds, rules, faults and scripts decided about one frame, put together; the lane carries it out. */
import type { Template } from '../traffic/control.ts';
import type { Carrier, Direction, Fate } from '../traffic/frame.ts';

/** A frame to write that no peer sent. */
export interface Insert {
  readonly direction: Direction;
  readonly payload: Uint8Array;
  readonly carrier: Partial<Carrier>;
  /** Before or after the frame it belongs to; `aside` for the other direction. */
  readonly where: 'before' | 'after' | 'aside';
}

export interface Hold {
  /** Breakpoint or rule. */
  readonly by: string;
  /** 0: without limit. */
  readonly limitMs: number;
  readonly onLimit: 'forward' | 'drop';
}

/** What a script says about a frame. */
export type ScriptDecision =
  | { readonly action: 'forward' }
  | { readonly action: 'drop' }
  | { readonly action: 'edit'; readonly bytes: Uint8Array };

export class Treatment {
  payload: Uint8Array | undefined;
  drop = false;
  copies = 0;
  delayMs = 0;
  /** Let so many later frames pass first. */
  behind = 0;
  hold: Hold | undefined;
  /** Asked once the frame is in the queue; the frame waits for the answer. */
  ask: ((answer: (decision: ScriptDecision) => void) => void) | undefined;
  /** Makes what is sent (a rewritten handoff), and says when it is ready; undefined: the frame stays as it is. */
  prepare: ((done: (payload: Uint8Array | undefined) => void) => void) | undefined;
  inserts: Insert[] = [];
  close: 'close' | 'reset' | undefined;
  touchedBy: string[] = [];

  get isPlain(): boolean {
    return (
      this.payload === undefined &&
      !this.drop &&
      this.copies === 0 &&
      this.delayMs === 0 &&
      this.behind === 0 &&
      this.hold === undefined &&
      this.ask === undefined &&
      this.prepare === undefined &&
      this.inserts.length === 0 &&
      this.close === undefined &&
      this.touchedBy.length === 0
    );
  }
}

/** @param edited its payload differs from what came */
export function fateOf(treatment: Treatment, edited: boolean): Fate {
  if (treatment.drop) return 'dropped';
  if (treatment.hold !== undefined) return 'held';
  if (edited) return 'edited';
  if (treatment.copies > 0) return 'duplicated';
  return treatment.delayMs > 0 || treatment.behind > 0 ? 'delayed' : 'forwarded';
}

/** Writes a template in the place and state of a connection. */
export type WriteTemplate = (template: Template, direction: Direction) => Uint8Array;
