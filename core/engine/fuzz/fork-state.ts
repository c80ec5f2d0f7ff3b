/** A campaign that starts in the middle of the recording: is the server there in the state it was recorded in? */
import type { Seed } from '../../fuzz/seed.ts';
import type { EndpointMap } from '../../replay/endpoints.ts';
import type { Recording } from '../../replay/recording.ts';
import { Replay, type Stage } from '../../replay/replay.ts';
import type { Report } from '../../replay/verdict.ts';
import { EngineError } from '../../traffic/engine-error.ts';

/** The seed with messages behind the frame only; what comes before them is played in full before each case. */
export function forkedAt(seed: Seed, from: number): Seed {
  const at = seed.base.steps.findIndex((step) => step.kind === 'send' && step.n === from);
  if (at < 0) {
    throw new EngineError(
      'bad-request',
      `Frame ${from} is not a client message of what is played, so nothing forks there.`,
    );
  }
  const messages = seed.messages.filter(({ step }) => step > at);
  if (messages.length === 0) {
    throw new EngineError('bad-request', `Behind frame ${from} no client message is left to mutate.`);
  }
  return { ...seed, kept: at + 1, messages };
}

/**
 * Plays the recording up to the frame and says how the server's state there compares with the recorded one.
 * @throws EngineError when the server does not follow that far: no case would start there.
 */
export async function compareAt(
  { recording, to, from }: { readonly recording: Recording; readonly to: EndpointMap; readonly from: number },
  stage: Stage,
): Promise<string> {
  const replay = new Replay({ recording, to, pace: { kind: 'lockstep' }, until: from }, stage);
  const { result, report } = await replay.run();
  for (const connection of result.open?.values() ?? []) connection.close();
  const { counts } = report;
  const compared = counts.same + counts.different + counts.missing + counts.late;
  if (report.diverged !== undefined || counts['connection-lost'] > 0 || (compared > 0 && counts.missing === compared)) {
    const why = report.diverged?.text ?? 'nothing came that was recorded';
    throw new EngineError('bad-request', `The server does not come to the state behind frame ${from}: ${why}.`);
  }
  if (report.verdict === 'same')
    return `Behind frame ${from} the server is in the recorded state: ${compared} messages are the same.`;
  return `Behind frame ${from} the server is not quite in the recorded state, and the campaign starts there all the same: ${differencesOf(report)}.`;
}

function differencesOf({ rows }: Report): string {
  const odd = rows.filter((row) => row.outcome !== 'same');
  const told = odd.slice(0, 3).map(({ outcome, recorded, replayed, fields }) => {
    const [field] = fields.filter((one) => one.ignored === undefined);
    const what = field === undefined ? '' : `, ${field.path} ${field.recorded} → ${field.replayed}`;
    return `${(recorded ?? replayed)?.message ?? ''} ${outcome}${what}`;
  });
  return told.join('; ') + (odd.length > told.length ? ` and ${odd.length - told.length} more` : '');
}
