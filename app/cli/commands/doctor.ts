import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect as connectTls } from 'node:tls';
import type { DoctorFinding } from '../../../core/contract/verbs.ts';
import { loadConfig } from '../../../core/engine/config-watcher.ts';
import { type EndpointUrl, parseEndpointUrl } from '../../../core/relay/endpoint-url.ts';
import type { Invocation } from '../command.ts';
import { print } from '../output.ts';

const WAIT_MS = 3000;
const GLYPH = { good: '✓', note: '·', warning: '△', problem: '✕' } as const;

/** Checks this machine and, if given, listeners and servers. Exit 1 when something stands in the way. */
export async function doctor(invocation: Invocation): Promise<number> {
  const listen = [...invocation.texts('listen')];
  const upstream = [...invocation.texts('upstream')];
  const config = invocation.text('config');
  if (config !== undefined) {
    for (const spec of loadConfig(config).proxies) {
      listen.push(spec.listen);
      if (spec.upstream !== undefined) upstream.push(spec.upstream);
    }
  }
  const findings: DoctorFinding[] = [runtime(), page(), capture()];
  for (const url of listen) findings.push(await listener(parseEndpointUrl(url), url));
  for (const url of upstream) findings.push(await server(parseEndpointUrl(url), url));
  if (listen.length + upstream.length === 0)
    findings.push({
      state: 'note',
      title: 'No endpoint was checked',
      text: 'Give --listen, --upstream or --config to check where clients connect and where servers are.',
    });
  if (invocation.flag('json')) print(JSON.stringify(findings, null, 2));
  else
    for (const f of findings)
      print(`${GLYPH[f.state]} ${f.title}: ${f.text}${f.advice === undefined ? '' : `\n    ${f.advice}`}`);
  return findings.some((f) => f.state === 'problem') ? 1 : 0;
}

function runtime(): DoctorFinding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return { state: 'good', title: 'Node', text: `${process.version}` };
  return {
    state: 'problem',
    title: 'Node',
    text: `${process.version} is too old`,
    advice: 'Run it with "npm run -s interpose -- …", which brings Node 24, or install Node 24 or newer.',
  };
}

function page(): DoctorFinding {
  const places = ['../../../build/ui/index.html', '../../../../ui/index.html'].map((p) => new URL(p, import.meta.url));
  if (places.some((p) => existsSync(p))) return { state: 'good', title: 'Page', text: 'the timeline is built' };
  return { state: 'warning', title: 'Page', text: 'the timeline is not built', advice: 'npm run build:ui' };
}

function capture(): DoctorFinding {
  for (const tool of ['dumpcap', 'tcpdump']) {
    try {
      execFileSync(tool, ['--version'], { stdio: 'pipe' });
      return {
        state: 'good',
        title: 'Passive capture',
        text: `${tool} is there${process.getuid?.() === 0 ? '' : '; it may need capture rights of its own'}`,
      };
    } catch {
      // Not installed: the next one may be.
    }
  }
  return {
    state: 'note',
    title: 'Passive capture',
    text: 'neither dumpcap nor tcpdump is installed',
    advice: 'Proxies need neither. For passive capture: apt install tcpdump, or install Wireshark.',
  };
}

function listener(at: EndpointUrl, url: string): Promise<DoctorFinding> {
  const title = `Listen on ${url}`;
  return new Promise((resolve) => {
    const taken = (error: NodeJS.ErrnoException): void => {
      const why =
        {
          EADDRINUSE: 'something else listens there already',
          EACCES: 'this needs more rights (ports below 1024)',
          EADDRNOTAVAIL: 'this machine has no such address',
        }[error.code ?? ''] ?? error.message;
      resolve({
        state: 'problem',
        title,
        text: why,
        advice:
          error.code === 'EADDRINUSE'
            ? 'End that program, or listen on another port (0 picks a free one).'
            : 'Choose another address or port.',
      });
    };
    const free = (close: () => void): void => {
      close();
      resolve({ state: 'good', title, text: 'free' });
    };
    if (at.scheme === 'udp' || at.scheme === 'enet') {
      const socket = createSocket(at.host.includes(':') ? 'udp6' : 'udp4');
      socket.once('error', taken).bind(at.port, at.host, () => free(() => socket.close()));
    } else {
      const server = createServer();
      server.once('error', taken).listen(at.port, at.host, () => free(() => server.close()));
    }
  });
}

async function server(at: EndpointUrl, url: string): Promise<DoctorFinding> {
  const title = `Server ${url}`;
  try {
    await lookup(at.host);
  } catch {
    return {
      state: 'problem',
      title,
      text: `the name ${at.host} is not known`,
      advice: 'Check the spelling, or give an address.',
    };
  }
  if (at.scheme === 'udp' || at.scheme === 'enet')
    return {
      state: 'note',
      title,
      text: 'the name is known; whether a UDP server answers shows only when a client speaks',
    };
  return new Promise((resolve) => {
    const isTls = at.scheme === 'tls' || at.scheme === 'wss';
    const socket = isTls
      ? connectTls({ host: at.host, port: at.port, ...(/^[\d.:]+$/.test(at.host) ? {} : { servername: at.host }) })
      : connect({ host: at.host, port: at.port });
    const done = (finding: DoctorFinding): void => {
      socket.destroy();
      resolve(finding);
    };
    socket.setTimeout(WAIT_MS, () =>
      done({
        state: 'problem',
        title,
        text: `no answer within ${WAIT_MS / 1000} s`,
        advice: 'A firewall may be in the way, or the machine is off.',
      }),
    );
    socket.once(isTls ? 'secureConnect' : 'connect', () => done({ state: 'good', title, text: 'answers' }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED')
        done({
          state: 'problem',
          title,
          text: 'refuses: nothing listens there',
          advice: 'Start the server; the proxy may stay up and will find it.',
        });
      else if (
        isTls &&
        (error.code?.includes('CERT') === true ||
          error.code?.includes('SELF_SIGNED') === true ||
          error.code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
      )
        done({
          state: 'problem',
          title,
          text: `its certificate cannot be verified (${error.code})`,
          advice: 'Add its authority (tls.ca), or do not verify (--insecure).',
        });
      else done({ state: 'problem', title, text: error.message });
    });
  });
}
