import { useId } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';

/** A line of a form for a folder on the engine's machine: typed, and in the desktop chosen. */
export function FolderField({
  label,
  hint,
  value,
  isNeeded = false,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly isNeeded?: boolean;
  onChange(path: string): void;
}) {
  const { host, notices } = useApp();
  const id = useId();
  const { pickFolder } = host;
  return (
    <div className="form-line">
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <span className="file-input">
        <input
          id={id}
          className="field mono"
          spellCheck={false}
          required={isNeeded}
          autoComplete="off"
          aria-describedby={`${id}-hint`}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        {pickFolder !== undefined && (
          <button
            type="button"
            className="btn icon"
            aria-label={`${t.fuzz.chooseFolder}: ${label}`}
            title={t.fuzz.chooseFolder}
            onClick={() => void pickFolder().then((path) => path !== null && onChange(path), notices.problem)}
          >
            <Icon name="folder" />
          </button>
        )}
      </span>
      <span className="form-hint" id={`${id}-hint`}>
        {hint}
      </span>
    </div>
  );
}
