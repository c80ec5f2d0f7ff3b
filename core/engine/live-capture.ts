/** A live capture into a sink: packets come from a tool of their own process and leave as frames, like a proxy's. */
import type { CaptureStatus } from '../contract/verbs.ts';
import { startCapture } from '../io/capture-child.ts';
import type { CaptureRequest, CaptureSource } from '../io/capture-source.ts';
import type { Backend } from '../io/capture-tools.ts';
import type { Packet } from '../capture/packet.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import { captureTraffic, type TrafficChoice } from './files/read-traffic.ts';

export interface LiveCaptureOptions extends CaptureRequest {
  readonly choice: TrafficChoice;
  readonly sink: TrafficSink;
  /** Wall clock that monotonic times count from, seconds. */
  readonly began: number;
  readonly backend?: Backend;
  /** It ended by itself. */
  readonly ended?: (error: string | undefined) => void;
  /** Packets go there instead of into the sink. */
  readonly divert?: (packets: readonly Packet[]) => void;
}

export class LiveCapture {
  readonly #options: LiveCaptureOptions;
  readonly #source: CaptureSource;
  readonly #finish: () => void;
  #error: string | undefined;
  #isRunning = true;

  private constructor(options: LiveCaptureOptions, source: CaptureSource, finish: () => void) {
    this.#options = options;
    this.#source = source;
    this.#finish = finish;
  }

  /** Resolves when the tool listens. @throws EngineError `missing-tool`, `missing-rights`, `bad-filter`, `bad-request` */
  static async start(options: LiveCaptureOptions): Promise<LiveCapture> {
    const { choice, sink, began, divert, backend } = options;
    const traffic = captureTraffic(choice, sink, true);
    traffic.begin(began);
    let source: CaptureSource | undefined;
    let capture: LiveCapture | undefined;
    let isPaused = false;
    sink.onDrain(() => {
      if (!isPaused) return;
      isPaused = false;
      source?.resume();
    });
    let early: { error: string | undefined } | undefined;
    source = await startCapture(
      options,
      {
        packets(packets) {
          if (divert !== undefined) divert(packets);
          else for (const packet of packets) traffic.push(packet);
          if (isPaused || !sink.isFull) return;
          isPaused = true;
          source?.pause();
        },
        ended(error) {
          if (capture === undefined) early = { error };
          else capture.#ended(error);
        },
      },
      backend,
    );
    capture = new LiveCapture(options, source, () => traffic.end());
    if (early !== undefined) capture.#ended(early.error);
    return capture;
  }

  get status(): CaptureStatus {
    const { packets, dropped } = this.#source.stats;
    const { filter } = this.#options;
    return {
      running: this.#isRunning,
      interface: this.#options.interface,
      backend: this.#source.backend,
      packets,
      dropped,
      ...(filter === undefined || filter === '' ? {} : { filter }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  async stop(): Promise<CaptureStatus> {
    if (this.#isRunning) {
      this.#isRunning = false;
      await this.#source.stop();
      this.#finish();
    }
    return this.status;
  }

  #ended(error: string | undefined): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#error = error;
    this.#finish();
    this.#options.ended?.(error);
  }
}
