import { useEffect, useRef, type RefObject } from 'react';
import { t } from '../strings/strings.ts';
import type { DraftState } from './filter-draft.ts';

export function CompletionList({
  draft,
  onTake,
  anchor,
}: {
  readonly draft: DraftState;
  readonly onTake: (index: number) => void;
  readonly anchor: RefObject<HTMLInputElement | null>;
}) {
  const box = useRef<HTMLDivElement>(null);
  const first = draft.completions[0];
  const from = first?.from ?? 0;

  useEffect(() => {
    // Below the word being completed: mono characters are all equally wide.
    const input = anchor.current;
    if (input === null || box.current === null) return;
    const left = input.offsetLeft + from * 7.2 - input.scrollLeft;
    const most = (input.closest('.query')?.clientWidth ?? 480) - 480;
    box.current.style.left = `${Math.max(0, Math.min(left + 24, most))}px`;
  }, [anchor, from]);
  useEffect(() => {
    box.current?.querySelector('.on')?.scrollIntoView({ block: 'nearest' });
  }, [draft.marked]);

  return (
    <div className="pop completions" ref={box}>
      <div className="options" role="listbox" id="filter-completions" aria-label={t.filter.label}>
        {draft.completions.map((completion, i) => {
          const typed = draft.text.slice(completion.from, draft.at);
          const isPrefix = typed !== '' && completion.text.startsWith(typed);
          return (
            <div
              key={`${completion.kind}-${completion.text}`}
              id={`completion-${i}`}
              role="option"
              aria-selected={i === draft.marked}
              className={i === draft.marked ? 'opt on' : 'opt'}
              onPointerDown={(event) => {
                event.preventDefault();
                onTake(i);
              }}
            >
              <span className="mono" title={completion.text}>
                {isPrefix ? (
                  <>
                    <u>{typed}</u>
                    {completion.text.slice(typed.length)}
                  </>
                ) : (
                  completion.text
                )}
              </span>
              <span className="muted">{completion.type ?? completion.kind}</span>
              <span className="muted">{completion.detail ?? ''}</span>
            </div>
          );
        })}
      </div>
      <div className="foot">
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t.filter.choose}
        </span>
        <span>
          <kbd>Tab</kbd> {t.filter.take}
        </span>
        <span>
          <kbd>Esc</kbd> {t.filter.close}
        </span>
      </div>
    </div>
  );
}
