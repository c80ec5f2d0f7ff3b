/** Bars above and below the middle line, ticks for trouble and marks. Scaled by the root of the rate, so that quiet stays visible. */
import type { Strip } from '../../../core/contract/rows.ts';

export interface StripColors {
  readonly server: string;
  readonly client: string;
  /** Frames the filter leaves out. */
  readonly rest: string;
  readonly error: string;
  readonly warning: string;
  readonly mark: string;
}

const HEIGHT = 40;
const MIDDLE = 22;
const ROOM = 15;
const TICK = 6;

/** @param shown what the filter leaves of it; null: no filter */
export function drawStrip(canvas: HTMLCanvasElement, strip: Strip, shown: Strip | null, colors: StripColors): void {
  const width = canvas.clientWidth;
  const scale = window.devicePixelRatio;
  const pixels = Math.round(width * scale);
  if (canvas.width !== pixels) canvas.width = pixels;
  if (canvas.height !== HEIGHT * scale) canvas.height = HEIGHT * scale;
  const context = canvas.getContext('2d');
  if (context === null || strip.buckets.length === 0) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, HEIGHT);
  const step = width / strip.buckets.length;
  const bar = Math.max(1, step * 0.72);
  const most = strip.buckets.reduce((max, bucket) => Math.max(max, bucket.toServer, bucket.toClient), 1);
  const tall = (count: number): number => (count === 0 ? 0.6 : Math.max(1, Math.sqrt(count / most) * ROOM));
  strip.buckets.forEach((bucket, i) => {
    const x = i * step;
    const part = shown === null ? bucket : shown.buckets[i];
    const bars = (up: number, down: number, above: string, below: string): void => {
      context.fillStyle = above;
      context.fillRect(x, MIDDLE - up, bar, up);
      context.fillStyle = below;
      context.fillRect(x, MIDDLE + 0.6, bar, down);
    };
    if (shown !== null) bars(tall(bucket.toServer), tall(bucket.toClient), colors.rest, colors.rest);
    if (part !== undefined)
      bars(
        part.toServer === 0 && shown !== null ? 0 : tall(part.toServer),
        part.toClient === 0 && shown !== null ? 0 : tall(part.toClient),
        colors.server,
        colors.client,
      );
    const tick =
      bucket.errors > 0 ? colors.error : bucket.marks > 0 ? colors.mark : bucket.warnings > 0 ? colors.warning : '';
    if (tick !== '') {
      context.fillStyle = tick;
      context.fillRect(Math.round(x), 0, 2, TICK);
    }
  });
}
