/** `--as`, `--port`, `--option`, `--protocol-file`: which protocols there are and which one a connection is decoded as. */
import type { Choose } from '../../core/capture/stream-pair.ts';
import type { Link, Protocol, Transport } from '../../core/protocol/protocol.ts';
import { readFileSync } from 'node:fs';
import { Registry } from '../../core/protocol/recognise.ts';
import { type LoadedProtocol, loadProtocol } from '../../core/protocol/yaml-protocol.ts';
import { compileFilter } from '../../core/traffic/filter/filter.ts';
import { protocols as builtIn } from '../../dissectors/index.ts';
import { type Invocation, UsageError } from './command.ts';

export interface ProtocolChoice {
  readonly protocols: readonly Protocol[];
  /** Forced with `--as`. */
  readonly forced: Protocol | undefined;
  readonly options: Readonly<Record<string, string>>;
  /** For connections found in captures. */
  readonly choose: Choose;
  /** The protocol given for this link on the command line, if one is. */
  given(link: Link): Protocol | undefined;
  readonly serverPorts: ReadonlyMap<number, Transport>;
}

export function readProtocolChoice(invocation: Pick<Invocation, 'text' | 'texts'>): ProtocolChoice {
  const protocols = [...loadProtocolFiles(invocation.texts('protocol-file')), ...builtIn];
  const find = (id: string): Protocol => {
    const protocol = protocols.find((p) => p.id === id);
    if (protocol === undefined)
      throw new UsageError(
        `there is no protocol "${id}"; "interpose protocols" lists ${protocols.map((p) => p.id).join(', ')}`,
      );
    return protocol;
  };
  const as = invocation.text('as');
  const forced = as === undefined || as === 'auto' ? undefined : find(as);
  const byPort = new Map<number, Protocol>();
  for (const text of invocation.texts('port')) {
    const match = /^(\d{1,5})=(.+)$/.exec(text);
    if (match === null) throw new UsageError(`--port takes N=ID, such as 11600=mjsonp, not "${text}"`);
    byPort.set(Number(match[1]), find(match[2]!));
  }
  const options = readOptions(invocation.texts('option'), forced ?? [...byPort.values()][0]);
  const registry = new Registry(protocols);
  const given = (link: Link): Protocol | undefined =>
    byPort.get(link.serverPort) ?? byPort.get(link.clientPort ?? 0) ?? forced;
  return {
    protocols,
    forced,
    options,
    given,
    choose: (sample, link) => {
      const protocol = given(link);
      return protocol === undefined ? (registry.recognise(sample, link) ?? undefined) : { protocol, confidence: 1 };
    },
    serverPorts: new Map([
      ...protocols.flatMap((p) => p.ports.map((port) => [port.port, port.transport] as const)),
      ...[...byPort].map(([port, p]) => [port, p.transports[0] ?? 'tcp'] as const),
    ]),
  };
}

export function readOptions(texts: readonly string[], protocol: Protocol | undefined): Record<string, string> {
  const options: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) throw new UsageError(`--option takes K=V, such as dialect=head, not "${text}"`);
    const name = text.slice(0, at);
    const value = text.slice(at + 1);
    const known = protocol?.options.find((o) => o.name === name);
    if (protocol !== undefined && known === undefined)
      throw new UsageError(
        `${protocol.id} has no option "${name}"; it has ${protocol.options.map((o) => o.name).join(', ') || 'none'}`,
      );
    if (known?.values !== undefined && !known.values.includes(value))
      throw new UsageError(`option ${name} of ${protocol!.id} is one of ${known.values.join(', ')}, not "${value}"`);
    options[name] = value;
  }
  return options;
}

/** The user's own protocols; a mistake is told with its place. */
export function loadProtocolFiles(paths: readonly string[]): Protocol[] {
  return paths.map((path) => {
    const { protocol, problems } = readProtocolFile(path);
    const [first] = problems;
    if (protocol === undefined || first !== undefined) {
      throw new UsageError(
        `${path}:${first?.line ?? 1}:${first?.column ?? 1}: ${first?.message ?? 'not a protocol'}; "interpose schema check ${path}" lists every problem`,
      );
    }
    return protocol;
  });
}

export function readProtocolFile(path: string): LoadedProtocol {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`cannot read the protocol file ${path}`);
  }
  return loadProtocol(text, (condition) => compileFilter(condition));
}
