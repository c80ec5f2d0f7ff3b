/** "Why do I see nothing?": findings from what the engine knows, each with what to do about it. */
import type { ConnectionStatus, DoctorFinding } from '../contract/verbs.ts';
import { findTool } from '../io/capture-tools.ts';
import type { ProxyStatus } from '../traffic/proxy-spec.ts';
import type { Engine } from './engine.ts';

/** Endings of connections that never got to a server. A peer that says goodbye is no such thing. */
const NOT_REACHED = /^connect |unreachable|not found|ENOTFOUND|server timed out/i;
/** Below this share of understood frames the protocol is probably another. */
const POORLY_UNDERSTOOD = 0.2;
const ENOUGH_FRAMES = 5;
const WORTH_SAYING = 0.3;

export async function diagnose(engine: Engine): Promise<DoctorFinding[]> {
  const connections = await engine.session.reader.ask('connections.list', {});
  const statuses = engine.proxies.list();
  const findings = [...sessionFindings(engine), ...statuses.flatMap((status) => proxyFindings(status, connections))];
  if (statuses.length === 0 && connections.length === 0) {
    findings.push({
      state: 'note',
      title: 'No proxy is set up',
      text: 'Nothing listens, so nothing can be seen.',
      advice: 'Add a proxy: a port for the game to connect to, and the server it should reach.',
    });
    findings.push(captureFinding());
  }
  const poor = connections.filter((c) => c.frames >= ENOUGH_FRAMES && c.understood < POORLY_UNDERSTOOD).slice(0, 10);
  for (const connection of poor) findings.push(await protocolFinding(engine, connection));
  findings.push(...(await remarkFindings(engine)));
  const isWell = findings.every((f) => f.state === 'good' || f.state === 'note');
  if (isWell && connections.some((c) => c.frames > 0)) {
    const frames = connections.reduce((sum, c) => sum + c.frames, 0);
    findings.unshift({
      state: 'good',
      title: 'Traffic is coming in',
      text: `${frames} frames on ${connections.length} connection${connections.length === 1 ? '' : 's'}.`,
    });
  }
  return findings;
}

/** Looking on without standing in between needs a tool of its own. */
function captureFinding(): DoctorFinding {
  const tool = ['dumpcap', 'tcpdump'].find((name) => findTool(name) !== undefined);
  if (tool !== undefined) return { state: 'good', title: 'Passive capture', text: `${tool} is there.` };
  return {
    state: 'note',
    title: 'No passive capture',
    text: 'Neither dumpcap nor tcpdump is installed. Proxies need neither.',
    advice: 'To look on without a proxy: apt install tcpdump, or install Wireshark.',
  };
}

function sessionFindings(engine: Engine): DoctorFinding[] {
  const info = engine.session.info();
  const findings: DoctorFinding[] = [];
  if (engine.session.failure !== undefined) {
    findings.push({
      state: 'problem',
      title: 'Recording fails',
      text: `${info.path} cannot be written: ${engine.session.failure}. ${info.lost} frames were lost.`,
      advice: 'Free some disk space, or start a new session on another disk.',
    });
  } else if (info.readOnly) {
    findings.push({
      state: 'note',
      title: 'A file is open',
      text: `${info.path} was opened to be looked at; traffic passes but is not recorded.`,
      advice: 'Start a new session to record.',
    });
  } else if (!info.recording) {
    findings.push({
      state: 'warning',
      title: 'Recording is off',
      text: 'Traffic passes, but is neither shown nor kept.',
      advice: 'Switch recording on.',
    });
  }
  if (engine.control.isPanic) {
    findings.push({
      state: 'warning',
      title: 'The panic switch is on',
      text: 'Breakpoints, rules and faults are off and everything passes raw.',
      advice: 'Switch it off to use them again.',
    });
  }
  return findings;
}

function proxyFindings(status: ProxyStatus, connections: readonly ConnectionStatus[]): DoctorFinding[] {
  const { spec, state, error, url } = status;
  if (state === 'failed') {
    const isTaken = /EADDRINUSE|in use|taken/i.test(error ?? '');
    return [
      {
        state: 'problem',
        title: `${spec.name} could not start`,
        text: error ?? 'Its listener could not be opened.',
        advice: isTaken
          ? 'Stop the program that has the port, or let the proxy listen on another one.'
          : 'Correct the proxy and start it again.',
      },
    ];
  }
  if (state !== 'running') {
    return [{ state: 'note', title: `${spec.name} is stopped`, text: `It would listen on ${spec.listen}.` }];
  }
  const mine = connections.filter((c) => c.proxy === spec.name);
  if (status.totalConnections === 0) {
    return [
      {
        state: 'note',
        title: `Nothing has connected to ${spec.name} yet`,
        text: `It listens on ${url ?? spec.listen}.`,
        advice: `Point the game at ${(url ?? spec.listen).replace(/^\w+:\/\//, '')} in place of its server, and start it.`,
      },
    ];
  }
  const endings = mine.map((c) => c.ending ?? '').filter((ending) => NOT_REACHED.test(ending));
  const last = endings.at(-1);
  const findings: DoctorFinding[] = [];
  if (last !== undefined) {
    findings.push({
      state: 'problem',
      title: `${spec.name} does not reach its server`,
      text: `${endings.length} of ${mine.length} connections ended with: ${last}.`,
      advice: `Check that the server runs at ${spec.upstream ?? 'its address'} and that this machine may connect to it.`,
    });
  }
  const silent = mine.filter((c) => c.frames === 0 && c.closed === undefined).length;
  if (silent > 0 && silent === mine.filter((c) => c.closed === undefined).length) {
    findings.push({
      state: 'note',
      title: `${spec.name} has connections but no frames`,
      text: `${silent} connection${silent === 1 ? ' is' : 's are'} open and silent.`,
      advice: 'If the game does speak, its framing may not be the one the protocol expects: try the protocol bytes.',
    });
  }
  return findings;
}

async function protocolFinding(engine: Engine, connection: ConnectionStatus): Promise<DoctorFinding> {
  const percent = Math.round(connection.understood * 100);
  const other = await betterProtocol(engine, connection);
  const name = connection.protocol === '' ? 'no known protocol' : connection.protocol;
  return {
    state: 'warning',
    title: `${connection.name} does not look like ${name}`,
    text: `${percent} % of its ${connection.frames} frames are understood.`,
    advice:
      other === undefined
        ? 'Choose another protocol with decode-as, or describe the game in a protocol file.'
        : `Its first bytes look like ${other}: decode it as ${other}.`,
  };
}

async function betterProtocol(engine: Engine, connection: ConnectionStatus): Promise<string | undefined> {
  const guess = await engine.session.reader.guess(connection.id);
  const isBetter = guess !== null && guess.protocol !== connection.protocol && guess.confidence >= WORTH_SAYING;
  return isBetter ? guess.protocol : undefined;
}

async function remarkFindings(engine: Engine): Promise<DoctorFinding[]> {
  const totals = await engine.session.reader.ask('stats.expert', {});
  return totals
    .filter((total) => total.group === 'transport' && total.severity !== 'note')
    .slice(0, 5)
    .map((total): DoctorFinding => {
      const isTls = /tls|certificate|handshake|alert/i.test(`${total.code} ${total.text}`);
      return {
        state: total.severity === 'error' ? 'problem' : 'warning',
        title: isTls ? 'TLS could not be set up' : 'The transport has trouble',
        text: `${total.text}${total.count > 1 ? ` (${total.count} times)` : ''}`,
        ...(isTls
          ? { advice: 'Let the game trust the certificate of Interpose (interpose ca), or pass this host through.' }
          : {}),
      };
    });
}
