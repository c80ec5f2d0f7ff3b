/** The command list and one command's page, from the same data the argument reader uses. */
import type { Command } from './command.ts';

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return [
    'interpose: see, change, break, replay and fuzz the traffic of game protocols',
    '',
    'Usage: interpose <command> [options]',
    '',
    ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`),
    '',
    'Endpoints are URLs: tcp://host:port  tls://  ws://host:port/path  wss://  enet://  udp://',
    'Exit codes: 0 good, 1 the check failed, 2 wrong use or unreadable input',
    '',
    '"interpose help <command>" shows its options and an example.',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const operands = (command.operands ?? []).map((o) => (o.optional === true ? `[${o.name}]` : o.name));
  const left = command.options.map(
    (o) => `${o.short === undefined ? '   ' : `-${o.short},`} --${o.name}${o.value === undefined ? '' : ` ${o.value}`}`,
  );
  const width = Math.max(0, ...left.map((l) => l.length));
  return [
    `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`,
    '',
    `Usage: interpose ${[command.name, ...operands, ...(command.options.length > 0 ? ['[options]'] : [])].join(' ')}`,
    ...(command.options.length > 0
      ? [
          '',
          ...command.options.map(
            (o, i) =>
              `  ${left[i]!.padEnd(width)}  ${o.doc}${o.repeat === true ? ' (may be repeated)' : ''}${o.required === true ? ' (needed)' : ''}`,
          ),
        ]
      : []),
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    'Example:',
    `  ${command.example}`,
  ].join('\n');
}
