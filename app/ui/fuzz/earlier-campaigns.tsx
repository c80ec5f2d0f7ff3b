import type { EarlierCampaign } from '../../../core/contract/fuzz-verbs.ts';
import { useApp } from '../app.ts';
import { whenText } from '../format/number.ts';
import { nameOfPath } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { targetText } from './target-text.ts';

const MOST = 5;

/** Campaigns that were stopped or killed, to go on with. */
export function EarlierCampaigns({ earlier }: { readonly earlier: readonly EarlierCampaign[] }) {
  const { fuzz, notices } = useApp();
  const open = earlier.filter(({ isOpen }) => isOpen).slice(0, MOST);
  if (open.length === 0) return null;
  return (
    <section className="earlier" aria-label={t.fuzz.earlier}>
      <h3>{t.fuzz.earlier}</h3>
      {open.map(({ folder, target, cases, findings, time }) => (
        <div className="earlier-one" key={folder} title={`${folder}\n${target}`}>
          <span>{nameOfPath(folder)}</span>
          <span className="mono cut">{targetText(target)}</span>
          <span className="muted cut">{t.fuzz.earlierCampaign(cases, findings)}</span>
          <span className="muted num">{whenText(time)}</span>
          <button type="button" className="btn" onClick={() => void fuzz.resume(folder).catch(notices.problem)}>
            <Icon name="play" />
            {t.fuzz.goOn}
          </button>
        </div>
      ))}
    </section>
  );
}
