import { existsSync } from 'node:fs';
import { copyInto } from '../../../core/engine/files/copy-session.ts';
import { salvageSession } from '../../../core/engine/files/salvage-session.ts';
import { type SelectionRequest, selectFrames } from '../../../core/engine/files/selection.ts';
import { verifySession } from '../../../core/engine/files/verify-session.ts';
import { writeSession } from '../../../core/engine/files/write-session.ts';
import { countOf, rangesText } from '../../../core/session/frame-ranges.ts';
import type { Salvaged } from '../../../core/session/salvage/salvage.ts';
import { openSession, type SessionReader } from '../../../core/session/session-reader.ts';
import { protocols } from '../../../dissectors/index.ts';
import { type Invocation, UsageError } from '../command.ts';
import { print } from '../output.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { bytes, plural } from '../table.ts';

/** `session verify|salvage|merge|split|trim`. Files are only read; results are new files. */
export async function session(invocation: Invocation): Promise<number> {
  const [what, file, other] = invocation.operands;
  switch (what) {
    case 'verify':
      return verify(invocation, file!);
    case 'salvage':
      return salvage(invocation, file!, other);
    case 'merge':
      return merge(invocation, file!, other);
    case 'split':
      return split(invocation, file!);
    case 'trim':
      return trim(invocation, file!);
    default:
      throw new UsageError(`session does verify, salvage, merge, split or trim, not "${what}"`);
  }
}

function verify(invocation: Invocation, file: string): number {
  const report = verifySession(file, protocols);
  if (invocation.flag('json')) print(JSON.stringify(report, null, 2));
  else {
    for (const problem of report.problems) print(`broken: ${problem}`);
    for (const note of report.notes) print(`note: ${note}`);
    print(
      `${report.ok ? 'whole' : 'broken'}: ${plural(report.frames, 'frame')} (${bytes(report.bytes)}) on ${plural(report.connections, 'connection')}`,
    );
  }
  return report.ok ? 0 : 1;
}

async function salvage(invocation: Invocation, file: string, other: string | undefined): Promise<number> {
  const output = other ?? invocation.text('output');
  if (output === undefined) throw new UsageError('name the file to write: session salvage FILE OUT.ipsession');
  refuseExisting(output);
  const saved = await salvageSession(file, {
    path: output,
    recorderWorker: RECORDER_WORKER,
    now: () => performance.now(),
  });
  if (invocation.flag('json')) print(JSON.stringify(saved, null, 2));
  else for (const line of describe(saved, output)) print(line);
  return 0;
}

function describe(saved: Salvaged, output: string): string[] {
  const { lost, changed, unchecked, nameless, cutBytes } = saved;
  const count = countOf(lost);
  const share = count === 0 ? `all ${saved.frames}` : `${saved.frames} of ${saved.frames + count}`;
  const lines = [`${share} frames on ${plural(saved.connections, 'connection')} saved in ${output}`];
  if (count > 0) lines.push(`lost: ${plural(count, 'frame')}: ${rangesText(lost)}`);
  if (changed.length > 0) lines.push(`of those, left out because their bytes were changed: ${rangesText(changed)}`);
  if (nameless.length > 0)
    lines.push(`lost: addresses and protocol of connections ${nameless.join(', ')}; their frames are kept`);
  if (cutBytes > 0)
    lines.push(`the file ends ${cutBytes} bytes early: frames after the last one known may be lost too`);
  if (unchecked > 0) lines.push(`note: ${plural(unchecked, 'frame')} without a checksum, taken as found`);
  return lines;
}

async function merge(invocation: Invocation, one: string, two: string | undefined): Promise<number> {
  if (two === undefined) throw new UsageError('session merge takes two files: session merge A B -o MERGED.ipsession');
  const output = outputOf(invocation);
  const filter = filterOf(invocation);
  const readers = [openSession(one, protocols), openSession(two, protocols)];
  try {
    await copy(
      readers,
      readers.map(() => filter),
      output,
      Math.min(...readers.map((r) => r.began)),
      'Merged',
    );
  } finally {
    for (const reader of readers) reader.close();
  }
  return 0;
}

async function trim(invocation: Invocation, file: string): Promise<number> {
  const output = outputOf(invocation);
  const from = invocation.number('from');
  const to = invocation.number('to');
  const filter = filterOf(invocation);
  if (from === undefined && to === undefined && filter.filter === undefined)
    throw new UsageError('session trim needs --from S, --to S or --filter EXPR');
  const reader = openSession(file, protocols);
  try {
    const window = [from ?? 0, to ?? Number.POSITIVE_INFINITY] as const;
    await copy([reader], [{ ...filter, window }], output, reader.began, reader.meta.title);
  } finally {
    reader.close();
  }
  return 0;
}

async function split(invocation: Invocation, file: string): Promise<number> {
  const every = invocation.number('every');
  if (every === undefined || !Number.isInteger(every) || every < 1)
    throw new UsageError('session split needs --every N, the number of frames in a part');
  const base = invocation.text('output') ?? file;
  const reader = openSession(file, protocols);
  try {
    const parts = Math.ceil(reader.frames / every);
    for (let part = 1; part <= parts; part++) refuseExisting(numbered(base, part, parts));
    for (let part = 1; part <= parts; part++) {
      const first = (part - 1) * every + 1;
      const last = Math.min(reader.frames, part * every);
      const frames = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      const title = `${reader.meta.title} (${part} of ${parts})`;
      await copy([reader], [{ ...filterOf(invocation), frames }], numbered(base, part, parts), reader.began, title);
    }
  } finally {
    reader.close();
  }
  return 0;
}

async function copy(
  readers: readonly SessionReader[],
  requests: readonly SelectionRequest[],
  output: string,
  began: number,
  title: string,
): Promise<void> {
  const inputs = readers.map((reader, i) => ({ reader, selected: selectFrames(reader, requests[i]!) }));
  const written = await writeSession({
    path: output,
    recorderWorker: RECORDER_WORKER,
    meta: { began: String(began), title, engineVersion: readers[0]!.meta.engineVersion },
    now: () => performance.now(),
  });
  try {
    const { frames, forState } = await copyInto(written, inputs, began);
    await written.finish();
    const state = forState === 0 ? '' : `, ${forState} of them earlier ones that set the state of a connection`;
    print(`${frames} frames in ${output}${state}`);
  } catch (error) {
    await written.discard();
    throw error;
  }
}

function outputOf(invocation: Invocation): string {
  const output = invocation.text('output');
  if (output === undefined) throw new UsageError('name the file to write with -o FILE.ipsession');
  refuseExisting(output);
  return output;
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new UsageError(`${path} exists already; choose another name`);
}

function filterOf(invocation: Invocation): SelectionRequest {
  const filter = invocation.text('filter');
  return filter === undefined ? {} : { filter };
}

/** `game.ipsession` → `game-03.ipsession`, as many digits as there are parts. */
function numbered(path: string, part: number, parts: number): string {
  return path.replace(/(\.ipsession)?$/, `-${String(part).padStart(String(parts).length, '0')}.ipsession`);
}
