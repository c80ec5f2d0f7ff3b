/** A message as form, JSON and bytes at once: an edit in one shows in all three. */
import { useMemo, useState, type ReactNode } from 'react';
import { bytesFromHex, parseHexText } from '../format/bytes.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { ByteView } from '../inspector/byte-view.tsx';
import { fieldAt } from '../inspector/inspection.ts';
import { hasSecret, secretSpans } from '../inspector/secret-spans.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { changedPositions } from './byte-diff.ts';
import { DiffLines } from './diff-lines.tsx';
import { JsonEditor } from './json-editor.tsx';
import { editedPaths, type MessageDraft, type MessageDraftState } from './message-draft.ts';
import { secretTexts } from './secret-texts.ts';
import { SchemaForm } from './schema-form.tsx';

const NOTHING: ReadonlySet<number> = new Set();
const NO_TEXTS: readonly string[] = [];

export function MessageEditor({
  draft,
  head,
  actions,
}: {
  readonly draft: MessageDraft;
  readonly head: ReactNode;
  readonly actions: ReactNode;
}) {
  const state = useStore(draft.state);
  const [focus, setFocus] = useState('');
  const changed = useMemo(() => editedPaths(state), [state]);
  const [isRevealed, setRevealed] = useState(false);
  const isSecret = state.root !== null && hasSecret(state.root);
  const secrets = useMemo(
    () => (isRevealed || state.form === null ? NO_TEXTS : secretTexts(state.form, state.fields)),
    [isRevealed, state.form, state.fields],
  );
  return (
    <div className="pane editor">
      <div className="head">
        {head}
        <span className="right">
          {changed.length > 0 ? (
            <span className="mark c-edited">
              <Icon name="edit" small />
              {t.compose.edited(changed.length)}
            </span>
          ) : (
            state.editedIn === 'bytes' && <span className="mark c-edited">{t.compose.bytesEdited}</span>
          )}
        </span>
      </div>
      <div className="edgrid">
        <div className="pane">
          <div className="head sub">{t.compose.form}</div>
          {state.form !== null ? (
            <SchemaForm form={state.form} draft={draft} state={state} changed={changed} onFocus={setFocus} />
          ) : (
            <p className="muted no-form">{state.isPending ? t.shell.loading : t.compose.noForm}</p>
          )}
        </div>
        <div className="pane">
          <div className="head sub">
            {t.compose.json}
            <span className="right">
              {t.compose.oneInThree}
              {isSecret && (
                <button
                  type="button"
                  className="btn bare icon small"
                  aria-pressed={isRevealed}
                  aria-label={isRevealed ? t.inspector.hideSecrets : t.inspector.revealSecrets}
                  title={isRevealed ? t.inspector.hideSecrets : t.inspector.revealSecrets}
                  onClick={() => setRevealed(!isRevealed)}
                >
                  <Icon name="eye" small />
                </button>
              )}
            </span>
          </div>
          <div className="json-pane">
            {state.fields === undefined ? (
              <p className="muted no-form">{t.compose.noForm}</p>
            ) : (
              <JsonEditor
                value={state.fields}
                original={state.originalHex === '' ? undefined : state.originalFields}
                label={t.compose.json}
                hidden={secrets}
                onChange={draft.setFields}
              />
            )}
          </div>
          <BytesToSend draft={draft} state={state} focus={focus} isHidden={isSecret && !isRevealed} />
        </div>
      </div>
      <EditorRemarks state={state} />
      {state.originalHex !== '' && state.hex !== state.originalHex && (!isSecret || isRevealed) && (
        <DiffLines before={state.originalHex} after={state.hex} />
      )}
      <div className="actbar">{actions}</div>
    </div>
  );
}

function BytesToSend({
  draft,
  state,
  focus,
  isHidden,
}: {
  readonly draft: MessageDraft;
  readonly state: MessageDraftState;
  readonly focus: string;
  readonly isHidden: boolean;
}) {
  const hidden = useMemo(
    () => (isHidden && state.root !== null ? secretSpans(state.root) : undefined),
    [isHidden, state.root],
  );
  const [isEditing, setEditing] = useState(false);
  const bytes = useMemo(() => bytesFromHex(state.hex), [state.hex]);
  const edited = useMemo(
    () => (state.originalHex === '' ? NOTHING : changedPositions(bytesFromHex(state.originalHex), bytes)),
    [state.originalHex, bytes],
  );
  const field = state.root === null || focus === '' ? undefined : fieldAt(state.root, focus);
  return (
    <>
      <div className="head sub">
        {t.compose.bytesToSend}
        <span className="right">
          <span className="mono">{grouped(bytes.length)}</span>
          <button
            type="button"
            className="btn bare small"
            aria-pressed={isEditing}
            onClick={() => setEditing(!isEditing)}
          >
            <Icon name="edit" small />
            {isEditing ? t.compose.showBytes : t.compose.editBytes}
          </button>
        </span>
      </div>
      <div className="bytes-pane">
        {isEditing || state.form === null ? (
          <HexText hex={state.hex} onChange={draft.setHex} />
        ) : (
          <ByteView
            bytes={bytes}
            width={8}
            label={t.compose.bytesToSend}
            ranges={{ edited, hidden, selected: field !== undefined && field.end > field.start ? field : undefined }}
          />
        )}
      </div>
    </>
  );
}

function HexText({ hex, onChange }: { readonly hex: string; readonly onChange: (hex: string) => void }) {
  const [text, setText] = useState(() => spaced(hex));
  const parsed = parseHexText(text);
  // Bytes that changed elsewhere replace the text; our own edit is the same bytes already.
  const shown = 'hex' in parsed && parsed.hex !== hex ? spaced(hex) : text;
  return (
    <>
      <textarea
        className="hex-text"
        aria-label={t.compose.bytesToSend}
        aria-invalid={!('hex' in parsed)}
        spellCheck={false}
        value={shown}
        onChange={(event) => {
          setText(event.target.value);
          const next = parseHexText(event.target.value);
          if ('hex' in next) onChange(next.hex);
        }}
      />
      {!('hex' in parsed) && (
        <span className="hex-problem c-problem">
          {parsed.problem === 'odd' ? t.compose.hexOdd : t.compose.hexDigit(parsed.at + 1)}
        </span>
      )}
    </>
  );
}

function spaced(hex: string): string {
  return (hex.match(/.{1,32}/g) ?? []).map((line) => (line.match(/../g) ?? []).join(' ')).join('\n');
}

function EditorRemarks({ state }: { readonly state: MessageDraftState }) {
  if (state.problem !== '') {
    return (
      <div className="remark bad in-editor" role="status">
        <Icon name="error" />
        <span>{state.problem}</span>
      </div>
    );
  }
  const [first, ...others] = state.expert;
  if (first === undefined || state.editedIn === null) return null;
  return (
    <div
      className={`remark in-editor${first.severity === 'error' ? ' bad' : first.severity === 'note' ? ' info' : ''}`}
      role="status"
    >
      <Icon name={first.severity === 'error' ? 'error' : first.severity === 'note' ? 'note' : 'warn'} />
      <span className="cut" title={first.text}>
        {first.text}
        {others.length > 0 && <span className="muted">{` ${t.compose.moreRemarks(others.length)}`}</span>}
      </span>
    </div>
  );
}
