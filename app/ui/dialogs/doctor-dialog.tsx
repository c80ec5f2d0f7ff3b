import { t } from '../strings/strings.ts';
import { Dialog } from '../widgets/dialog.tsx';
import { useRequest } from '../widgets/use-request.ts';
import { DoctorFindings } from './doctor-findings.tsx';

export function DoctorDialog() {
  const doctor = useRequest((client) => client.request('doctor.run', {}), '');
  return (
    <Dialog title={t.firstRun.doctor} icon="shield" isWide>
      <p className="lead">{t.firstRun.doctorText}</p>
      <DoctorFindings doctor={doctor} />
      <p>
        <button type="button" className="btn" disabled={doctor.isLoading} onClick={doctor.reload}>
          {t.firstRun.checkAgain}
        </button>
      </p>
    </Dialog>
  );
}
