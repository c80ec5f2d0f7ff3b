/** A campaign and its findings as the API tells them. */
import type { FindingView, FuzzStatus } from '../../contract/fuzz-verbs.ts';
import type { CampaignStatus } from '../../fuzz/campaign.ts';
import type { Finding } from '../../fuzz/finding.ts';
import { mirrorDirection } from '../../fuzz/mirror.ts';
import { countSends, isSend, toHex } from '../../fuzz/script.ts';
import type { PlayedCampaign } from './engine-campaign.ts';

export function statusOf(
  status: CampaignStatus,
  { target, folder, notes }: Pick<PlayedCampaign, 'target' | 'folder' | 'notes'>,
): FuzzStatus {
  const { state, cases, planned, perSecond, elapsedMs, rng, coverage, rates, findings, error } = status;
  return {
    state,
    cases,
    planned,
    perSecond,
    elapsedMs: Math.round(elapsedMs),
    rng,
    coverage,
    rates,
    findings: findings.map(summaryOf),
    unconfirmed: status.unconfirmed.map((one) => ({ title: one.title, cases: one.cases })),
    doing: status.doing,
    phases: status.phases,
    target,
    notes: [...notes],
    folder: folder.path,
    ...(error === undefined ? {} : { error }),
  };
}

function summaryOf(finding: Finding): FuzzStatus['findings'][number] {
  const { id, oracle, title, message, field, caseId, family, hits, at } = finding;
  const confirmed = `${finding.confirmed.times} of ${finding.confirmed.of}`;
  return {
    id,
    oracle,
    title,
    message,
    field,
    caseId,
    confirmed,
    sends: countSends(finding.script),
    hits,
    at: Math.round(at),
    ...(family === undefined ? {} : { family }),
  };
}

export function viewOf(finding: Finding, { started, folder, isOpenSession }: PlayedCampaign): FindingView {
  // It may have been made smaller by saying it in the place of another message than the case did.
  const n = finding.script.steps.filter(isSend).find(({ mutated }) => mutated)?.n ?? 0;
  const original = started.seed.messages.find(({ frame }) => frame.n === n)?.frame;
  return {
    ...summaryOf(finding),
    steps: finding.said.map(({ direction, message, summary, bytes, mutated, at }) => ({
      direction: started.seed.scene.side === 'client' ? mirrorDirection(direction) : direction,
      message,
      summary,
      hex: toHex(bytes),
      mutated,
      atMs: Math.round(at * 10) / 10,
    })),
    frame: isOpenSession ? (original?.n ?? 0) : 0,
    originalHex: original === undefined ? '' : toHex(original.bytes),
    isSmallest: finding.isSmallest === true,
    shrunk: finding.shrunk ?? [],
    evidence: [...finding.evidence, ...finding.log.slice(-20)],
    command: folder.contextOf(finding.id).command,
    script: folder.scriptOf(finding),
    report: folder.reportOf(finding),
  };
}
