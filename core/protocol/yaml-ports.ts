/** Where a protocol of a file is spoken and how it is tuned: transports, ports, options. */
import type { OptionSpec, Protocol, Transport } from './protocol.ts';
import type { Cell } from './yaml-source.ts';

export const TRANSPORTS: readonly Transport[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];

export function optionsOf(cell: Cell | undefined): readonly OptionSpec[] {
  return (cell?.entries() ?? []).map(({ key, value }) => {
    value.allow('default', 'doc', 'values');
    const values = value.get('values')?.asTexts();
    const doc = value.get('doc')?.asText() ?? key;
    return {
      name: key,
      doc,
      default: value.get('default')?.asText() ?? '',
      ...(values === undefined ? {} : { values }),
    };
  });
}

export function portOf(cell: Cell, usual: Transport): Protocol['ports'][number] | undefined {
  if (!cell.isMap) {
    const port = cell.asNumber();
    return port === undefined ? undefined : { port, transport: usual };
  }
  cell.allow('port', 'transport', 'role');
  const port = cell.need('port', '`port` is missing.')?.asNumber();
  const transport = cell.get('transport')?.asWord(TRANSPORTS) ?? usual;
  const role = cell.get('role')?.asText();
  return port === undefined ? undefined : { port, transport, ...(role === undefined ? {} : { role }) };
}
