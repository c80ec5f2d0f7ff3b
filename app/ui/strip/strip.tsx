import {
  useEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  type WheelEvent,
} from 'react';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { onThemeChange, tokenColors } from '../theme/theme.ts';
import { drawStrip } from './strip-drawing.ts';
import { axisLabel, axisTimes, draggedWindow, PINNED, shareOf, timeAt, type TimeWindow } from './strip-scale.ts';

const EDGE = 6;

export function Strip() {
  const app = useApp();
  const { strip, view } = app;
  const range = useStore(strip.range);
  const applied = useStore(view.spec, (spec) => spec.window);
  const [draft, setDraft] = useState<TimeWindow | undefined>();
  const plot = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(canvas);

  const shown = draft ?? applied;
  const timeOf = (x: number): number => {
    const box = plot.current?.getBoundingClientRect();
    return box === undefined ? 0 : timeAt((x - box.left) / box.width, range);
  };
  const commit = (window: TimeWindow): void => {
    const isLive = app.mirror.session.get()?.recording === true;
    strip.setWindow(isLive && window[1] >= range.to - (range.to - range.from) / 200 ? [window[0], PINNED] : window);
  };
  const onDown = (event: PointerEvent<HTMLDivElement>): void => {
    // Until the engine has said how long the session is, a place on the strip means no time.
    if (event.button !== 0 || strip.data.get() === null) return;
    const box = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - box.left;
    const grip = gripAt(x, box.width, applied, (time) => shareOf(time, range));
    const start = timeOf(event.clientX);
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    let next: TimeWindow | undefined;
    const move = (at: globalThis.PointerEvent): void => {
      if (next === undefined && Math.abs(at.clientX - event.clientX) < 3) return;
      next = moved(grip, start, timeOf(at.clientX), applied, range);
      setDraft(next);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener(
      'pointerup',
      () => {
        target.removeEventListener('pointermove', move);
        setDraft(undefined);
        if (next !== undefined) commit(next);
      },
      { once: true },
    );
  };
  const onWheel = (event: WheelEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    strip.zoomBy((event.clientX - box.left) / box.width, event.deltaY > 0 ? 1.25 : 0.8);
  };

  return (
    <section className="strip" aria-label={t.strip.label}>
      <Rates />
      <div className="plot" ref={plot} onPointerDown={onDown} onDoubleClick={() => strip.clear()} onWheel={onWheel}>
        <canvas className="rate" ref={canvas} aria-hidden="true" />
        {shown !== undefined && <Window window={shown} onKey={(next) => commit(next)} />}
        <Axis />
      </div>
      <ZoomButtons />
    </section>
  );
}

type Grip = 'left' | 'right' | 'inside' | 'none';

function gripAt(x: number, width: number, window: TimeWindow | undefined, share: (time: number) => number): Grip {
  if (window === undefined) return 'none';
  const left = share(window[0]) * width;
  const right = share(window[1]) * width;
  if (Math.abs(x - left) <= EDGE) return 'left';
  if (Math.abs(x - right) <= EDGE) return 'right';
  return x > left && x < right ? 'inside' : 'none';
}

function moved(
  grip: Grip,
  start: number,
  now: number,
  window: TimeWindow | undefined,
  range: { readonly from: number; readonly to: number },
): TimeWindow {
  if (window === undefined || grip === 'none') return draggedWindow(start, now, range);
  const end = Math.min(window[1], range.to);
  if (grip === 'left') return draggedWindow(now, end, range);
  if (grip === 'right') return draggedWindow(window[0], now, range);
  const by = Math.max(range.from - window[0], Math.min(range.to - end, now - start));
  return [window[0] + by, end + by];
}

function useDrawing(canvas: RefObject<HTMLCanvasElement | null>): void {
  const { strip, settings } = useApp();
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    let colors = readColors();
    const draw = (): void => {
      const data = strip.data.get();
      if (data !== null) drawStrip(element, data, strip.shown.get(), colors);
    };
    const resize = new ResizeObserver(draw);
    resize.observe(element);
    const ends = [
      strip.data.subscribe(draw),
      onThemeChange(settings, () => {
        colors = readColors();
        draw();
      }),
    ];
    draw();
    return () => {
      resize.disconnect();
      for (const end of ends) end();
    };
  }, [canvas, strip, settings]);
}

function readColors() {
  const colors = tokenColors(['rate-server', 'rate-client', 'selected-idle', 'problem', 'warning', 'injected']);
  return {
    server: colors['rate-server'],
    client: colors['rate-client'],
    rest: colors['selected-idle'],
    error: colors.problem,
    warning: colors.warning,
    mark: colors.injected,
  };
}

function Rates() {
  const { mirror } = useApp();
  const rate = useStore(mirror.growth, (growth) => growth.rate);
  return (
    <div className="now">
      <span className="c-s">
        <Icon name="right" small />
        <b>{grouped(Math.round(rate.toServer))}</b>
        {t.strip.perSecond}
        <span className="sr">{t.timeline.direction.toServer}</span>
      </span>
      <span className="c-c">
        <Icon name="left" small />
        <b>{grouped(Math.round(rate.toClient))}</b>
        {t.strip.perSecond}
        <span className="sr">{t.timeline.direction.toClient}</span>
      </span>
    </div>
  );
}

function Axis() {
  const { strip } = useApp();
  const range = useStore(strip.range);
  const host = useRef<HTMLDivElement>(null);
  const times = axisTimes(range, 9);
  useEffect(() => {
    [...(host.current?.children ?? [])].forEach((label, i) => {
      if (label instanceof HTMLElement) label.style.left = `${shareOf(times[i] ?? 0, range) * 100}%`;
    });
  });
  return (
    <div className="axis" ref={host} aria-hidden="true">
      {times.map((time) => (
        <span key={time}>{axisLabel(time, range)}</span>
      ))}
    </div>
  );
}

function Window({ window, onKey }: { readonly window: TimeWindow; readonly onKey: (next: TimeWindow) => void }) {
  const { strip, view } = useApp();
  const range = useStore(strip.range);
  const shown = useStore(view.status, (status) => status.shown);
  const host = useRef<HTMLDivElement>(null);
  const left = shareOf(window[0], range);
  const right = shareOf(window[1], range);
  useEffect(() => {
    const [veilLeft, veilRight, box, label] = [...(host.current?.children ?? [])] as HTMLElement[];
    if (veilLeft === undefined || veilRight === undefined || box === undefined || label === undefined) return;
    veilLeft.style.width = `${left * 100}%`;
    veilRight.style.left = `${right * 100}%`;
    box.style.left = `${left * 100}%`;
    box.style.width = `${(right - left) * 100}%`;
    if (left > 0.2) {
      label.style.right = `calc(${(1 - left) * 100}% + 10px)`;
      label.style.left = 'auto';
    } else {
      label.style.left = `calc(${Math.min(right, 0.8) * 100}% + 10px)`;
      label.style.right = 'auto';
    }
  }, [left, right]);
  const digits = range.to - range.from > 60 ? 0 : 2;
  const end = Math.min(window[1], range.to);
  const step = (range.to - range.from) / 200;
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? step : event.key === 'ArrowLeft' ? -step : 0;
    if (by === 0) return;
    event.preventDefault();
    onKey(event.shiftKey ? draggedWindow(window[0], end + by, range) : [window[0] + by, end + by]);
  };
  return (
    <div className="window-layer" ref={host}>
      <div className="veil first" />
      <div className="veil last" />
      <div
        className="window"
        role="slider"
        tabIndex={0}
        aria-label={t.strip.windowLabel}
        aria-valuemin={0}
        aria-valuemax={Math.round(range.to)}
        aria-valuenow={Math.round(window[0])}
        aria-valuetext={t.strip.window(window[0].toFixed(digits), end.toFixed(digits), t.shell.frames(shown))}
        onKeyDown={onKeyDown}
      />
      <span className="wlabel">
        {t.strip.window(window[0].toFixed(digits), end.toFixed(digits), t.shell.frames(shown))}
      </span>
    </div>
  );
}

function ZoomButtons() {
  const { strip } = useApp();
  const zoom = useStore(strip.zoom);
  if (zoom === null) return null;
  return (
    <button className="btn fit" onClick={() => strip.zoom.set(null)}>
      {t.strip.fit}
    </button>
  );
}
