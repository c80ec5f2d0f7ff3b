import type { FrameView } from '../../../core/contract/frames.ts';
import { milliseconds } from '../format/number.ts';
import { t } from '../strings/strings.ts';
import { FrameLink } from './frame-link.tsx';
import { LatencyBar } from './latency-bar.tsx';

/** The other half of a request and its answer, and how this answer's time compares. */
export function PairFacts({ frame }: { readonly frame: FrameView }) {
  const { partner } = frame;
  if (partner === undefined) return null;
  return (
    <>
      <dt>{t.inspector.pair}</dt>
      <dd className="wrap">
        {partner.n > frame.n ? t.inspector.answeredBy : t.inspector.answers}{' '}
        <FrameLink n={partner.n} label={partner.message} />
      </dd>
      <dt>{t.inspector.latency}</dt>
      <dd className="wrap">
        {milliseconds(partner.ms) || '< 0.1 ms'} <LatencyBar ms={partner.ms} p50={partner.p50Ms} p95={partner.p95Ms} />
        <span className="muted">{` p50 ${short(partner.p50Ms)} · p95 ${short(partner.p95Ms)}`}</span>
      </dd>
    </>
  );
}

function short(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}
