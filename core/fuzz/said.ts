/** A run as a finding tells it. */
import type { Said } from './finding.ts';
import type { Run } from './run-script.ts';
import { isSend } from './script.ts';

export function saidOf(run: Run): Said[] {
  const said: Said[] = [];
  for (const [i, sent] of run.steps.entries()) {
    const step = run.script.steps[i];
    if (sent === undefined || step === undefined || !isSend(step)) continue;
    said.push({
      direction: 'toServer',
      conn: step.conn,
      at: sent.at,
      message: sent.heard.name === '?' ? step.message : sent.heard.name,
      summary: sent.heard.summary,
      bytes: sent.bytes,
      carrier: step.carrier ?? {},
      mutated: step.mutated,
    });
  }
  for (const frame of run.frames) {
    said.push({
      direction: 'toClient',
      conn: frame.conn,
      at: frame.at,
      message: frame.heard.name,
      summary: frame.heard.summary,
      bytes: frame.bytes,
      carrier: frame.carrier,
      mutated: false,
    });
  }
  return said.sort((a, b) => a.at - b.at);
}
