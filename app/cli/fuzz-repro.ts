/** `fuzz repro`: a finding once more, as often as asked. */
import { prepare } from '../../core/engine/fuzz/start-campaign.ts';
import { readFinding } from '../../core/engine/fuzz/folder.ts';
import { calibrate } from '../../core/fuzz/calibration.ts';
import { shows } from '../../core/fuzz/confirm.ts';
import { canaryOf } from '../../core/fuzz/culprits.ts';
import type { Inquiry } from '../../core/fuzz/inquiry.ts';
import { mutationById } from '../../core/fuzz/schedule.ts';
import { readEndpointMap } from '../../core/replay/endpoints.ts';
import { type Invocation, UsageError } from './command.ts';
import { withConfig } from './fuzz-config.ts';
import { loadRecording } from './load-recording.ts';
import { print, progress } from './output.ts';
import { readProtocolChoice } from './protocol-options.ts';

/** Exit code 1 when it still happens, 0 when it does not. */
export async function repro(path: string, invocation: Invocation): Promise<number> {
  const { finding, config } = readFinding(path);
  const times = invocation.number('times') ?? 1;
  if (!Number.isInteger(times) || times < 1) throw new UsageError('--times takes a whole number above 0');
  const choice = readProtocolChoice(withConfig(invocation, config));
  const { recording } = await loadRecording(config.seed, choice);
  const to = invocation.texts('to');
  const target = invocation.text('target') ?? config.target;
  const world = prepare({
    recording,
    to: readEndpointMap(to.length > 0 ? to : config.to),
    allow: [...config.allow, ...invocation.texts('allow')],
    ...(target === undefined ? {} : { target }),
  });
  let seen = 0;
  try {
    let tag = ((Date.now() / 7) % 1_000_000) | 0;
    const newTag = (): number => tag++;
    if (world.process.isManaged) await world.process.restart();
    const { baseline, identities, seed } = await calibrate(world.seed, world.stage, newTag, {
      lanes: 1,
      steps: [],
      isOver: () => false,
    });
    const muted = Math.min(400, Math.max(25, baseline.p99 * 3));
    const inquiry: Inquiry = {
      seed,
      stage: world.stage,
      watched: world.process,
      identities,
      newTag,
      world: () => ({ seed, baseline, refusals: new Set(finding.refusals) }),
      patience: { answer: Math.max(500, baseline.p99 * 20), muted, settle: 1 },
      times,
      isOver: () => false,
      canary: canaryOf(seed),
    };
    const address = finding.caseId.split(':').slice(2).join(':');
    const mutation = mutationById(seed, address, config.rng);
    for (let i = 0; i < times; i++) {
      const shown = await shows(inquiry, finding, mutation);
      if (shown !== undefined) seen += 1;
      progress(`${i + 1} of ${times}`);
      if (i === 0 && shown !== undefined && !invocation.flag('json')) {
        print(shown.title);
        for (const line of shown.evidence) print(`  ${line}`);
      }
    }
  } finally {
    await world.close();
  }
  progress('');
  if (invocation.flag('json')) print(JSON.stringify({ id: finding.id, seen, times }));
  else print(`${finding.id}: ${seen} of ${times}`);
  return seen > 0 ? 1 : 0;
}
