/** The shapes of proxies, breakpoints, rules and faults, for requests and for `interpose.yaml` alike. */
import {
  anything,
  type Check,
  dictionary,
  direction,
  either,
  flag,
  id,
  integer,
  list,
  nullable,
  number,
  object,
  optional,
  text,
  variant,
  word,
} from './arguments.ts';

const share: Check = (value, at) =>
  number(value, at) ??
  ((value as number) >= 0 && (value as number) <= 1 ? undefined : `\`${at}\` must be between 0 and 1`);
const milliseconds: Check = (value, at) =>
  number(value, at) ??
  ((value as number) >= 0 && (value as number) <= 86_400_000
    ? undefined
    : `\`${at}\` must be 0 to 86400000 milliseconds`);
const positive: Check = (value, at) =>
  number(value, at) ?? ((value as number) >= 0 ? undefined : `\`${at}\` must not be negative`);

export const proxyShape = {
  name: text,
  listen: text,
  upstream: optional(text),
  protocol: optional(text),
  options: optional(dictionary(text)),
  role: optional(text),
  targets: optional(
    list(
      object({
        match: text,
        protocol: optional(text),
        options: optional(dictionary(text)),
        transport: optional(word('tcp', 'tls', 'ws', 'wss')),
        upstream: optional(text),
        passThrough: optional(flag),
      }),
      1000,
    ),
  ),
  tls: optional(
    object({
      verify: optional(flag),
      serverName: optional(text),
      ca: optional(text),
      cert: optional(text),
      key: optional(text),
      minVersion: optional(word('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')),
      passThrough: optional(list(text, 1000)),
      requestCert: optional(flag),
      keyLog: optional(text),
    }),
  ),
  tap: optional(flag),
  carrierCommands: optional(flag),
  follow: optional(flag),
  followMap: optional(dictionary(text)),
  allowRemote: optional(flag),
  blockWhenRecordingFails: optional(flag),
  maxConnections: optional(integer(1, 1_000_000)),
} satisfies Record<string, Check>;

export const breakpointShape = {
  id: text,
  filter: text,
  direction: optional(direction),
  enabled: flag,
  limitMs: milliseconds,
  onLimit: word('forward', 'drop'),
} satisfies Record<string, Check>;

const template = either(
  object({ message: text, fields: dictionary(anything) }),
  object({ hex: text }),
  object({ text }),
);

export const ruleShape = {
  id: text,
  title: optional(text),
  group: optional(text),
  enabled: flag,
  dryRun: optional(flag),
  when: text,
  direction: optional(direction),
  proxy: optional(text),
  connection: optional(id),
  probability: optional(share),
  nth: optional(integer(1)),
  limit: optional(integer(0)),
  expiresAfter: optional(positive),
  actions: list(
    variant('do', {
      set: { path: text, value: nullable(anything) },
      replace: { find: text, with: text, as: word('text', 'hex') },
      drop: {},
      delay: { ms: milliseconds, jitterMs: optional(milliseconds) },
      duplicate: { times: integer(1, 10_000) },
      reorder: { behind: integer(1, 10_000) },
      hold: { limitMs: optional(milliseconds), onLimit: optional(word('forward', 'drop')) },
      mark: { color: optional(text), comment: optional(text) },
      inject: { where: word('before', 'after'), direction, message: template },
      answer: { message: template },
      close: {},
      reset: {},
    }),
    100,
  ),
  stop: optional(flag),
} satisfies Record<string, Check>;

export const faultShape = {
  id: text,
  kind: word(
    'latency',
    'bandwidth',
    'slicer',
    'slow-close',
    'timeout',
    'reset',
    'stall',
    'half-close',
    'refuse',
    'loss',
    'duplicate',
    'reorder',
    'corrupt',
  ),
  enabled: flag,
  direction: optional(direction),
  proxy: optional(text),
  connection: optional(id),
  when: optional(text),
  toxicity: optional(share),
  ms: optional(milliseconds),
  jitterMs: optional(milliseconds),
  rateKBps: optional(positive),
  sliceBytes: optional(integer(1)),
  sliceVariation: optional(integer(0)),
  sliceDelayUs: optional(positive),
  behind: optional(integer(1)),
  from: optional(positive),
  to: optional(positive),
  nth: optional(integer(1)),
  after: optional(text),
} satisfies Record<string, Check>;

export const faultPlanShape = {
  seed: integer(0),
  faults: list(object(faultShape), 1000),
  repeatAfter: optional(positive),
} satisfies Record<string, Check>;
