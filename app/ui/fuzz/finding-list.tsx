import type { FindingSummary } from '../../../core/contract/fuzz-verbs.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';

/** A dead or silent target is worse than a wrong answer. */
const SEVERE = /exit|crash|signal|died|hang|no-answer|canary/;

export function isSevere(finding: Pick<FindingSummary, 'oracle'>): boolean {
  return SEVERE.test(finding.oracle);
}

/** As they are listed. */
export function severeFirst(findings: readonly FindingSummary[]): readonly FindingSummary[] {
  return [...findings].sort((a, b) => Number(isSevere(b)) - Number(isSevere(a)));
}

const COLUMNS: readonly TableColumn<FindingSummary>[] = [
  {
    id: 'icon',
    title: '',
    width: '16px',
    text: (finding) => finding.oracle,
    cell: (finding) => (
      <span className={isSevere(finding) ? 'c-problem mark' : 'c-warning mark'}>
        <Icon name={isSevere(finding) ? 'error' : 'warn'} />
      </span>
    ),
  },
  { id: 'id', title: '', width: '40px', text: (finding) => finding.id },
  { id: 'title', title: t.fuzz.whatHappened, width: 'minmax(0, 1fr)', text: (finding) => finding.title },
  {
    id: 'hits',
    title: t.fuzz.times,
    width: '52px',
    isRight: true,
    text: (finding) => grouped(finding.hits),
    sort: (finding) => finding.hits,
  },
];

export function FindingList({
  findings,
  selected,
}: {
  readonly findings: readonly FindingSummary[];
  readonly selected: string;
}) {
  const { fuzz } = useApp();
  return (
    <Table
      label={t.fuzz.findings}
      rows={severeFirst(findings)}
      columns={COLUMNS}
      rowKey={(finding) => finding.id}
      selected={selected}
      onSelect={(finding) => fuzz.finding.set(finding.id)}
      className="findings"
    />
  );
}
