import { cloneElement, isValidElement, useId, type FormEvent, type ReactNode } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { t } from '../strings/strings.ts';

export interface DialogProps {
  readonly title: string;
  readonly icon: IconName;
  readonly children: ReactNode;
  /** Word on the main button; without one the dialog only closes. */
  readonly action?: string;
  readonly isBlocked?: boolean;
  readonly isWide?: boolean;
  readonly onSubmit?: () => void | Promise<unknown>;
}

/** A dialog with at most one main button; Enter is that button, Esc closes. */
export function Dialog({ title, icon, children, action, isBlocked = false, isWide = false, onSubmit }: DialogProps) {
  const app = useApp();
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBlocked) return;
    Promise.resolve(onSubmit?.()).then(
      (result) => result !== false && app.overlays.overlay.set(null),
      (error: unknown) => app.notices.problem(error),
    );
  };
  return (
    <form
      className={`pop dialog${isWide ? ' wide-dialog' : ''}`}
      role="dialog"
      aria-modal="true"
      aria-labelledby={id}
      onSubmit={submit}
    >
      <div className="dialog-head">
        <Icon name={icon} />
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          className="btn bare icon right"
          aria-label={t.commands.close}
          onClick={() => app.overlays.overlay.set(null)}
        >
          <Icon name="x" />
        </button>
      </div>
      <div className="dialog-body">{children}</div>
      {action !== undefined && (
        <div className="dialog-foot">
          <button type="button" className="btn" onClick={() => app.overlays.overlay.set(null)}>
            {t.dialogs.cancel}
          </button>
          <button type="submit" className="btn main" disabled={isBlocked}>
            {action}
          </button>
        </div>
      )}
    </form>
  );
}

/** One labelled line of a form; the hint describes its control, and is no part of its name. */
export function FormLine({
  label,
  hint = '',
  problem,
  children,
}: {
  readonly label: string;
  readonly hint?: string | undefined;
  /** In the place of the hint. */
  readonly problem?: string | undefined;
  readonly children: ReactNode;
}) {
  const id = useId();
  const text = problem ?? hint;
  const described = text === '' ? {} : { 'aria-describedby': id };
  return (
    <div className="form-line">
      <label className="form-cells">
        <span className="form-label">{label}</span>
        {isValidElement<object>(children) ? cloneElement(children, described) : children}
      </label>
      {text !== '' && (
        <span className={problem === undefined ? 'form-hint' : 'form-hint c-problem'} id={id}>
          {text}
        </span>
      )}
    </div>
  );
}
