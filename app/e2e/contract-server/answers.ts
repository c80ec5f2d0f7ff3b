/** Answers to every verb but rows: the state a small session would have, changed by what is asked. */
import type { ViewSpec } from '../../../core/contract/rows.ts';
import type { ConnectionStatus, FindWhat, SessionInfo } from '../../../core/contract/verbs.ts';
import type { ProxySpec, ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import { compileFilter, completeFilter } from '../../../core/traffic/filter/filter.ts';
import { controlAnswers } from './control-answers.ts';
import { runAnswers } from './run-answers.ts';
import { sampleCarrierRows, sampleCarrierView } from './sample-carrier.ts';
import { sampleFrame } from './sample-frame.ts';
import type { SampleSession } from './sample-rows.ts';
import { sampleStrip, SampleView, subjectOf, VOCABULARY } from './sample-views.ts';
import { statisticsAnswers } from './statistics-answers.ts';

export interface AnswerDeps {
  readonly session: SampleSession;
  readonly length: () => number;
  readonly event: (name: string, data: unknown) => void;
  readonly isEmpty: boolean;
}

export interface AnswerContext {
  answer(verb: string, args: never, views: Map<number, SampleView>): Promise<unknown>;
}

export type Answers = Readonly<Record<string, (args: never, views: Map<number, SampleView>) => unknown>>;

const PROTOCOLS = ['mana', 'muddery', 'fco', 'mjsonp', 'socketchat'];

export function createAnswers(deps: AnswerDeps): AnswerContext {
  const all: Answers = {
    ...sessionAnswers(deps),
    ...timelineAnswers(deps),
    ...controlAnswers(deps),
    ...statisticsAnswers(deps),
    ...runAnswers(deps),
  };
  return {
    async answer(verb, args, views) {
      const one = all[verb];
      if (one === undefined) throw new Error(`The contract server has no answer for ${verb}.`);
      return one(args, views);
    },
  };
}

function sessionAnswers({ session, length, event, isEmpty }: AnswerDeps): Answers {
  let recording = true;
  const info = (): SessionInfo => ({
    path: '/home/ada/market-desync.ipsession',
    title: isEmpty ? '' : 'market-desync.ipsession',
    recording,
    readOnly: false,
    began: session.began,
    ended: length() === 0 ? session.began : session.timeOf(length() - 1),
    frames: length(),
    lost: 0,
    bytesOnDisk: 41_200_000,
    engineVersion: '0.1.0',
  });
  let proxies: readonly ProxyStatus[] = isEmpty
    ? []
    : PROTOCOLS.map((name, i) => ({
        spec: { name, listen: `tcp://127.0.0.1:${9701 + i}`, upstream: `tcp://127.0.0.1:${9601 + i}`, protocol: name },
        state: 'running',
        url: `tcp://127.0.0.1:${9701 + i}`,
        connections: 2,
        totalConnections: 3,
        frames: 20_000 + i,
      }));
  const setProxies = (next: readonly ProxyStatus[]): readonly ProxyStatus[] => {
    proxies = next;
    event('proxies', proxies);
    return proxies;
  };
  const protocolOf = [
    '',
    'mana',
    'mana',
    'mana',
    'muddery',
    'fco',
    'mjsonp',
    'mjsonp',
    'mjsonp',
    'mjsonp',
    'socketchat',
    'socketchat',
  ];
  const connections: readonly ConnectionStatus[] = isEmpty
    ? []
    : protocolOf.slice(1).map((protocol, i) => ({
        id: i + 1,
        proxy: protocol,
        transport: protocol === 'mana' ? 'enet' : protocol === 'muddery' || protocol === 'fco' ? 'ws' : 'tcp',
        client: { address: '127.0.0.1', port: 50_001 + i },
        server: { address: '127.0.0.1', port: 9601 + PROTOCOLS.indexOf(protocol) },
        protocol,
        opened: session.began + i,
        journey: protocol === 'mana' ? 1 : i + 2,
        role: ['account', 'game', 'chat'][i] ?? '',
        details: protocol === 'mana' ? { channels: 3, mtu: 1400 } : { extensions: 'permessage-deflate' },
        frames: 8000 + i * 91,
        bytesToServer: 120_000 + i,
        bytesToClient: 880_000 + i,
        expertCount: i === 1 ? 5 : i === 4 ? 2 : 0,
        understood: i === 4 ? 0.98 : 1,
        name: `${protocol} c${i + 1}`,
        ...(i === 8 ? { closed: session.began + 90, ending: 'client closed' } : {}),
      }));
  const summary = (id: string, i: number) => ({
    id,
    title: id,
    transports: ['tcp'],
    ports: [{ port: 9601 + i, transport: 'tcp' }],
    options:
      id === 'socketchat'
        ? [{ name: 'framing', doc: 'How messages are cut apart.', default: 'head', values: ['head', 'line', 'json'] }]
        : [],
    messages: 40 + i,
  });
  return {
    'session.info': info,
    'session.new': info,
    'session.open': info,
    'session.saveAs': ({ path }: { path: string }) => ({ path, bytes: 41_200_000 }),
    'session.record': ({ on }: { on: boolean }) => {
      recording = on;
      event('session', info());
      return info();
    },
    'marks.set': ({ n }: { n: number }) => ({ n }),
    'marks.list': () => [],
    'proxies.list': () => proxies,
    'proxy.start': ({ spec }: { spec: ProxySpec }) => {
      const status: ProxyStatus = {
        spec,
        state: 'running',
        url: spec.listen,
        connections: 0,
        totalConnections: 0,
        frames: 0,
      };
      setProxies([...proxies, status]);
      return status;
    },
    'proxy.stop': ({ name }: { name: string }) =>
      setProxies(proxies.map((each) => (each.spec.name === name ? { ...each, state: 'stopped' } : each))).find(
        (each) => each.spec.name === name,
      ),
    'proxy.restart': ({ name }: { name: string }) =>
      setProxies(proxies.map((each) => (each.spec.name === name ? { ...each, state: 'running' } : each))).find(
        (each) => each.spec.name === name,
      ),
    'proxy.update': ({ name, spec }: { name: string; spec: ProxySpec }) =>
      setProxies(proxies.map((each) => (each.spec.name === name ? { ...each, spec } : each)))[0],
    'proxy.remove': ({ name }: { name: string }) => {
      setProxies(proxies.filter((each) => each.spec.name !== name));
      return { name };
    },
    'demo.start': () =>
      setProxies(
        PROTOCOLS.map((name) => ({
          spec: { name, listen: 'tcp://127.0.0.1:1', protocol: name },
          state: 'running',
          connections: 0,
          totalConnections: 0,
          frames: 0,
        })),
      ),
    'demo.stop': () => ({}),
    'connections.list': () => connections,
    'connection.close': ({ id }: { id: number }) => ({ id }),
    'connection.decodeAs': ({ id }: { id: number }) => ({ id }),
    'doctor.run': () => [
      { state: 'good', title: 'Ports are free', text: '9701, 8101, 8100, 11700 and 4104 can be listened on' },
      { state: 'good', title: 'A server answers at 127.0.0.1:9601', text: 'ENet connect in 0.8 ms, then closed again' },
      {
        state: 'warning',
        title: 'Passive capture is off',
        text: 'tcpdump is installed but may not read interfaces as this user',
        advice: 'Give it the right once, or start it yourself.',
      },
      {
        state: 'note',
        title: 'No certificate yet',
        text: 'Only needed for tls:// and wss:// games; one is made when you first ask',
      },
    ],
    'capture.interfaces': () => [{ name: 'lo', addresses: ['127.0.0.1', '::1'] }],
    'capture.start': () => ({ running: true, interface: 'lo', packets: 0, dropped: 0 }),
    'capture.stop': () => ({ running: false, packets: 10, dropped: 0 }),
    'protocols.list': () => PROTOCOLS.map(summary),
    'protocol.describe': ({ id }: { id: string }) => ({
      ...summary(id, PROTOCOLS.indexOf(id)),
      markdown: `# ${id}`,
      messageList:
        VOCABULARY.messages.size === 0
          ? []
          : [...VOCABULARY.messages.values()]
              .flat()
              .filter((each) => each.protocol === id)
              .map((each) => ({ name: each.name, direction: 'both' as const })),
    }),
    'files.recent': () => [
      { path: '/home/ada/market-desync.ipsession', time: session.began - 86_400 },
      { path: '/home/ada/小巷-战斗队列.ipsession', time: session.began - 3 * 86_400 },
      { path: '/home/ada/game.pcap', time: session.began - 9 * 86_400 },
    ],
    'files.upload': () => ({ ticket: 'abc' }),
    'files.import': () => ({ frames: 3404, problems: [] }),
    'files.export': ({ format }: { format: string }) => ({
      download: '/icons/none',
      name: `session.${format}`,
      bytes: 48_213,
      frames: length(),
      redacted: 12,
    }),
    'files.redactionPreview': () => [
      { placeholder: '«token-1»', count: 14, where: 'APMSG_CHAR_SELECT_RESPONSE.token', sample: '2a281c5d…' },
      { placeholder: '«password-1»', count: 2, where: 'PAMSG_LOGIN.password', sample: 's••••••' },
    ],
    'script.status': () => ({ running: false, hooks: [], calls: 0, log: [] }),
    'script.load': ({ path }: { path: string }) => ({
      path,
      running: false,
      hooks: [],
      calls: 0,
      error: { message: 'onFrme is not a hook; did you mean onFrame?', line: 12 },
      log: [],
    }),
    'script.unload': () => ({ running: false, hooks: [], calls: 0, log: [] }),
    meter: () => ({ exact: true, bytes: 9_000_000, frames: length(), changedOnPurpose: 5, p50Ms: 0.06, p99Ms: 0.21 }),
  };
}

function timelineAnswers({ session, length }: AnswerDeps): Answers {
  let nextView = 1;
  return {
    'view.open': ({ spec }: { spec: ViewSpec }, views) => {
      const view = new SampleView(nextView++, spec, session, length);
      views.set(view.id, view);
      return view.status();
    },
    'view.change': ({ view, spec }: { view: number; spec: ViewSpec }, views) => {
      const found = views.get(view);
      if (found === undefined) throw new Error(`There is no view ${view}.`);
      found.change(spec);
      return found.status();
    },
    'view.close': ({ view }: { view: number }, views) => {
      views.delete(view);
      return {};
    },
    'view.cancel': ({ view }: { view: number }, views) => views.get(view)?.status(),
    'view.indexOf': ({ view, n }: { view: number; n: number }, views) => views.get(view)?.indexOf(n),
    'view.find': ({ view, from, back, what }: { view: number; from: number; back?: boolean; what: FindWhat }, views) =>
      views.get(view)?.find(from, what, back === true),
    'view.strip': ({ from, to, buckets }: { from: number; to: number; buckets: number }) =>
      sampleStrip(session, length(), from, to, buckets),
    'frame.get': ({ n }: { n: number }) => sampleFrame(session.row(n - 1), session.began),
    'carrier.list': () => ({ rows: sampleCarrierRows(), more: false }),
    'carrier.get': () => sampleCarrierView(),
    'frame.usualAnswer': () => null,
    'frame.sameValue': ({ n, path }: { n: number; path: string }) => [
      { n: Math.max(1, n - 40), path },
      { n: n + 40, path },
    ],
    'filter.check': ({ text }: { text: string }) => {
      const filter = compileFilter(text, VOCABULARY);
      if (!filter.ok) return filter;
      let count = 0;
      const most = Math.min(length(), 20_000);
      for (let i = 0; i < most; i++) if (filter.test(subjectOf(session.row(i), session.began))) count++;
      return { ok: true, explain: filter.explain(), count: Math.round((count / Math.max(1, most)) * length()) };
    },
    'filter.complete': ({ text, at }: { text: string; at: number }) => completeFilter(text, at, VOCABULARY),
  };
}
