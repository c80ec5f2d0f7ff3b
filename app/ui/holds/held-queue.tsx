import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { HeldFrame } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { selectOne } from '../timeline/selection.ts';
import { swatchClass } from '../timeline/swatch.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { Meter } from '../widgets/meter.tsx';

/** Frames that wait, oldest first, with the time each has left. Numbered frames are released together in that order. */
export function HeldQueue() {
  const app = useApp();
  const held = useStore(app.mirror.held);
  const selected = useStore(app.holds.selected);
  const connections = useStore(app.mirror.connections);
  const [order, setOrder] = useState<readonly number[]>([]);
  const now = useWallClock(held.length > 0);
  const race = order.filter((n) => held.some((frame) => frame.n === n));
  const open = held.find((frame) => frame.n === selected);
  const behind = held.filter((frame) => frame.conn === open?.conn).length - 1;

  const select = (frame: HeldFrame): void => {
    app.holds.selected.set(frame.n);
    app.selection.set(selectOne(frame.n));
  };
  const takeTurn = (n: number): void => setOrder(race.includes(n) ? race.filter((each) => each !== n) : [...race, n]);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === ' ' && held.length > 1 && open !== undefined) {
      event.preventDefault();
      takeTurn(open.n);
      return;
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = held[Math.max(0, Math.min(held.length - 1, held.findIndex((frame) => frame.n === selected) + step))];
    if (next !== undefined) select(next);
  };
  const release = (): void => {
    void app.client.request('race.release', { order: race }).then(() => setOrder([]), app.notices.problem);
  };

  return (
    <div className="pane">
      <div className="head">
        <h2>{t.holds.held}</h2>
        <span>{t.holds.oldestFirst(held.length)}</span>
        {held.length > 1 && (
          <span className="right">
            {t.holds.next} <Keys command="held.next" />
          </span>
        )}
      </div>
      <div
        className="queue scroll"
        role="listbox"
        aria-label={t.holds.held}
        tabIndex={0}
        onKeyDown={onKey}
        aria-activedescendant={selected > 0 ? `held-${selected}` : undefined}
      >
        {held.map((frame) => {
          const left = frame.until === undefined ? undefined : Math.max(0, frame.until - now);
          const isLate = left !== undefined && left < 10;
          const protocol = connections.find((each) => each.id === frame.conn)?.protocol ?? '';
          const turn = race.indexOf(frame.n);
          return (
            <div
              key={frame.n}
              id={`held-${frame.n}`}
              className={`q${frame.n === selected ? ' sel' : ''}`}
              role="option"
              aria-selected={frame.n === selected}
              onPointerDown={() => select(frame)}
            >
              <span className={frame.direction === 'toServer' ? 'c-s' : 'c-c'}>
                <Icon name={frame.direction === 'toServer' ? 'right' : 'left'} />
                <span className="sr">{t.timeline.direction[frame.direction]}</span>
              </span>
              <span className="msg cut">{frame.message ?? t.timeline.notUnderstood}</span>
              <span className={`num ${isLate ? 'c-warning' : 'muted'}`}>
                {left === undefined ? t.holds.noLimit : `${left.toFixed(1)} s`}
              </span>
              <small className="cut">
                <i className={swatchClass(protocol)} /> {`c${frame.conn} · ${oneLine(frame.summary)}`}
              </small>
              <Meter
                share={
                  left === undefined || frame.until === undefined
                    ? 1
                    : left / Math.max(0.001, frame.until - frame.since)
                }
                tone={isLate ? 'warn' : ''}
              />
              {held.length > 1 && (
                <>
                  {/* An option has no buttons of its own: Space does it by key. */}
                  <span
                    className={`turn${turn >= 0 ? ' on' : ''}`}
                    title={t.holds.raceTitle}
                    aria-hidden="true"
                    onPointerDown={(event) => event.stopPropagation()}
                    onClick={() => takeTurn(frame.n)}
                  >
                    {turn >= 0 ? turn + 1 : race.length + 1}
                  </span>
                  {turn >= 0 && <span className="sr">{t.holds.turn(turn + 1)}</span>}
                </>
              )}
            </div>
          );
        })}
      </div>
      {held.length > 0 && (
        <div className="queue-foot">
          <span className="muted">
            {open?.until !== undefined && t.holds.whenOver} {behind > 0 && t.holds.waitBehind(behind)}
          </span>
          <div className="buttons">
            {race.length > 1 ? (
              <button className="btn" onClick={release}>
                {t.holds.releaseInOrder(race.length)}
              </button>
            ) : (
              <>
                <button
                  className="btn"
                  disabled={open?.until === undefined}
                  onClick={() => app.commands.run('held.extend')}
                >
                  {t.holds.more} <Keys command="held.extend" />
                </button>
                <button
                  className="btn"
                  disabled={open?.until === undefined}
                  onClick={() => app.commands.run('held.noLimit')}
                >
                  {t.holds.noLimitAction}
                </button>
                <button className="btn" onClick={() => app.commands.run('held.all')}>
                  {t.commands.titles.forwardAll} <Keys command="held.all" />
                </button>
              </>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

/** Wall clock in seconds, four times a second while wanted. */
function useWallClock(isOn: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  const latest = useRef(now);
  latest.current = now;
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(() => setNow(Date.now() / 1000), 250);
    return () => clearInterval(timer);
  }, [isOn]);
  return now;
}
