/** What was noticed of the server and not of a case: words of an error, memory that grows. Which case, which message is it? */
import { type CaseRun, scriptOf } from './case-run.ts';
import { whoWrites } from './culprits.ts';
import type { Finder } from './finder.ts';
import type { FindingList } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import { type Candidate, whatLeaks } from './leak-hunt.ts';
import { crashSignature } from './log-patterns.ts';

export interface NoticedHow {
  readonly inquiry: Inquiry;
  readonly finder: Finder;
  readonly findings: FindingList;
  /** What a look for leaks may take. */
  readonly huntMs: number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
  readonly onNote: (text: string) => void;
}

/** @param recent cases that may be to blame */
export async function lookIntoLog(
  { inquiry, finder, findings, onDoing }: NoticedHow,
  recent: readonly CaseRun[],
  lines: readonly string[],
): Promise<void> {
  onDoing('finding out which case the server wrote of');
  const culprit = await whoWrites(inquiry, recent, lines);
  if (culprit === undefined) findings.dismiss(`log|${crashSignature(lines)}`);
  else await finder.find(culprit.suspicion, scriptOf(culprit.at), culprit.at);
}

/** @param hasGrown it looks as if; else it is looked for just in case */
export async function lookIntoMemory(
  { inquiry, findings, onDoing, onNote, isCut, huntMs }: NoticedHow,
  { candidates, lanes, hasGrown }: { candidates: readonly Candidate[]; lanes: number; hasGrown: boolean },
): Promise<void> {
  onDoing('finding out what the memory of the target grows with');
  const found = await whatLeaks({ inquiry, candidates, lanes, ms: huntMs });
  if (found === undefined) {
    if (isCut() && hasGrown) onNote('The memory of the target grew, and no time was left to find out what with.');
    return;
  }
  if (findings.get(found.key) === undefined) await findings.keep(found);
}
