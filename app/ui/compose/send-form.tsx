import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import type { SendOptions } from './compose-service.ts';

/** Where the message goes, and how. */
export function SendForm() {
  const app = useApp();
  const options = useStore(app.compose.options);
  const connections = useStore(app.mirror.connections).filter((each) => each.closed === undefined);
  const set = (part: Partial<SendOptions>): void => app.compose.options.update((now) => ({ ...now, ...part }));
  const target = connections.find((each) => each.id === options.conn);
  const isWebSocket = target?.transport === 'ws' || target?.transport === 'wss';
  const isEnet = target?.transport === 'enet';
  return (
    <>
      <div className="head">
        <h2>{t.compose.target}</h2>
      </div>
      <div className="side-form scroll">
        <FormLine label={t.timeline.columns.conn}>
          <select
            className="field"
            value={options.conn}
            onChange={(event) => set({ conn: Number(event.target.value), opcode: '', channel: -1 })}
          >
            <option value={0}>{t.compose.chooseConnection}</option>
            {connections.map((each) => (
              <option
                key={each.id}
                value={each.id}
              >{`c${each.id} · ${each.protocol} · ${each.client.port} → ${each.server.port}`}</option>
            ))}
          </select>
        </FormLine>
        <FormLine label={t.commands.menu.direction}>
          <select
            className="field"
            value={options.direction}
            onChange={(event) => set({ direction: event.target.value === 'toClient' ? 'toClient' : 'toServer' })}
          >
            <option value="toServer">{`→ ${t.timeline.direction.toServer}`}</option>
            <option value="toClient">{`← ${t.timeline.direction.toClient}`}</option>
          </select>
        </FormLine>
        {isWebSocket && (
          <FormLine label={t.compose.opcode}>
            <select
              className="field"
              value={options.opcode}
              onChange={(event) => set({ opcode: event.target.value as SendOptions['opcode'] })}
            >
              <option value="">{t.compose.asUsual}</option>
              {(['text', 'binary', 'ping', 'pong', 'close'] as const).map((opcode) => (
                <option key={opcode}>{opcode}</option>
              ))}
            </select>
          </FormLine>
        )}
        {isEnet && (
          <>
            <FormLine label={t.compose.channel} hint={t.compose.channelHint}>
              <NumberField value={options.channel} min={-1} max={254} onChange={(channel) => set({ channel })} />
            </FormLine>
            <label className="check-line">
              <input
                type="checkbox"
                checked={options.reliable}
                disabled={options.channel < 0}
                onChange={(event) => set({ reliable: event.target.checked })}
              />
              <span>{t.inspector.carrier.reliable}</span>
            </label>
          </>
        )}
        <FormLine label={t.compose.repeat}>
          <NumberField value={options.repeat} min={1} max={100_000} onChange={(repeat) => set({ repeat })} />
        </FormLine>
        {options.repeat > 1 && (
          <FormLine label={t.compose.interval}>
            <NumberField
              value={options.intervalMs}
              min={0}
              max={3_600_000}
              onChange={(intervalMs) => set({ intervalMs })}
            />
          </FormLine>
        )}
        <label className="check-line">
          <input
            type="checkbox"
            checked={options.absorbAnswer}
            onChange={(event) => set({ absorbAnswer: event.target.checked })}
          />
          <span>
            {t.compose.absorb} <span className="muted">{t.compose.absorbHint}</span>
          </span>
        </label>
      </div>
    </>
  );
}
