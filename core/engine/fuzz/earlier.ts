/** Campaigns of before, as their folders tell: to begin another one with what they kept, or to go on with them. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EarlierCampaign } from '../../contract/fuzz-verbs.ts';
import { type CampaignConfig, PLACES } from './folder.ts';
import { isAlive, readNote } from './process-note.ts';

const MOST = 30;
/** Of a journal: its last lines say how far it came. */
const TAIL = 16 * 1024;

/** Those in these folders, and in the folders right below them; the latest first. What is no campaign is passed over. */
export async function earlierCampaigns(folders: readonly string[]): Promise<EarlierCampaign[]> {
  const places = new Set(folders);
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) places.add(join(folder, entry.name));
  }
  const found: { readonly folder: string; readonly time: number }[] = [];
  for (const folder of places) {
    const journal = await stat(join(folder, PLACES.journal)).catch(() => undefined);
    if (journal?.isFile() === true) found.push({ folder, time: journal.mtimeMs / 1000 });
  }
  found.sort((a, b) => b.time - a.time);
  const told = await Promise.all(found.slice(0, MOST).map(({ folder, time }) => tell(folder, time)));
  return told.filter((one) => one !== undefined);
}

async function tell(folder: string, time: number): Promise<EarlierCampaign | undefined> {
  try {
    const config = JSON.parse(await readFile(join(folder, PLACES.config), 'utf8')) as CampaignConfig;
    const findings = await readdir(join(folder, PLACES.findings)).catch(() => []);
    const kept = await readFile(join(folder, PLACES.cases), 'utf8').catch(() => '');
    const owner = readNote(join(folder, PLACES.owner));
    const far = await howFar(join(folder, PLACES.journal));
    return {
      ...far,
      isOpen: far.isOpen && !(owner !== undefined && isAlive(owner)),
      folder,
      time,
      target: config.side === 'client' ? (config.target ?? '') : config.to.join(', '),
      seed: config.seed,
      findings: findings.length,
      kept: kept.split('\n').length - 1,
    };
  } catch {
    return undefined;
  }
}

async function howFar(journal: string): Promise<Pick<EarlierCampaign, 'cases' | 'isOpen'>> {
  const lines = (await tailOf(journal))
    .split('\n')
    .flatMap((line): { what?: string; case?: number; done?: number; state?: string }[] => {
      try {
        return [JSON.parse(line) as object];
      } catch {
        // Cut off: by us, or by a kill.
        return [];
      }
    });
  const last = lines.at(-1);
  if (last?.what === 'end') return { cases: last.done ?? 0, isOpen: last.state !== 'done' };
  return { cases: Math.max(0, ...lines.map((line) => (line.case ?? -1) + 1)), isOpen: true };
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(TAIL, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
