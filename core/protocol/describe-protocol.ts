/** A protocol told as a page: what `interpose protocols ID` prints and docs/protocols.md holds. */
import { describeFields } from '../schema/describe.ts';
import type { MessageSpec, Pair, Protocol } from './protocol.ts';

const ARROWS = { toServer: 'client → server', toClient: 'server → client', both: 'both ways' } as const;

/** Markdown; headings begin at `level`. */
export function describeProtocol(protocol: Protocol, level = 1): string {
  const heading = (depth: number, text: string): string => `${'#'.repeat(level + depth)} ${text}`;
  const lines: string[] = [heading(0, `\`${protocol.id}\`: ${protocol.title}`), ''];
  if (protocol.doc !== undefined) lines.push(protocol.doc, '');
  lines.push(...facts(protocol), '');
  if (protocol.options.length > 0) {
    lines.push('| option | default | meaning |', '|---|---|---|');
    for (const option of protocol.options) {
      const values = option.values === undefined ? '' : ` (${option.values.join(', ')})`;
      lines.push(
        `| \`${option.name}\` | ${option.default === '' ? '' : `\`${option.default}\``} | ${cell(option.doc)}${values} |`,
      );
    }
    lines.push('');
  }
  const isWide = protocol.messages.some((spec) => (spec.id ?? 0) > 255 && spec.node.kind === 'struct');
  for (const [group, specs] of grouped(protocol.messages)) {
    lines.push(heading(1, group === '' ? 'Messages' : capital(group)), '');
    for (const [spec, fields] of merged(specs))
      lines.push(heading(2, titleOf(spec, isWide)), '', ...aboutMessage(spec), fields);
  }
  if (protocol.pairs.length > 0) {
    lines.push(heading(1, 'Requests and replies'), '', '| request | replies | |', '|---|---|---|');
    for (const pair of protocol.pairs) lines.push(pairRow(pair));
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function facts(protocol: Protocol): string[] {
  const ports = protocol.ports.map(
    (one) => `${one.port}/${one.transport}${one.role === undefined ? '' : ` (${one.role})`}`,
  );
  const list = [`Transports: ${protocol.transports.join(', ')}.`, `Framing: ${protocol.framing.kind}.`];
  if (ports.length > 0) list.push(`Usual ports: ${ports.join(', ')}.`);
  for (const handoff of protocol.handoffs) {
    list.push(`\`${handoff.message}\` sends the client to \`${handoff.address}\`:\`${handoff.port}\`.`);
  }
  return [list.join(' ')];
}

/** Messages that dialects have in common are told once. */
function merged(specs: readonly MessageSpec[]): Iterable<readonly [MessageSpec, string]> {
  const told = new Map<string, readonly [MessageSpec, string]>();
  for (const spec of specs) {
    const fields = describeFields(spec.node);
    const key = [titleOf(spec, false), fields].join('\n');
    const before = told.get(key)?.[0].dialects;
    const dialects = before === undefined ? spec.dialects : [...before, ...(spec.dialects ?? [])];
    told.set(key, [dialects === undefined ? spec : { ...spec, dialects }, fields]);
  }
  return told.values();
}

/** @param isWide ids of two bytes on the wire, which are read as hex wherever they are written down */
function titleOf(spec: MessageSpec, isWide: boolean): string {
  const number = isWide ? `0x${spec.id?.toString(16).padStart(4, '0')}` : spec.id;
  const id = spec.id === undefined ? '' : ` (${number})`;
  return `\`${spec.name}\`${id}, ${ARROWS[spec.direction]}`;
}

function aboutMessage(spec: MessageSpec): string[] {
  const notes: string[] = [];
  const titles = Object.entries(spec.titles ?? {}).map(([, title]) => title);
  if (titles.length > 0) notes.push(`${titles.join(' / ')}.`);
  if (spec.meta?.doc !== undefined) notes.push(spec.meta.doc);
  if (spec.dialects !== undefined) notes.push(`Only in: ${spec.dialects.join(', ')}.`);
  if (spec.neverSent === true) notes.push('Documented, but never sent by any known peer.');
  return notes.length === 0 ? [] : [notes.join(' '), ''];
}

function grouped(messages: readonly MessageSpec[]): ReadonlyMap<string, readonly MessageSpec[]> {
  const groups = new Map<string, MessageSpec[]>();
  for (const spec of messages) {
    const group = spec.group ?? '';
    groups.set(group, [...(groups.get(group) ?? []), spec]);
  }
  return groups;
}

function pairRow(pair: Pair): string {
  const names = (list: readonly string[] | '*'): string =>
    list === '*' ? 'any' : list.map((name) => `\`${name}\``).join(', ');
  const notes = [ARROWS[pair.direction], ...(pair.required === false ? ['may stay unanswered'] : [])];
  return `| ${names(pair.request)} | ${names(pair.replies)} | ${notes.join('; ')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** All protocols on one page, after a list of them. */
export function describeProtocols(protocols: readonly Protocol[]): string {
  const list = protocols.map(
    (protocol) =>
      `- [\`${protocol.id}\`](#${anchor(protocol)}): ${protocol.title}, ${protocol.messages.length} messages`,
  );
  const head = [
    '# Protocols',
    '',
    'Every message of every protocol with its fields, written from the schemas themselves. After a change to a schema,',
    '`npx vitest run dissectors/protocols.test.ts -u` writes this page anew.',
    '',
    ...list,
    '',
  ].join('\n');
  return `${head}\n${protocols.map((protocol) => describeProtocol(protocol, 2)).join('\n')}`;
}

function anchor(protocol: Protocol): string {
  return `${protocol.id}: ${protocol.title}`
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
