/** tcpdump or dumpcap as a child that writes pcap or pcapng to us. Its arguments are a list: no shell reads them. */
import { spawn } from 'node:child_process';
import { CaptureReader } from '../capture/capture-reader.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { CaptureEvents, CaptureRequest, CaptureSource, CaptureStats } from './capture-source.ts';
import { type Backend, checkFilter, explain, findBackend } from './capture-tools.ts';

/** Of the tool, so that a pause of ours loses nothing: MiB. */
const BUFFER_MIB = 64;
const WHOLE_PACKETS = 262_144;
const STOP_MS = 5_000;
/** The kernel hands packets over in blocks, after this time at the latest; a tool that is told to stop reads no more of them. */
const BLOCK_MS: Readonly<Record<Backend, number>> = { tcpdump: 1_200, dumpcap: 600 };
/** How often tcpdump is asked for its drop counter. */
const ASK_MS = 2_000;
const MAX_STDERR = 64 * 1024;

/** Resolves when the tool listens. @throws EngineError `missing-tool`, `missing-rights`, `bad-filter`, `bad-request` */
export async function startCapture(
  request: CaptureRequest,
  events: CaptureEvents,
  wanted?: Backend,
): Promise<CaptureSource> {
  const tool = findBackend(wanted);
  const { backend, path } = tool;
  const filter = request.filter?.trim() ?? '';
  if (filter !== '') await checkFilter(tool, request.interface, filter);
  const child = spawn(path, argumentsFor(backend, request, filter), { stdio: ['ignore', 'pipe', 'pipe'] });
  const reader = new CaptureReader();
  let packets = 0;
  let told = 0;
  let stderr = '';
  let isStopping = false;
  const started = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let isStarted = false;

  child.stdout.on('data', (chunk: Buffer) => {
    // The head of the file comes as soon as the tool listens.
    isStarted = true;
    started.resolve();
    const found = reader.push(chunk);
    if (found.length === 0) return;
    packets += found.length;
    events.packets(found);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
    told = droppedOf(stderr) ?? told;
  });
  child.once('error', (error) => {
    started.reject(new EngineError('missing-tool', `${backend} cannot be started: ${error.message}`));
    closed.resolve();
  });
  child.once('close', (code) => {
    clearInterval(asking);
    told = droppedOf(stderr) ?? told;
    if (!isStarted) started.reject(explain(backend, stderr, request.interface, filter));
    closed.resolve();
    if (isStarted && !isStopping)
      events.ended(code === 0 ? undefined : explain(backend, stderr, request.interface, filter).message);
  });
  const asking = setInterval(() => {
    // dumpcap has no such signal; elsewhere than on Linux it is another one, which Node cannot send.
    if (backend === 'tcpdump' && process.platform === 'linux' && isStarted && child.exitCode === null)
      child.kill('SIGUSR1');
  }, ASK_MS);
  asking.unref();

  const stats = (): CaptureStats => ({ packets, dropped: Math.max(told, reader.notes.dropped) });
  await started.promise;
  return {
    backend,
    get stats() {
      return stats();
    },
    pause: () => void child.stdout.pause(),
    resume: () => void child.stdout.resume(),
    async stop() {
      if (!isStopping) {
        isStopping = true;
        child.stdout.resume();
        await Promise.race([closed.promise, new Promise((resolve) => setTimeout(resolve, BLOCK_MS[backend]))]);
        child.kill('SIGINT');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        await closed.promise;
        clearTimeout(late);
      }
      await closed.promise;
      return stats();
    },
  };
}

function argumentsFor(backend: Backend, request: CaptureRequest, filter: string): string[] {
  const snap = String(request.snapLength ?? WHOLE_PACKETS);
  const { interface: name } = request;
  if (backend === 'dumpcap') {
    return [
      '-q',
      '-i',
      name,
      '-s',
      snap,
      '-B',
      String(BUFFER_MIB),
      ...(filter === '' ? [] : ['-f', filter]),
      '-w',
      '-',
    ];
  }
  // Behind `--` nothing is an option any more, whatever the filter is.
  const size = String(BUFFER_MIB * 1024);
  return ['-n', '-U', '-i', name, '-s', snap, '-B', size, '-w', '-', '--', ...(filter === '' ? [] : [filter])];
}

/** `12 packets dropped by kernel` (tcpdump), `received/dropped on interface 'lo': 5/2 (…)` (dumpcap); the last that was said. */
function droppedOf(stderr: string): number | undefined {
  const kernel = [...stderr.matchAll(/(\d+) packets? dropped by (?:kernel|interface)/g)];
  const byInterface = [...stderr.matchAll(/received\/dropped on interface .*?: \d+\/(\d+)/g)];
  const last = kernel.at(-1)?.[1] ?? byInterface.at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}
