import type { FuzzStatus } from '../../../core/contract/fuzz-verbs.ts';
import { grouped } from '../format/number.ts';
import { t } from '../strings/strings.ts';
import { Meter } from '../widgets/meter.tsx';

/** Cases and findings by way of going wrong. */
export function WhatWasTried({ status: { coverage, findings } }: { readonly status: FuzzStatus }) {
  const counts = new Map<string, number>();
  for (const { family = '' } of findings) counts.set(family, (counts.get(family) ?? 0) + 1);
  return (
    <>
      <div className="head plain-head">
        <h2>{t.fuzz.tried}</h2>
        <span className="right muts-head">
          <span>{t.fuzz.triedCases}</span>
          <span>{t.fuzz.triedFindings}</span>
        </span>
      </div>
      <div className="muts-list scroll" tabIndex={0} role="region" aria-label={t.fuzz.tried}>
        {coverage.families.map(({ name, tried, planned }) => {
          const found = counts.get(name) ?? 0;
          return (
            <div className="muts" key={name}>
              <span className="cut">{t.fuzz.families[name] ?? name}</span>
              <Meter share={planned === 0 ? 0 : tried / planned} />
              <span className="num r">{t.fuzz.of(tried, planned)}</span>
              <span className={`num r ${found > 0 ? 'c-problem' : 'muted'}`}>
                {found > 0 ? grouped(found) : t.fuzz.none}
              </span>
            </div>
          );
        })}
      </div>
    </>
  );
}
