import { useId } from 'react';
import { useApp } from '../app.ts';
import { ACCEPTED, pathOf } from '../dialogs/open-file.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { useRequest } from '../widgets/use-request.ts';

/** The path of a recording: typed, one of the last ones, or chosen (from a browser: uploaded). */
export function FileField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  onChange(path: string): void;
}) {
  const app = useApp();
  const id = useId();
  const recent = useRequest((client) => client.request('files.recent', {}), 'recent');
  const choose = async (): Promise<void> => {
    const picked = await app.host.pickFile(ACCEPTED);
    if (picked !== null) onChange(await pathOf(app, picked));
  };
  return (
    <span className="file-field">
      <label className="muted" htmlFor={id}>
        {label}
      </label>
      <span className="file-input">
        <input
          id={id}
          className="field mono"
          spellCheck={false}
          list={`${id}-recent`}
          placeholder={t.diff.thisSession}
          title={t.diff.pathHint}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        <datalist id={`${id}-recent`}>
          {recent.value?.map((each) => (
            <option key={each.path} value={each.path} />
          ))}
        </datalist>
        <button
          type="button"
          className="btn icon"
          aria-label={`${t.diff.choose}: ${label}`}
          title={t.diff.choose}
          onClick={() => void choose().catch(app.notices.problem)}
        >
          <Icon name="folder" />
        </button>
      </span>
    </span>
  );
}
