import { describeFields, fieldsOf } from '../../../core/schema/describe.ts';
import type { Protocol } from '../../../core/protocol/protocol.ts';
import { type Invocation, UsageError } from '../command.ts';
import { print } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { table } from '../table.ts';

/** Without an id the list, with one its documentation as Markdown. */
export async function listProtocols(invocation: Invocation): Promise<number> {
  const { protocols } = readProtocolChoice(invocation);
  const [id] = invocation.operands;
  if (id === undefined) {
    if (invocation.flag('json')) print(JSON.stringify(protocols.map(overview), null, 2));
    else
      print(
        table(
          [
            { title: 'id' },
            { title: 'title' },
            { title: 'carriers' },
            { title: 'ports' },
            { title: 'messages', right: true },
          ],
          protocols.map((p) => [
            p.id,
            p.title,
            p.transports.join(' '),
            p.ports.map((x) => x.port).join(' '),
            new Set(p.messages.map((m) => m.name)).size,
          ]),
        ),
      );
    return 0;
  }
  const protocol = protocols.find((p) => p.id === id);
  if (protocol === undefined)
    throw new UsageError(`there is no protocol "${id}"; there are ${protocols.map((p) => p.id).join(', ')}`);
  print(invocation.flag('json') ? JSON.stringify(detailed(protocol), null, 2) : protocolMarkdown(protocol));
  return 0;
}

function overview(p: Protocol): object {
  return {
    id: p.id,
    title: p.title,
    transports: p.transports,
    ports: p.ports,
    options: p.options,
    messages: new Set(p.messages.map((m) => m.name)).size,
  };
}

function detailed(p: Protocol): object {
  return {
    ...overview(p),
    messages: p.messages.map((m) => ({
      name: m.name,
      id: m.id,
      direction: m.direction,
      group: m.group,
      titles: m.titles,
      dialects: m.dialects,
      doc: m.meta?.doc,
      fields: fieldsOf(m.node),
    })),
    pairs: p.pairs,
    handoffs: p.handoffs,
    correlations: p.correlations,
  };
}

/** Every message with its fields: also what `docs/protocols.md` is made of. */
export function protocolMarkdown(p: Protocol): string {
  const lines = [
    `# ${p.title} (\`${p.id}\`)`,
    '',
    p.doc ?? '',
    '',
    `Carriers: ${p.transports.join(', ')}. Ports: ${p.ports.map((x) => `${x.port}${x.role === undefined ? '' : ` ${x.role}`}`).join(', ') || 'none of its own'}.`,
    '',
  ];
  for (const option of p.options)
    lines.push(`Option \`${option.name}\` (default ${option.default}): ${option.doc}.`, '');
  let group: string | undefined;
  for (const message of p.messages) {
    if (message.group !== group) {
      group = message.group;
      if (group !== undefined) lines.push(`## ${group}`, '');
    }
    const way = { toServer: 'client → server', toClient: 'server → client', both: 'both ways' }[message.direction];
    const titles = Object.values(message.titles ?? {}).join(' · ');
    lines.push(
      `### ${message.name}${message.id === undefined ? '' : ` (${p.id === 'mana' ? `0x${message.id.toString(16).padStart(4, '0')}` : message.id})`}`,
      '',
      [
        way,
        titles,
        message.dialects === undefined ? '' : `dialect ${message.dialects.join(', ')}`,
        message.meta?.doc ?? '',
        message.neverSent === true ? 'Documented, but sent by no known peer.' : '',
      ]
        .filter((s) => s !== '')
        .join('. '),
      '',
      describeFields(message.node).trim(),
      '',
    );
  }
  return lines.join('\n');
}
