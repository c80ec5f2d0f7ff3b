/** `--listen --upstream --protocol --option`, repeated for several proxies: the four belong to the listener named last. */
import { parseEndpointUrl } from '../../core/relay/endpoint-url.ts';
import type { ProxySpec } from '../../core/traffic/proxy-spec.ts';
import { type Invocation, UsageError } from './command.ts';

interface Draft {
  listen: string;
  upstream?: string;
  protocol?: string;
  options: Record<string, string>;
}

export function readProxySpecs(invocation: Invocation): ProxySpec[] {
  const drafts: Draft[] = [];
  const current = (name: string): Draft => {
    const draft = drafts.at(-1);
    if (draft === undefined) throw new UsageError(`--${name} belongs to a --listen before it`);
    return draft;
  };
  for (const { name, value } of invocation.given) {
    if (name === 'listen') drafts.push({ listen: value, options: {} });
    else if (name === 'upstream') current(name).upstream = value;
    else if (name === 'protocol') current(name).protocol = value;
    else if (name === 'option') {
      const at = value.indexOf('=');
      if (at <= 0) throw new UsageError(`--option takes K=V, such as dialect=head, not "${value}"`);
      current(name).options[value.slice(0, at)] = value.slice(at + 1);
    }
  }
  const tls = {
    ...(invocation.flag('insecure') ? { verify: false } : {}),
    ...(invocation.text('key-log') === undefined ? {} : { keyLog: invocation.text('key-log')! }),
  };
  return drafts.map((draft, i) => {
    const listen = parseEndpointUrl(draft.listen);
    if (draft.upstream !== undefined) parseEndpointUrl(draft.upstream);
    else if (!/^(socks5|http):/.test(draft.listen))
      throw new UsageError(`--listen ${draft.listen} needs an --upstream to go on to`);
    const protocol = draft.protocol ?? 'auto';
    const base = protocol === 'auto' ? listen.scheme : protocol;
    const same = drafts.filter((d) => (d.protocol ?? 'auto') === protocol).length > 1;
    return {
      name: same ? `${base}-${i + 1}` : base,
      listen: draft.listen,
      protocol,
      ...(draft.upstream === undefined ? {} : { upstream: draft.upstream }),
      ...(Object.keys(draft.options).length === 0 ? {} : { options: draft.options }),
      ...(invocation.flag('tap') ? { tap: true } : {}),
      ...(invocation.flag('carrier') ? { carrierCommands: true } : {}),
      ...(invocation.flag('no-follow') ? { follow: false } : {}),
      ...(invocation.flag('allow-remote') ? { allowRemote: true } : {}),
      ...(Object.keys(tls).length === 0 ? {} : { tls }),
    };
  });
}
