/** The query: a plain input, so that every input method works, over a coloured copy of its text. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { CompletionList } from './completion-list.tsx';
import { historyMenu } from './filter-menus.ts';
import { queryTokens } from './query-tokens.ts';

export function QueryInput() {
  const app = useApp();
  const { filter, view } = app;
  const draft = useStore(filter.state);
  const applied = useStore(view.spec, (spec) => spec.filter);
  const focusRequest = useStore(filter.focusRequests);
  const [isFocused, setFocused] = useState(false);
  const [scrolled, setScrolled] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const copy = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    if (focusRequest > 0) {
      input.current?.focus();
      input.current?.select();
    }
  }, [focusRequest]);
  useEffect(() => {
    if (copy.current !== null) copy.current.style.transform = `translateX(${-scrolled}px)`;
  }, [scrolled, draft.text]);

  const isOpen = isFocused && draft.marked >= 0;
  const take = (index?: number): void => {
    const next = filter.take(index);
    const element = input.current;
    if (next === null || element === null) return;
    element.focus();
    requestAnimationFrame(() => element.setSelectionRange(next.at, next.at));
  };
  const apply = (): void => {
    void filter.apply().then((done) => {
      if (done) document.getElementById('timeline-grid')?.focus();
    }, app.notices.problem);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.nativeEvent.isComposing) return;
    const used = onKeyName(event.key);
    if (used) event.preventDefault();
  };
  const onKeyName = (key: string): boolean => {
    if (isOpen && (key === 'ArrowDown' || key === 'ArrowUp')) {
      filter.mark(draft.marked + (key === 'ArrowDown' ? 1 : -1));
      return true;
    }
    if (isOpen && key === 'Tab') {
      take();
      return true;
    }
    if (key === 'Enter') {
      apply();
      return true;
    }
    if (key === 'Escape') {
      if (isOpen) filter.closeList();
      else if (draft.text !== applied) filter.type(applied, applied.length);
      else if (applied !== '') void filter.apply('');
      else input.current?.blur();
      return true;
    }
    return false;
  };
  const onSelect = (): void => {
    const element = input.current;
    if (element === null) return;
    filter.moveCaret(element.selectionStart ?? 0);
    setScrolled(element.scrollLeft);
  };

  const caret = isFocused ? draft.at : -1;
  return (
    <div className={`query${isFocused ? ' is-focus' : ''}${draft.check?.ok === false ? ' is-bad' : ''}`}>
      <button
        className="btn bare icon small"
        aria-label={t.filter.history}
        title={t.filter.history}
        aria-haspopup="menu"
        onClick={(event) => app.overlays.showMenu(event.currentTarget, t.filter.history, historyMenu(app))}
      >
        <Icon name="filter" />
      </button>
      <span className="query-text mono">
        <span className="query-copy" ref={copy} aria-hidden="true">
          {queryTokens(draft.text, caret, draft.check).map((token, i) => (
            <span key={i} className={`tok-${token.kind}`}>
              {token.text}
            </span>
          ))}
          {isOpen && draft.at === draft.text.length && <span className="ghost">{ghostOf(draft)}</span>}
        </span>
        <input
          ref={input}
          id="filter-input"
          role="combobox"
          aria-label={t.filter.label}
          aria-expanded={isOpen}
          aria-controls="filter-completions"
          aria-autocomplete="list"
          aria-invalid={draft.check?.ok === false}
          {...(isOpen ? { 'aria-activedescendant': `completion-${draft.marked}` } : {})}
          spellCheck={false}
          autoComplete="off"
          placeholder={t.filter.placeholder}
          value={draft.text}
          onChange={(event) =>
            filter.type(event.target.value, event.target.selectionStart ?? event.target.value.length)
          }
          onKeyDown={onKey}
          onSelect={onSelect}
          onScroll={onSelect}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
        />
      </span>
      {draft.text !== applied ? (
        <>
          <span className="muted wide">{t.filter.notApplied}</span>
          <span className="keys" aria-hidden="true">
            <kbd>Enter</kbd>
          </span>
        </>
      ) : draft.text === '' ? (
        <Keys command="filter.focus" />
      ) : (
        <button
          className="btn bare icon small"
          aria-label={t.filter.clear}
          title={t.filter.clear}
          onClick={() => void filter.apply('')}
        >
          <Icon name="x" small />
        </button>
      )}
      {isOpen && <CompletionList draft={draft} onTake={take} anchor={input} />}
    </div>
  );
}

/** What Tab would still add, when the marked completion continues what is typed. */
function ghostOf(draft: {
  readonly text: string;
  readonly at: number;
  readonly marked: number;
  readonly completions: readonly { readonly text: string; readonly from: number }[];
}): string {
  const marked = draft.completions[draft.marked];
  if (marked === undefined) return '';
  const typed = draft.text.slice(marked.from, draft.at);
  return typed !== '' && marked.text.startsWith(typed) ? marked.text.slice(typed.length) : '';
}
