/** The command that starts a client under test: where it is to connect is written into it. */
import { type EndpointUrl, parseEndpointUrl, printEndpointUrl } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';

interface Server {
  readonly names: readonly string[];
  readonly url: string;
  readonly isTold: boolean;
}

/** `{port}`, `{url:play}`; `${port:-7000}` is the shell's. */
const PLACE = /(?<!\$)\{(port|host|url)(?::([^{}]+))?\}/g;

/**
 * `{port}`, `{host}` and `{url}` stand for where the first server is listened for, `{port:NAME}` and so on for another one.
 * @param urls where each server really is; absent: the command is only looked at
 * @throws EngineError `bad-request` for a name there is not, and where the client cannot know where a server is
 */
export function commandFor(command: string, servers: readonly Server[], urls?: readonly EndpointUrl[]): string {
  const named = new Set<number>();
  const filled = command.replaceAll(PLACE, (_place, what: 'port' | 'host' | 'url', name?: string) => {
    const at = name === undefined ? 0 : servers.findIndex(({ names }) => names.includes(name));
    if (at < 0) {
      const known = servers.map(({ names }) => names.join(' or ')).join(', ');
      throw new EngineError('bad-request', `The recorded client goes to no server ${name}; it goes to ${known}.`);
    }
    if (what !== 'host') named.add(at);
    const url = urls?.[at] ?? parseEndpointUrl(servers[at]!.url);
    return what === 'url' ? printEndpointUrl(url) : String(url[what]);
  });
  const unknown = servers.flatMap(({ names, url, isTold }, at) => {
    const isKnown = isTold || named.has(at) || parseEndpointUrl(url).port !== 0;
    return isKnown ? [] : [at === 0 ? 'write {port} or {url} into the command that starts it' : placeFor(names)];
  });
  if (unknown.length > 0) {
    throw new EngineError(
      'bad-request',
      `The client is not told where to connect: ${unknown.join(', and ')}, or listen on ${unknown.length > 1 ? 'ports' : 'a port'} it knows.`,
    );
  }
  return filled;
}

function placeFor(names: readonly string[]): string {
  return `{port:${names.at(-1)}} or {url:${names.at(-1)}} for ${names[0]}`;
}
