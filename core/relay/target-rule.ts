/** Which treatment a target named by a client gets: the first rule that matches. */
import type { TargetRule } from '../traffic/proxy-spec.ts';
import { type EndpointUrl, parseEndpointUrl, parseHostPort } from './endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';

export function findTarget(rules: readonly TargetRule[], host: string, port: number): TargetRule | undefined {
  return rules.find((rule) => {
    const [, hostPattern = '*', portPattern = '*'] = /^(.*?)(?::([\d*]+))?$/.exec(rule.match) ?? [];
    return matches(hostPattern.replace(/^\[|\]$/g, ''), host) && matches(portPattern, String(port));
  });
}

function matches(pattern: string, text: string): boolean {
  if (pattern === '*' || pattern === '') return true;
  const parts = pattern.toLowerCase().split('*');
  const lower = text.toLowerCase();
  if (parts.length === 1) return lower === parts[0];
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = i === 0 ? (lower.startsWith(part) ? 0 : -1) : lower.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.at(-1) === '' || lower.endsWith(parts.at(-1)!);
}

/**
 * Where a target's traffic goes on to.
 * @throws EngineError `bad-url` when the rule's upstream cannot be read.
 */
export function upstreamOf(rule: TargetRule | undefined, host: string, port: number): EndpointUrl {
  const scheme = rule?.transport ?? 'tcp';
  const own = { scheme, host, port, path: '' };
  if (rule?.upstream === undefined) return own;
  if (rule.upstream.includes('://')) return parseEndpointUrl(rule.upstream, ['tcp', 'tls', 'ws', 'wss', 'udp']);
  const other = parseHostPort(rule.upstream);
  if (other === undefined)
    throw new EngineError('bad-url', `${JSON.stringify(rule.upstream)} is neither host:port nor a URL.`);
  return { ...own, ...other };
}
