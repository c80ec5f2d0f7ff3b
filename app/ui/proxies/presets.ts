/** Ready-made proxies for the games we know, and what a listen or upstream URL must look like. */
import type { ProxySpec } from '../../../core/traffic/proxy-spec.ts';
import { t } from '../strings/strings.ts';

export interface Preset {
  readonly id: string;
  readonly transport: string;
  readonly note: string;
  readonly spec: ProxySpec;
}

const words = t.firstRun;

export const PRESETS: readonly Preset[] = [
  {
    id: 'mana',
    transport: words.transports.enet,
    note: words.presetNotes.mana,
    spec: {
      name: 'mana',
      listen: 'enet://127.0.0.1:9701',
      upstream: 'enet://127.0.0.1:9601',
      protocol: 'mana',
      role: 'account',
    },
  },
  {
    id: 'muddery',
    transport: words.transports.ws,
    note: words.presetNotes.muddery,
    spec: { name: 'muddery', listen: 'ws://127.0.0.1:8101', upstream: 'ws://127.0.0.1:8001', protocol: 'muddery' },
  },
  {
    id: 'fco',
    transport: words.transports.ws,
    note: words.presetNotes.fco,
    spec: { name: 'fco', listen: 'ws://127.0.0.1:8100', upstream: 'ws://127.0.0.1:8000', protocol: 'fco' },
  },
  {
    id: 'mjsonp',
    transport: words.transports.lines,
    note: words.presetNotes.mjsonp,
    spec: { name: 'mjsonp', listen: 'tcp://127.0.0.1:11700', upstream: 'tcp://127.0.0.1:11600', protocol: 'mjsonp' },
  },
  {
    id: 'socketchat',
    transport: words.transports.tcp,
    note: words.presetNotes.socketchat,
    spec: {
      name: 'socketchat',
      listen: 'tcp://127.0.0.1:4104',
      upstream: 'tcp://127.0.0.1:4004',
      protocol: 'socketchat',
    },
  },
];

export const GUESS: ProxySpec = {
  name: 'game',
  listen: 'tcp://127.0.0.1:7001',
  upstream: 'tcp://127.0.0.1:7000',
  protocol: 'auto',
};

/** `:9701` or `127.0.0.1:9601`: loopback listeners need no address. */
export function shortEndpoint(url: string, hideLoopback: boolean): string {
  const rest = url.replace(/^[a-z0-9]+:\/\//, '').replace(/\/$/, '');
  return hideLoopback ? rest.replace(/^(127\.0\.0\.1|localhost|\[::1\])(?=:)/, '') : rest;
}

const LISTEN =
  /^(tcp|tls|ws|wss|enet|udp|socks5|http):\/\/[^\s/:]+(:\d{1,5})(\/\S*)?$|^(tcp|tls|ws|wss|enet|udp|socks5|http):\/\/\[[0-9a-f:]+\]:\d{1,5}(\/\S*)?$/i;

export function isEndpointUrl(url: string): boolean {
  return LISTEN.test(url.trim());
}

/** Clients of these listeners name their targets themselves. */
export function needsUpstream(listen: string): boolean {
  return !/^(socks5|http):/i.test(listen);
}

/** A name no other proxy has. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let i = 2; ; i++) if (!taken.includes(`${name}-${i}`)) return `${name}-${i}`;
}
