import type { FindingView } from '../../../core/contract/fuzz-verbs.ts';
import { t } from '../strings/strings.ts';

/** What was left out to get to the smallest case, and what turned out to be needed. */
export function HowShrunk({ finding: { id, shrunk } }: { readonly finding: FindingView }) {
  return (
    <>
      <div className="head plain-head">
        <h2>{t.fuzz.howShrunk(id)}</h2>
        <span>{t.fuzz.tries(shrunk.length)}</span>
      </div>
      <ol className="shrinks scroll" tabIndex={0} aria-label={t.fuzz.howShrunk(id)}>
        {shrunk.map(({ what, sends, bytes, fails }, i) => (
          <li className="shrink" key={i}>
            <span className="num muted">{i + 1}</span>
            <span className="cut">{what}</span>
            <span className="num muted r">{bytes > 0 ? t.fuzz.size(sends, bytes) : t.fuzz.sends(sends)}</span>
            <span className={fails ? 'c-problem' : 'c-ok'}>{fails ? t.fuzz.fails : t.fuzz.lives}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
