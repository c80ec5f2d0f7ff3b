import { useState } from 'react';
import type { EarlierCampaign } from '../../../core/contract/fuzz-verbs.ts';
import { whenText } from '../format/number.ts';
import { nameOfPath } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { FolderField } from './folder-field.tsx';

/** No folder: `*` cannot begin a path that is chosen here. */
const OTHER = '*';

/** Whose kept cases come first: an earlier campaign the engine knows, or one of any folder. */
export function CorpusField({
  earlier,
  value,
  onChange,
}: {
  readonly earlier: readonly EarlierCampaign[];
  readonly value: string;
  onChange(folder: string): void;
}) {
  const known = earlier.filter(({ kept }) => kept > 0);
  const [wantsOther, setWantsOther] = useState(false);
  const isOther = wantsOther || (value !== '' && !known.some(({ folder }) => folder === value));
  const choose = (chosen: string): void => {
    setWantsOther(chosen === OTHER);
    onChange(chosen === OTHER ? '' : chosen);
  };
  return (
    <>
      <FormLine
        label={t.fuzz.begin}
        hint={value !== '' || isOther ? t.fuzz.beginHint : known.length > 0 ? t.fuzz.beginSome : t.fuzz.beginNone}
      >
        <select className="field" value={isOther ? OTHER : value} onChange={(event) => choose(event.target.value)}>
          <option value="">{t.fuzz.beginWith.nothing}</option>
          {known.map(({ folder, kept, time }) => (
            <option key={folder} value={folder} title={folder}>
              {t.fuzz.beginWith.campaign(nameOfPath(folder), kept, whenText(time))}
            </option>
          ))}
          <option value={OTHER}>{t.fuzz.beginWith.other}</option>
        </select>
      </FormLine>
      {isOther && (
        <FolderField label={t.fuzz.folder} hint={t.fuzz.folderHint} value={value} isNeeded onChange={onChange} />
      )}
    </>
  );
}
