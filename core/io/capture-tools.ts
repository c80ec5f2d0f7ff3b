/** The capture programs of this machine: which there are, what they can listen to, what they say when they cannot. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { networkInterfaces } from 'node:os';
import { EngineError } from '../traffic/engine-error.ts';

export const BACKENDS = ['tcpdump', 'dumpcap'] as const;
export type Backend = (typeof BACKENDS)[number];

export interface CaptureInterface {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Where these tools live when the search path does not say so. */
const USUAL_PLACES: readonly string[] =
  process.platform === 'win32'
    ? ['C:\\Program Files\\Wireshark']
    : [
        '/usr/sbin',
        '/usr/bin',
        '/sbin',
        '/usr/local/bin',
        '/opt/homebrew/bin',
        '/Applications/Wireshark.app/Contents/MacOS',
      ];
const TIMEOUT_MS = 10_000;

/** Path of a tool, or undefined. */
export function findTool(name: string, path = process.env.PATH ?? ''): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of [...path.split(delimiter), ...(path === '' ? [] : USUAL_PLACES)]) {
    if (folder === '') continue;
    const place = join(folder, file);
    try {
      accessSync(place, constants.X_OK);
      return place;
    } catch {
      // Not there, or not for us.
    }
  }
  return undefined;
}

/** The first capture tool there is, or the one asked for. @throws EngineError `missing-tool` */
export function findBackend(wanted?: Backend, path?: string): { readonly backend: Backend; readonly path: string } {
  for (const backend of wanted === undefined ? BACKENDS : [wanted]) {
    const found = path === undefined ? findTool(backend) : findTool(backend, path);
    if (found !== undefined) return { backend, path: found };
  }
  throw new EngineError('missing-tool', missingTool(wanted));
}

function missingTool(wanted: Backend | undefined): string {
  const what = wanted === undefined ? 'Neither tcpdump nor dumpcap is installed' : `${wanted} is not installed`;
  const how = {
    darwin: 'tcpdump comes with macOS at /usr/sbin/tcpdump; dumpcap comes with Wireshark.',
    win32: 'Install Wireshark with Npcap, which brings dumpcap.',
  }[process.platform as string];
  return `${what}. ${how ?? 'Install tcpdump or Wireshark (on Debian: apt install tcpdump).'} A proxy needs neither.`;
}

/** @throws EngineError `missing-tool`, `missing-rights` */
export async function listInterfaces(): Promise<CaptureInterface[]> {
  const { backend, path } = findBackend();
  const { stdout, stderr, code } = await run(path, ['-D']);
  if (code !== 0 && stdout === '') throw explain(backend, stderr, '');
  const addresses = networkInterfaces();
  const names = stdout
    .split('\n')
    // `3.lo [Up, Running, Loopback]` (tcpdump), `3. lo (Loopback)` (dumpcap).
    .flatMap((line) => /^\d+\.\s*(\S+)/.exec(line)?.[1] ?? []);
  const known = names.map((name) => ({ name, addresses: (addresses[name] ?? []).map((each) => each.address) }));
  // Those with an address first: the others are seldom meant.
  return [...known.filter((each) => each.addresses.length > 0), ...known.filter((each) => each.addresses.length === 0)];
}

/** Compiles the filter without capturing. @throws EngineError `bad-filter`, `missing-rights`, `bad-request` */
export async function checkFilter(
  tool: { backend: Backend; path: string },
  name: string,
  filter: string,
): Promise<void> {
  const args = tool.backend === 'tcpdump' ? ['-d', '-i', name, '--', filter] : ['-d', '-i', name, '-f', filter];
  const { stderr, code } = await run(tool.path, args);
  // dumpcap ends with 0 also when it refuses.
  if (code !== 0 || /invalid capture filter|isn't a valid/i.test(stderr))
    throw explain(tool.backend, stderr, name, filter);
}

/** What a tool wrote before it gave up, as an error that says what to do. */
export function explain(backend: string, stderr: string, name: string, filter = ''): EngineError {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(tcpdump|dumpcap): /, '').trim())
    .filter((line) => line !== '' && !/^(Capturing on|File:|listening on|tcpdump version|data link type)/i.test(line));
  const said = lines.join(' ').slice(0, 300);
  if (/permission|not permitted|access denied|privilege/i.test(said)) {
    return new EngineError('missing-rights', `${missingRights(backend)} (${said})`);
  }
  if (
    /syntax error|parse filter|valid capture filter|illegal|unknown host|can't parse|expression rejected/i.test(said)
  ) {
    const reason = /\(([^()]*error[^()]*)\)/.exec(said)?.[1] ?? said;
    return new EngineError(
      'bad-filter',
      `"${filter}" is no capture filter: ${reason}. It is written as for tcpdump, such as "tcp port 11600".`,
    );
  }
  if (/no such device|no device named|doesn't exist|not found|not up|bad-interface/i.test(said)) {
    const there = Object.keys(networkInterfaces()).join(', ');
    return new EngineError(
      'bad-request',
      `There is no interface "${name}" to capture on; there are ${there || 'none'}.`,
    );
  }
  return new EngineError('missing-tool', `${backend} could not capture: ${said === '' ? 'it gave no reason' : said}`);
}

function missingRights(backend: string): string {
  switch (process.platform) {
    case 'darwin':
      return 'Capturing needs the right to read /dev/bpf*: install ChmodBPF (comes with Wireshark), or start the capture with sudo and import its file.';
    case 'win32':
      return 'Capturing needs Npcap that lets all users capture: install it again without "Restrict access to administrators".';
    default:
      return backend === 'dumpcap'
        ? 'Capturing needs rights that dumpcap does not have here: add yourself to the group wireshark ("sudo usermod -aG wireshark $USER", then log in again), after "sudo dpkg-reconfigure wireshark-common" allowed it.'
        : 'Capturing needs rights that tcpdump does not have here: "sudo setcap cap_net_raw,cap_net_admin=eip $(command -v tcpdump)" gives them to it alone. Interpose itself needs none.';
  }
}

function run(path: string, args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ stdout, stderr: stderr === '' && error !== null ? error.message : stderr, code });
    });
  });
}
