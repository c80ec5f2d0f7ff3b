/** The examples of a protocol file, and the check that each decodes to what it says. */
import { fromHex, toHex, utf8Bytes } from '../schema/characters.ts';
import { equalValues } from '../schema/encode.ts';
import { plainValue } from '../schema/plain-value.ts';
import type { Example, Protocol } from './protocol.ts';
import type { Cell } from './yaml-source.ts';

export function exampleOf(cell: Cell): Example | undefined {
  cell.allow('name', 'direction', 'text', 'hex', 'message', 'fields', 'options', 'role', 'lossy', 'serverPort');
  const direction = cell.need('direction', '`direction` is missing.')?.asWord(['toServer', 'toClient'] as const);
  const text = cell.get('text')?.asText();
  const hex = cell.get('hex')?.asText();
  if (direction === undefined) return undefined;
  if ((text === undefined) === (hex === undefined))
    return cell.problem('An example has its payload as `text` or as `hex`.');
  let bytes: Uint8Array;
  try {
    bytes = text === undefined ? fromHex(hex ?? '') : utf8Bytes(text);
  } catch (error) {
    return cell.get('hex')?.problem(error instanceof Error ? error.message : String(error));
  }
  const message = cell.get('message')?.asText() ?? null;
  const fields = cell.get('fields');
  const options = cell
    .get('options')
    ?.entries()
    .map((entry) => [entry.key, entry.value.asText() ?? ''] as const);
  const role = cell.get('role')?.asText();
  const lossy = cell.get('lossy')?.asText();
  const serverPort = cell.get('serverPort')?.asNumber();
  return {
    name: cell.get('name')?.asText() ?? `${message ?? 'frame'} ${direction}`,
    direction,
    hex: toHex(bytes),
    message,
    ...(fields === undefined ? {} : { fields: fields.plain }),
    ...(options === undefined ? {} : { options: Object.fromEntries(options) }),
    ...(role === undefined ? {} : { role }),
    ...(lossy === undefined ? {} : { lossy }),
    ...(serverPort === undefined ? {} : { serverPort }),
  };
}

/** An example that decodes to something else is a mistake in the file, and the quickest way to find it. */
export function checkExamples(protocol: Protocol, cell: Cell | undefined): void {
  for (const one of cell?.items() ?? []) {
    const example = exampleOf(one);
    if (example === undefined) continue;
    const link = { transport: protocol.transports[0] ?? 'tcp', serverPort: example.serverPort ?? 0 } as const;
    const state = protocol.start(link, example.options ?? {});
    const dissected = protocol.dissect(fromHex(example.hex), example.direction, state);
    const [message] = dissected.messages;
    const remark = dissected.expert.find((info) => info.severity !== 'note') ?? dissected.expert[0];
    const why = remark === undefined ? '' : ` ${remark.text}`;
    if (message?.name !== example.message) {
      one.problem(
        `This example decodes as ${message?.name ?? 'no message'}, not as ${example.message ?? 'no message'}.${why}`,
      );
    } else if (example.fields !== undefined && !equalValues(plainValue(message.fields), example.fields)) {
      one.problem(`This example decodes to ${JSON.stringify(plainValue(message.fields))}.${why}`);
    }
  }
}
