import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { MessageChoice } from './message-choice.tsx';
import { MessageEditor } from './message-editor.tsx';
import { SendForm } from './send-form.tsx';

/** A message of one's own, sent into a live connection either way. */
export function Composer() {
  const app = useApp();
  const { draft } = app.compose;
  const state = useStore(draft.state);
  const options = useStore(app.compose.options);
  const canSend = state.hex !== '' && !state.isPending && state.problem === '' && options.conn > 0;
  return (
    <div className="dock composer">
      <div className="pane">
        <MessageChoice />
        <SendForm />
      </div>
      {state.source === null ? (
        <div className="empty">
          <b>{t.compose.nothing}</b>
          <span>{t.compose.nothingAdvice}</span>
        </div>
      ) : (
        <MessageEditor
          draft={draft}
          head={
            <>
              <span className={options.direction === 'toServer' ? 'c-s' : 'c-c'}>
                <Icon name={options.direction === 'toServer' ? 'right' : 'left'} />
              </span>
              <h2 className="mono">{state.source.message === '' ? t.timeline.notUnderstood : state.source.message}</h2>
              <span className="cut">
                {[
                  state.source.protocol,
                  state.frame === null ? t.compose.fromSchema : t.compose.fromFrame(state.frame.n),
                ].join(' · ')}
              </span>
            </>
          }
          actions={
            <>
              <button
                className="btn main"
                disabled={!canSend}
                onClick={() => void app.compose.send().catch(app.notices.problem)}
              >
                <Icon name="send" />
                {options.repeat > 1 ? t.compose.sendTimes(options.repeat) : t.compose.send}
              </button>
              {options.conn === 0 && <span className="muted">{t.compose.noConnection}</span>}
              <span className="grow" />
              <button className="btn bare" disabled={state.editedIn === null} onClick={() => draft.undo()}>
                {t.compose.undo}
              </button>
            </>
          }
        />
      )}
    </div>
  );
}
