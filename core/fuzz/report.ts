/** A finding in words, as a script that needs nothing of ours, and as a test result. */
import { type Scene, whoIs } from './scene.ts';
import type { Finding, Said } from './finding.ts';
import { wireOf } from './wire-of.ts';
import { isSend, originalOf, type SendStep, toHex } from './script.ts';

export interface ReportContext {
  readonly scene: Scene;
  readonly to: string;
  readonly command: string;
  readonly seed: string;
}

const MAX_HEX = 96;

export function reportOf(finding: Finding, context: ReportContext): string {
  const { confirmed, exit, log, evidence, said } = finding;
  const sends = finding.script.steps.filter(isSend);
  const fewer = sends.length < finding.sendsBefore ? `, made smaller from ${finding.sendsBefore}` : '';
  const lines = [
    `# ${finding.id}: ${finding.title}`,
    '',
    `| | |`,
    `|---|---|`,
    `| oracle | ${finding.oracle} |`,
    `| message | ${cell(finding.message || '(recorded session)')} |`,
    ...(finding.field === '' ? [] : [`| field | \`${cell(finding.field)}\` |`]),
    `| what was done | ${cell(finding.what)} |`,
    `| case | \`${finding.caseId}\` |`,
    `| confirmed | ${confirmed.times} of ${confirmed.of} |`,
    `| seen | ${finding.hits} ${finding.hits === 1 ? 'time' : 'times'} |`,
    `| target | ${cell(context.to)} |`,
    ...(exit === undefined ? [] : [`| exit | ${exit.signal ?? `code ${exit.code ?? '?'}`} |`]),
    '',
    `## To see it again`,
    '',
    '```',
    context.command,
    '```',
    '',
    ...(finding.isSecluded === true
      ? ['It shows on a server that was just started: the campaign started one for each run.', '']
      : []),
    `## ${finding.isSmallest === true ? 'The smallest session that shows it' : 'A session that shows it'}`,
    '',
    `${sends.length} ${whoIs(context.scene) === 'client' ? 'server' : 'client'} message${sends.length === 1 ? '' : 's'}${fewer}.`,
    '',
    '| ms | | message | | bytes |',
    '|---:|---|---|---|---|',
    ...said.map(
      (one) =>
        `| ${one.at.toFixed(1)} | ${wayOf(one, context.scene)} | ${cell(one.message)} | ${cell(one.summary)} | \`${short(one.bytes)}\` |`,
    ),
    '',
  ];
  if (evidence.length > 0) lines.push('## Evidence', '', ...evidence.map((one) => `- ${one}`), '');
  if (log.length > 0) lines.push("## The target's own words", '', '```', ...log, '```', '');
  return `${lines.join('\n')}\n`;
}

/** What we sent is the client's part, or the server's where the client is under test. */
function wayOf({ direction, mutated }: Said, scene: Scene): string {
  const isToServer = (direction === 'toServer') === (whoIs(scene) === 'server');
  const way = isToServer ? 'c2s' : 's2c';
  return mutated ? `**${way}**` : way;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function short(bytes: Uint8Array): string {
  const hex = toHex(bytes.subarray(0, MAX_HEX));
  return bytes.length > MAX_HEX ? `${hex}… (${bytes.length} bytes)` : hex;
}

/** What each step puts on the stream of its connection. */
function wireBytes(step: SendStep, scene: Scene): readonly Uint8Array[] {
  const recorded = scene.connections.get(originalOf(step.conn))?.recorded;
  if (step.wire !== undefined || recorded === undefined) return step.wire ?? [step.bytes];
  return [wireOf(recorded.framing, step, step.bytes)];
}

/** A TypeScript file that plays the finding with nothing but Node, where the carrier is one Node has. */
export function scriptOf(finding: Finding, context: ReportContext): string {
  const { scene } = context;
  const [first] = finding.script.steps;
  const url = first === undefined ? undefined : scene.connections.get(first.conn)?.url;
  const isWebSocket = url?.scheme === 'ws' || url?.scheme === 'wss';
  const isDatagram = url?.scheme === 'enet' || url?.scheme === 'udp';
  const steps = finding.script.steps.flatMap((step) => {
    const { conn } = step;
    if (step.kind === 'open') return [`  { open: ${conn}${step.like === undefined ? '' : `, like: ${step.like}`} },`];
    if (step.kind !== 'send') return [`  { ${step.kind}: ${conn} },`];
    const waits = step.awaits.some(([, count]) => count > 0);
    const pieces = wireBytes(step, scene).map((piece) => literal(piece));
    const raw = step.wire !== undefined ? ', raw: true' : '';
    const binary =
      'opcode' in (step.carrier ?? {}) && (step.carrier as { opcode: string }).opcode === 'binary'
        ? ', binary: true'
        : '';
    const note = step.mutated ? ` // ${finding.what}` : ` // ${step.message}`;
    return [
      `  { send: ${conn}, pieces: [${pieces.join(', ')}], wait: ${step.atOnce === true ? 0 : waits || step.mutated ? 1000 : 30}${raw}${binary} },${note}`,
    ];
  });
  const urls = [
    ...new Set(finding.script.steps.map((step) => (step.kind === 'open' ? (step.like ?? step.conn) : step.conn))),
  ].flatMap((conn) => {
    const known = scene.connections.get(conn)?.url;
    return known === undefined
      ? []
      : [
          `  ${conn}: { tls: ${known.scheme === 'tls' || known.scheme === 'wss'}, host: ${JSON.stringify(known.host)}, port: ${known.port}, path: ${JSON.stringify(known.path || '/')} },`,
        ];
  });
  const links = finding.script.steps.some((step) => isSend(step) && step.links !== undefined);
  const head = [
    `// ${finding.id}: ${finding.title}`,
    `// Case ${finding.caseId}; confirmed ${finding.confirmed.times} of ${finding.confirmed.of}.`,
    `// Run: node ${finding.id}.ts   (Node 24; ${whoIs(scene) === 'client' ? 'the client connects to' : 'the server must listen on'} ${context.to})`,
    ...(links
      ? [
          '// Tokens and ids that the server issues anew are the recorded ones here; the command below fills them in:',
          `//   ${context.command}`,
        ]
      : []),
    '',
  ];
  if (isDatagram || whoIs(scene) === 'client') {
    return `${[
      ...head,
      isDatagram
        ? '// ENet and UDP need a client of their own: this plays it through Interpose.'
        : '// The client is started and answered by Interpose.',
      "import { spawnSync } from 'node:child_process';",
      '',
      `const { status } = spawnSync(${JSON.stringify(context.command)}, { shell: true, stdio: 'inherit' });`,
      'process.exitCode = status ?? 1;',
    ].join('\n')}\n`;
  }
  return `${[
    ...head,
    "import { connect, type Socket } from 'node:net';",
    "import { connect as connectTls } from 'node:tls';",
    "import { setTimeout as pause } from 'node:timers/promises';",
    '',
    'const hosts: Record<number, { tls: boolean; host: string; port: number; path: string }> = {',
    ...urls,
    '};',
    'interface Step { open?: number; like?: number; send?: number; end?: number; reset?: number; pieces?: Uint8Array[]; wait?: number; raw?: boolean; binary?: boolean }',
    'const steps: Step[] = [',
    ...steps,
    '];',
    '',
    'const say = (text: string): void => void process.stdout.write(`${text}\\n`);',
    'const sockets = new Map<number, Socket>();',
    'let heard = 0;',
    'for (const step of steps) {',
    '  if (step.open !== undefined) {',
    '    const { tls, host, port, path } = hosts[step.like ?? step.open]!;',
    '    const socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect(port, host);',
    "    socket.on('data', (data: Buffer) => { heard++; say(`s2c ${data.subarray(0, 200).toString('latin1')}`); });",
    "    socket.on('error', (error) => say(`! ${error.message}`));",
    "    socket.on('close', () => say('! connection closed'));",
    "    await new Promise((resolve) => socket.once(tls ? 'secureConnect' : 'connect', resolve).once('error', resolve));",
    ...(isWebSocket
      ? [
          '    socket.write(`GET ${path} HTTP/1.1\\r\\nHost: ${host}:${port}\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: aW50ZXJwb3NlLWZ1enotMQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n`);',
        ]
      : ['    void path;']),
    '    await pause(100);',
    '    sockets.set(step.open, socket);',
    '  } else if (step.send !== undefined) {',
    '    const before = heard;',
    '    for (const piece of step.pieces ?? []) {',
    ...(isWebSocket
      ? ['      sockets.get(step.send)?.write(step.raw ? piece : frame(piece, step.binary ? 2 : 1));']
      : ['      sockets.get(step.send)?.write(piece);']),
    '      if ((step.pieces ?? []).length > 1) await pause(5);',
    '    }',
    '    for (const until = Date.now() + (step.wait ?? 0); heard === before && Date.now() < until; ) await pause(5);',
    '  } else if (step.end !== undefined) sockets.get(step.end)?.end();',
    '  else if (step.reset !== undefined) sockets.get(step.reset)?.resetAndDestroy();',
    '}',
    'await pause(500);',
    'for (const socket of sockets.values()) socket.destroy();',
    ...(isWebSocket
      ? [
          '',
          '/** A masked frame, as clients send them; the mask is zero, so that the bytes can be read. */',
          'function frame(payload: Uint8Array, opcode: number): Uint8Array {',
          '  const { length } = payload;',
          '  const head = length < 126 ? [length | 0x80] : length < 65536 ? [0xfe, length >> 8, length & 255] : [0xff, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];',
          '  return Buffer.concat([Buffer.from([0x80 | opcode, ...head, 0, 0, 0, 0]), payload]);',
          '}',
        ]
      : []),
  ].join('\n')}\n`;
}

/** Text where it is text, else hex; runs of one byte by their length. */
function literal(bytes: Uint8Array): string {
  if (bytes.length > 256) {
    const [first] = bytes;
    if (bytes.every((byte) => byte === first)) return `Buffer.alloc(${bytes.length}, ${first})`;
  }
  const isText = bytes.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09,
  );
  if (isText) {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return `Buffer.from(${JSON.stringify(text)})`;
  }
  return `Buffer.from('${toHex(bytes)}', 'hex')`;
}

/** One test suite; a finding is a failed test. */
export function junitOf(
  findings: readonly Finding[],
  context: { readonly cases: number; readonly seconds: number; readonly to: string },
): string {
  const escape = (text: string): string =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '�');
  const time = context.seconds.toFixed(3);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="interpose fuzz" tests="${findings.length + 1}" failures="${findings.length}" time="${time}">`,
    `  <testsuite name="${escape(context.to)}" tests="${findings.length + 1}" failures="${findings.length}" time="${time}">`,
    `    <testcase classname="fuzz" name="${context.cases} cases" time="${time}"/>`,
  ];
  for (const finding of findings) {
    const body = [
      finding.what,
      `case ${finding.caseId}`,
      `confirmed ${finding.confirmed.times} of ${finding.confirmed.of}`,
      ...finding.evidence,
      ...finding.log.slice(-10),
    ];
    lines.push(
      `    <testcase classname="fuzz.${escape(finding.oracle)}" name="${escape(`${finding.id} ${finding.title}`)}">`,
      `      <failure type="${escape(finding.oracle)}" message="${escape(finding.title)}">${escape(body.join('\n'))}</failure>`,
      '    </testcase>',
    );
  }
  lines.push('  </testsuite>', '</testsuites>');
  return `${lines.join('\n')}\n`;
}
