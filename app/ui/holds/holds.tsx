import { useApp } from '../app.ts';
import { MessageEditor } from '../compose/message-editor.tsx';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { BreakpointList } from './breakpoint-list.tsx';
import { FaultEditor } from './fault-editor.tsx';
import { HeldQueue } from './held-queue.tsx';
import { RuleEditor } from './rule-editor.tsx';
import { RuleList } from './rule-list.tsx';
import type { HoldsSide } from './holds-service.ts';

const SIDES: readonly HoldsSide[] = ['rules', 'breakpoints', 'faults'];

export function Holds() {
  const app = useApp();
  const side = useStore(app.holds.side);
  const rule = useStore(app.holds.rule);
  const counts: Readonly<Record<HoldsSide, number>> = {
    rules: useStore(app.mirror.rules).length,
    breakpoints: useStore(app.mirror.breakpoints).length,
    faults: useStore(app.mirror.faults)?.faults.length ?? 0,
  };
  return (
    <div className="dock holds">
      <HeldQueue />
      {side === 'faults' ? <FaultEditor /> : rule !== null ? <RuleEditor key={rule.id} rule={rule} /> : <HeldEditor />}
      <div className="pane">
        <div className="head sides">
          <span className="seg small" role="group" aria-label={t.shell.tabs.holds}>
            {SIDES.map((each) => (
              <button key={each} aria-pressed={each === side} onClick={() => app.holds.side.set(each)}>
                {t.holds.sides[each]}
                {counts[each] > 0 && <span className="muted num">{` ${counts[each]}`}</span>}
              </button>
            ))}
          </span>
          {side === 'rules' && (
            <span className="right">
              <button className="btn bare small" onClick={() => app.holds.newRule()}>
                <Icon name="plus" small />
                {t.holds.newRule}
              </button>
            </span>
          )}
        </div>
        {side === 'rules' ? (
          <RuleList />
        ) : side === 'breakpoints' ? (
          <BreakpointList />
        ) : (
          <p className="muted side-note">{t.faults.about}</p>
        )}
        <div className="panic">
          <button className="btn danger" onClick={() => app.commands.run('panic')}>
            <Icon name="shield" />
            {t.holds.passEverything} <Keys command="panic" />
          </button>
          <span className="muted wide">{t.holds.passText}</span>
        </div>
      </div>
    </div>
  );
}

function HeldEditor() {
  const app = useApp();
  const { draft } = app.holds;
  const state = useStore(draft.state);
  const held = useStore(app.mirror.held);
  const waiting = useStore(app.mirror.breakpoints).filter((each) => each.enabled);
  if (held.length === 0 || state.source === null) {
    return (
      <div className="pane">
        <div className="empty in-dock">
          <b>{waiting.length > 0 ? t.holds.waitingFor : t.holds.nothingHeld}</b>
          {waiting.length > 0 ? (
            waiting.slice(0, 4).map((each) => (
              <code key={each.id} className="cut">
                {each.filter}
              </code>
            ))
          ) : (
            <span>{t.holds.nothingAdvice}</span>
          )}
          <button
            className="btn"
            disabled={app.selection.get().focus === 0}
            onClick={() => app.commands.run('hold.like')}
          >
            <Icon name="hold" />
            {t.commands.titles.holdLike} <Keys command="hold.like" />
          </button>
        </div>
      </div>
    );
  }
  const { source, frame } = state;
  const isChanged = state.hex !== state.originalHex;
  const run = (id: string) => () => app.commands.run(id);
  const id = frame?.messages[0]?.id;
  return (
    <MessageEditor
      draft={draft}
      head={
        <>
          <span className={source.direction === 'toServer' ? 'c-s' : 'c-c'}>
            <Icon name={source.direction === 'toServer' ? 'right' : 'left'} />
          </span>
          <h2 className="mono cut">{source.message === '' ? t.timeline.notUnderstood : source.message}</h2>
          <span className="cut">
            {[
              id === undefined ? '' : `0x${id.toString(16).padStart(4, '0')}`,
              `${source.protocol} c${source.conn}`,
              `#${grouped(frame?.n ?? 0)}`,
            ]
              .filter((part) => part !== '')
              .join(' · ')}
          </span>
        </>
      }
      actions={
        <>
          <button className="btn main" disabled={state.isPending || state.problem !== ''} onClick={run('held.forward')}>
            <Icon name="send" />
            {isChanged ? t.holds.sendEdited : t.holds.send} <Keys command="held.forward" />
          </button>
          {isChanged && (
            <button className="btn" onClick={run('held.asCame')}>
              {t.holds.asCame} <Keys command="held.asCame" />
            </button>
          )}
          <button className="btn" onClick={run('held.twice')}>
            <Icon name="copy" />
            {t.holds.twice} <Keys command="held.twice" />
          </button>
          <button className="btn quiet-danger" onClick={run('held.drop')}>
            <Icon name="drop" />
            {t.holds.drop} <Keys command="held.drop" />
          </button>
          <button className="btn" title={t.holds.answerHint} onClick={run('held.answer')}>
            <Icon name="inject" />
            {t.holds.answer}
          </button>
          <span className="grow" />
          <button className="btn bare wide" disabled={state.editedIn === null} onClick={run('held.undo')}>
            {t.holds.undo} <Keys command="held.undo" />
          </button>
        </>
      }
    />
  );
}
