/** What the engine last said about everything but the rows: one store per subject, refilled after each reconnect. */
import type {
  CaptureStatus,
  ConnectionStatus,
  Events,
  ProtocolSummary,
  ScriptStatus,
  SessionInfo,
} from '../../../core/contract/verbs.ts';
import type { FuzzStatus } from '../../../core/contract/fuzz-verbs.ts';
import type { ReplayStatus } from '../../../core/contract/replay-verbs.ts';
import type { Breakpoint, FaultPlan, HeldFrame, Meter, Rule, RuleStatus } from '../../../core/traffic/control.ts';
import type { ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import { createStore, type Store } from '../state/store.ts';
import type { EngineClient } from './engine-client.ts';

export type Growth = Pick<Events['grew'], 'frames' | 'bytesOnDisk' | 'rate'>;

export interface Mirror {
  readonly session: Store<SessionInfo | null>;
  readonly growth: Store<Growth>;
  readonly proxies: Store<readonly ProxyStatus[]>;
  readonly connections: Store<readonly ConnectionStatus[]>;
  readonly held: Store<readonly HeldFrame[]>;
  readonly breakpoints: Store<readonly Breakpoint[]>;
  readonly rules: Store<readonly Rule[]>;
  readonly ruleStatus: Store<readonly RuleStatus[]>;
  readonly faults: Store<FaultPlan | null>;
  readonly panic: Store<boolean>;
  readonly meter: Store<Meter | null>;
  readonly script: Store<ScriptStatus | null>;
  readonly capture: Store<CaptureStatus | null>;
  readonly replay: Store<ReplayStatus | null>;
  readonly fuzz: Store<FuzzStatus | null>;
  readonly protocols: Store<readonly ProtocolSummary[]>;
  readonly expertCount: Store<number>;
}

export function createMirror(client: EngineClient): Mirror {
  const mirror: Mirror = {
    session: createStore<SessionInfo | null>(null),
    growth: createStore<Growth>({ frames: 0, bytesOnDisk: 0, rate: { toServer: 0, toClient: 0 } }),
    proxies: createStore<readonly ProxyStatus[]>([]),
    connections: createStore<readonly ConnectionStatus[]>([]),
    held: createStore<readonly HeldFrame[]>([]),
    breakpoints: createStore<readonly Breakpoint[]>([]),
    rules: createStore<readonly Rule[]>([]),
    ruleStatus: createStore<readonly RuleStatus[]>([]),
    faults: createStore<FaultPlan | null>(null),
    panic: createStore(false),
    meter: createStore<Meter | null>(null),
    script: createStore<ScriptStatus | null>(null),
    capture: createStore<CaptureStatus | null>(null),
    replay: createStore<ReplayStatus | null>(null),
    fuzz: createStore<FuzzStatus | null>(null),
    protocols: createStore<readonly ProtocolSummary[]>([]),
    expertCount: createStore(0),
  };

  const setSession = (info: SessionInfo): void => {
    mirror.session.set(info);
    mirror.growth.update((now) => ({ ...now, frames: info.frames, bytesOnDisk: info.bytesOnDisk }));
  };
  client.on('session', setSession);
  client.on('grew', (data) => mirror.growth.set(data));
  client.on('proxies', (data) => mirror.proxies.set(data));
  client.on('connections', (data) => mirror.connections.set(data));
  client.on('held', (data) => mirror.held.set(data));
  client.on('rules', (data) => mirror.ruleStatus.set(data));
  client.on('controls', ({ breakpoints, rules, faults }) => {
    mirror.breakpoints.set(breakpoints);
    mirror.rules.set(rules);
    mirror.faults.set(faults);
  });
  client.on('panic', (data) => mirror.panic.set(data.on));
  client.on('meter', (data) => mirror.meter.set(data));
  client.on('script', (data) => mirror.script.set(data));
  client.on('capture', (data) => mirror.capture.set(data));
  client.on('replay', (data) => mirror.replay.set(data));
  client.on('fuzz', (data) => mirror.fuzz.set(data));
  mirror.connections.subscribe(() => {
    mirror.expertCount.set(mirror.connections.get().reduce((sum, each) => sum + each.expertCount, 0));
  });

  // A verb this engine cannot answer must not keep the others from being shown.
  const fill = <T>(asked: Promise<T>, use: (value: T) => void): void => void asked.then(use, () => undefined);
  client.onReady(() => {
    fill(client.request('session.info', {}), setSession);
    fill(client.request('proxies.list', {}), mirror.proxies.set);
    fill(client.request('connections.list', {}), mirror.connections.set);
    fill(client.request('held.list', {}), mirror.held.set);
    fill(client.request('breakpoints.list', {}), mirror.breakpoints.set);
    fill(client.request('rules.list', {}), (all) => {
      mirror.rules.set(all.rules);
      mirror.ruleStatus.set(all.status);
    });
    fill(client.request('faults.get', {}), mirror.faults.set);
    fill(client.request('meter', {}), mirror.meter.set);
    fill(client.request('script.status', {}), mirror.script.set);
    fill(client.request('replay.status', {}), mirror.replay.set);
    fill(client.request('fuzz.status', {}), mirror.fuzz.set);
    fill(client.request('protocols.list', {}), mirror.protocols.set);
  });
  return mirror;
}
