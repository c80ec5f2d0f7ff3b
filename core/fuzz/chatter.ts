/**
 * What a connection hears because others are at work on the same server: in a world full of players somebody moves, comes and
 * goes all the time. Learned by playing the same script alone and in company: what comes more often in company is chatter, and
 * answers nobody.
 */
import type { Run } from './run-script.ts';

export class Chatter {
  readonly names = new Set<string>();

  /** Takes what came in company and not, or less often, alone. */
  learn(alone: Run, inCompany: Run): void {
    const usual = countNames(alone);
    for (const [key, { name, count }] of countNames(inCompany)) {
      if (count > (usual.get(key)?.count ?? 0)) this.names.add(name);
    }
  }
}

function countNames({ frames }: Run): Map<string, { readonly name: string; readonly count: number }> {
  const counts = new Map<string, { name: string; count: number }>();
  for (const { conn, heard, isHeartbeat } of frames) {
    if (isHeartbeat || heard.isRefusal) continue;
    const key = `${conn}\0${heard.name}`;
    counts.set(key, { name: heard.name, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return counts;
}
