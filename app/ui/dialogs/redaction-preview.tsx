import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { useRequest } from '../widgets/use-request.ts';

const SHOWN = 200;

/** What would be taken out, before anything leaves the machine. */
export function RedactionPreview({ filter }: { readonly filter: string }) {
  const preview = useRequest(
    (client) => client.request('files.redactionPreview', filter === '' ? {} : { filter }),
    filter,
  );
  if (preview.value === undefined)
    return <p className="muted">{preview.error === '' ? t.shell.loading : preview.error}</p>;
  if (preview.value.length === 0) return <p className="muted">{t.dialogs.nothingToRedact}</p>;
  const places = preview.value.reduce((sum, each) => sum + each.count, 0);
  const shown = preview.value.slice(0, SHOWN);
  return (
    <>
      <p className="muted">{t.dialogs.toRedact(preview.value.length, places)}</p>
      <div className="redactions" tabIndex={0} role="region" aria-label={t.dialogs.redact}>
        <table className="plain-table">
          <thead>
            <tr>
              <th>{t.dialogs.placeholder}</th>
              <th className="r">{t.dialogs.times}</th>
              <th>{t.dialogs.where}</th>
              <th>{t.dialogs.sample}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => (
              <tr key={each.placeholder}>
                <td className="mono">{each.placeholder}</td>
                <td className="r num">{grouped(each.count)}</td>
                <td className="mono cut" title={each.where}>
                  {each.where}
                </td>
                <td className="mono cut" title={oneLine(each.sample)}>
                  {oneLine(each.sample)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {preview.value.length > SHOWN && (
          <p className="muted">{t.dialogs.moreToRedact(preview.value.length - SHOWN)}</p>
        )}
      </div>
    </>
  );
}
