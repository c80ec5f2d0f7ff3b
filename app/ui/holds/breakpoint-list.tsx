import { useState } from 'react';
import type { Breakpoint } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FilterField } from '../widgets/filter-field.tsx';
import { Switch } from '../widgets/switch.tsx';

/** Which frames are held, how long, and what happens then. */
export function BreakpointList() {
  const app = useApp();
  const breakpoints = useStore(app.mirror.breakpoints);
  const [filter, setFilter] = useState('');
  const set = (next: readonly Breakpoint[]): void => void app.holds.setBreakpoints(next).catch(app.notices.problem);
  const change = (id: string, part: Partial<Breakpoint>): void =>
    set(breakpoints.map((each) => (each.id === id ? { ...each, ...part } : each)));
  return (
    <div className="scroll">
      <form
        className="add-line"
        onSubmit={(event) => {
          event.preventDefault();
          if (filter.trim() === '') return;
          void app.holds.addBreakpoint(filter.trim(), undefined, false).then(() => setFilter(''), app.notices.problem);
        }}
      >
        <FilterField value={filter} label={t.holds.holdFilter} placeholder={t.holds.holdFilter} onChange={setFilter} />
        <button className="btn" disabled={filter.trim() === ''}>
          {t.filter.add}
        </button>
      </form>
      <ol aria-label={t.holds.sides.breakpoints}>
        {breakpoints.map((each) => (
          <li key={each.id} className={`rule${each.enabled ? '' : ' off'}`}>
            <Switch label={each.filter} isOn={each.enabled} onChange={(enabled) => change(each.id, { enabled })} />
            <span className="what">
              <span className="c-warning">
                <Icon name="hold" small />
              </span>
              {each.direction === undefined ? t.holds.bothWays : t.timeline.direction[each.direction]}
            </span>
            <button
              className="btn bare icon small"
              aria-label={t.holds.removeBreakpoint}
              onClick={() => set(breakpoints.filter((other) => other.id !== each.id))}
            >
              <Icon name="trash" small />
            </button>
            <code title={each.filter}>{each.filter}</code>
            <span className="limits">
              <select
                className="field"
                aria-label={t.holds.limit}
                value={each.limitMs}
                onChange={(event) => change(each.id, { limitMs: Number(event.target.value) })}
              >
                {[...new Set([5000, 10_000, 30_000, 60_000, 300_000, 0, each.limitMs])].map((ms) => (
                  <option key={ms} value={ms}>
                    {ms === 0 ? t.holds.noLimit : t.holds.seconds(ms / 1000)}
                  </option>
                ))}
              </select>
              <select
                className="field"
                aria-label={t.holds.onLimit}
                value={each.onLimit}
                onChange={(event) => change(each.id, { onLimit: event.target.value === 'drop' ? 'drop' : 'forward' })}
              >
                <option value="forward">{t.holds.thenForward}</option>
                <option value="drop">{t.holds.thenDrop}</option>
              </select>
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
