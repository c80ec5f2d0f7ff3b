import { useMemo, useState } from 'react';
import type { ComparedField, FramesDiff } from '../../../core/contract/compare-verbs.ts';
import { languageOf, oneLine } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { useRequest } from '../widgets/use-request.ts';
import { BytePair } from './byte-pair.tsx';

const isOff = ({ outcome, ignored }: ComparedField): boolean => outcome !== 'same' && ignored === undefined;
const state = (field: ComparedField): string => field.ignored ?? t.diff.outcomes[field.outcome];

const value = (field: ComparedField, side: 'a' | 'b') => {
  const text = oneLine(field[side]);
  const mark = isOff(field) ? (side === 'a' ? 'del ' : 'ins ') : '';
  return (
    <span className={`${mark}mono`} lang={languageOf(text)}>
      {text === '' ? t.inspector.absent : text}
    </span>
  );
};

const COLUMNS: readonly TableColumn<ComparedField>[] = [
  {
    id: 'path',
    title: t.diff.field,
    width: 'minmax(90px, .9fr)',
    text: (field) => field.path,
    cell: (field) => (
      <span className={`mono cut${isOff(field) ? '' : ' muted'}`}>{field.path || t.diff.wholeValue}</span>
    ),
  },
  { id: 'a', title: t.diff.first, width: 'minmax(0, 1fr)', text: (f) => oneLine(f.a), cell: (f) => value(f, 'a') },
  { id: 'b', title: t.diff.second, width: 'minmax(0, 1fr)', text: (f) => oneLine(f.b), cell: (f) => value(f, 'b') },
  {
    id: 'state',
    title: '',
    width: '92px',
    text: state,
    cell: (field) => <span className={isOff(field) ? 'c-problem' : 'muted'}>{state(field)}</span>,
  },
];

export interface FramePairProps {
  readonly a: number;
  readonly b: number;
  readonly sessionA?: string;
  readonly sessionB?: string;
}

/** Two frames, field by field and byte by byte. */
export function FramePairView({ a, b, sessionA = '', sessionB = '' }: FramePairProps) {
  const { value: pair, error } = useRequest(
    (client) => client.request('diff.frames', { a, b, sessionA, sessionB }),
    `${a}/${b}/${sessionA}/${sessionB}`,
  );
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const [chosen, setChosen] = useState('');
  const fields = useMemo(
    () => (pair === undefined ? [] : pair.fields.filter((field) => !onlyDifferent || isOff(field))),
    [pair, onlyDifferent],
  );
  if (pair === undefined) {
    return (
      <div className="split">
        <div className="empty in-dock">{error}</div>
      </div>
    );
  }
  return (
    <div className="split">
      <div className="pane">
        <div className="head">
          <h2 className="cut">{titleOf(pair)}</h2>
          <span className="cut">{t.diff.fieldsDiffer(pair.fields.filter(isOff).length)}</span>
          <span className="right">
            <label className="check-line">
              <input
                type="checkbox"
                checked={onlyDifferent}
                onChange={(event) => setOnlyDifferent(event.target.checked)}
              />
              {t.diff.onlyDifferent}
            </label>
          </span>
        </div>
        <Table
          label={t.diff.fields}
          rows={fields}
          columns={COLUMNS}
          rowKey={(field) => field.path}
          selected={chosen}
          onSelect={(field) => setChosen(field.path)}
          isFixed
          className="fd"
        />
      </div>
      <BytePair pair={pair} />
    </div>
  );
}

function titleOf({ a, b }: FramesDiff): string {
  const name = (message: string): string => (message === '' ? t.timeline.notUnderstood : message);
  return a.message === b.message ? name(a.message) : `${name(a.message)} · ${name(b.message)}`;
}
