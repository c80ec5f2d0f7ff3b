import type { DoctorFinding } from '../../../core/contract/verbs.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { t } from '../strings/strings.ts';
import type { Requested } from '../widgets/use-request.ts';

const LOOK: Readonly<Record<DoctorFinding['state'], readonly [IconName, string]>> = {
  good: ['check', 'c-ok'],
  note: ['note', 'muted'],
  warning: ['warn', 'c-warning'],
  problem: ['error', 'c-problem'],
};

export function DoctorFindings({ doctor }: { readonly doctor: Requested<readonly DoctorFinding[]> }) {
  if (doctor.value === undefined) {
    return <div className="doctor-wait muted">{doctor.error === '' ? t.firstRun.checking : doctor.error}</div>;
  }
  return (
    <ul aria-label={t.firstRun.doctor}>
      {doctor.value.map((finding) => {
        const [icon, tone] = LOOK[finding.state];
        return (
          <li className="doctor" key={finding.title}>
            <span className={tone}>
              <Icon name={icon} />
              <span className="sr">{t.firstRun.states[finding.state]}</span>
            </span>
            <b>{finding.title}</b>
            <span className="muted doctor-text">
              {finding.text} {finding.advice !== undefined && <span className="advice">{finding.advice}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
