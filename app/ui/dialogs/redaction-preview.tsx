import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { useRequest } from '../widgets/use-request.ts';

/** What would be taken out, before anything leaves the machine. */
export function RedactionPreview({ filter }: { readonly filter: string }) {
  const preview = useRequest(
    (client) => client.request('files.redactionPreview', filter === '' ? {} : { filter }),
    filter,
  );
  if (preview.value === undefined)
    return <p className="muted">{preview.error === '' ? t.shell.loading : preview.error}</p>;
  if (preview.value.length === 0) return <p className="muted">{t.dialogs.nothingToRedact}</p>;
  return (
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
        {preview.value.slice(0, 60).map((each) => (
          <tr key={each.placeholder}>
            <td className="mono">{each.placeholder}</td>
            <td className="r num">{grouped(each.count)}</td>
            <td className="mono cut">{each.where}</td>
            <td className="mono cut">{oneLine(each.sample)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
