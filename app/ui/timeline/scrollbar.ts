import { topAtThumb, thumb as thumbAt } from './virtual-scroll.ts';
import type { TimelineScroll } from './scroll.ts';

/** Drag of the thumb, and a click on the track, which leads there at once. */
export function listenToThumb(track: HTMLElement, thumb: HTMLElement, scroll: TimelineScroll): () => void {
  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    const box = track.getBoundingClientRect();
    const state = scroll.state();
    const { at, size } = thumbAt(state, box.height);
    const isOnThumb = event.target === thumb;
    const grip = isOnThumb ? event.clientY - box.top - at : size / 2;
    const lead = (y: number): void => {
      const { rows, page } = scroll.state();
      scroll.to(topAtThumb(y - box.top - grip, rows, page, box.height));
    };
    if (!isOnThumb) lead(event.clientY);
    track.setPointerCapture(event.pointerId);
    track.classList.add('is-dragged');
    const onMove = (move: PointerEvent): void => lead(move.clientY);
    track.addEventListener('pointermove', onMove);
    track.addEventListener(
      'pointerup',
      () => {
        track.classList.remove('is-dragged');
        track.removeEventListener('pointermove', onMove);
      },
      { once: true },
    );
  };
  track.addEventListener('pointerdown', onDown);
  return () => track.removeEventListener('pointerdown', onDown);
}
