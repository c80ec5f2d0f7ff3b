import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { Direction, Link, Protocol, Sample } from '../../core/protocol/protocol.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { any } from '../../core/schema/builders.ts';
import { checkMessage } from './check.ts';
import { examples } from './examples.ts';
import { watchChat } from './invariants.ts';
import { messages } from './messages.ts';
import { advance, CONNECTED, type Session } from './session.ts';
import { summary } from './summary.ts';

const TWO_MEANINGS = 14;
const NAMES = Object.fromEntries(messages.map(({ id, name }) => [String(id).padStart(2, '0'), name]));

/** `"01"`, `"1"` and 1 are one number. */
function commandNumber(raw: unknown): number | undefined {
  if (Number.isInteger(raw)) return raw as number;
  return typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : undefined;
}

/** 14 with `Flag`, or under the key `Comment`, is a receipt; alone it is the heartbeat. */
function pick(value: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.hasOwn(value, 'Command')) {
    if (commandNumber(value['Command']) !== TWO_MEANINGS) return undefined;
    return Object.hasOwn(value, 'Flag') || Object.hasOwn(value, 'Comment') ? 'chat_receipt' : 'heartbeat';
  }
  return commandNumber(value['Comment']) === TWO_MEANINGS ? 'chat_receipt' : undefined;
}

function spelling(raw: unknown): readonly ExpertInfo[] {
  if (typeof raw === 'string' && /^\d\d$/.test(raw)) return [];
  const number = commandNumber(raw);
  const due = number === undefined ? 'two digits in a string' : JSON.stringify(String(number).padStart(2, '0'));
  return [
    {
      severity: 'warning',
      group: 'schema',
      code: 'command-spelling',
      text: `Command should be ${due}.`,
      path: 'Command',
    },
  ];
}

/** The first whole JSON object in the sample, whatever the framing puts around it. */
function firstCommand(bytes: Uint8Array): number | undefined {
  const open = bytes.indexOf(0x7b);
  if (open < 0 || open > 16) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(open, open + 4096));
  const match =
    /^\{\s*"(?:Command|Comment)"\s*:\s*("?)(\d{1,2})\1\s*[,}]/.exec(text) ??
    /"Command"\s*:\s*("?)(\d{1,2})\1\s*[,}]/.exec(text);
  return match === null ? undefined : Number(match[2]);
}

function recognise({ toServer, toClient }: Sample, link: Link): number {
  const fits = (bytes: Uint8Array, direction: Direction): number => {
    const id = firstCommand(bytes);
    if (id === undefined) return 0;
    return messages.some((spec) => spec.id === id && spec.direction === direction) ? 0.85 : 0.2;
  };
  const best = Math.max(fits(toServer, 'toServer'), fits(toClient, 'toClient'));
  const usual = link.serverPort === 4004 || link.serverPort === 4399;
  return best === 0 ? 0 : Math.min(1, best + (usual ? 0.1 : 0));
}

export const socketchat: Protocol<Session> = defineProtocol<Session>({
  id: 'socketchat',
  title: 'socketchat (chat, JSON over TCP)',
  doc: 'A chat server of a class project: login, presence, one-to-one and group chat. One JSON object per message; how objects are told apart is not stated, so it is found out per connection.',
  transports: ['tcp', 'tls'],
  ports: [
    { port: 4004, transport: 'tcp' },
    { port: 4399, transport: 'tls' },
  ],
  framing: {
    kind: 'detect',
    candidates: [
      { kind: 'length-prefix', size: 4, endian: 'be' },
      { kind: 'length-prefix', size: 4, endian: 'le' },
      { kind: 'decimal-length', separator: ':' },
      { kind: 'decimal-length', separator: '\n' },
      { kind: 'decimal-length', separator: '' },
      { kind: 'nul' },
      { kind: 'lines' },
      { kind: 'json' },
    ],
  },
  messages,
  json: {
    discriminator: {
      key: 'Command',
      by: 'id',
      keep: false,
      node: any({ label: 'Command', names: NAMES }),
      read: commandNumber,
      write: (spec) => String(spec.id).padStart(2, '0'),
      pick,
      ambiguous: [TWO_MEANINGS],
      check: spelling,
    },
    // The seed's authors write Python, whose json.dumps puts a blank after comma and colon.
    style: 'python',
  },
  pairs: [
    { direction: 'toServer', request: ['login'], replies: ['login_result'] },
    { direction: 'toServer', request: ['register'], replies: ['register_result'] },
    { direction: 'toServer', request: ['chat_send'], replies: ['chat_receipt'], required: false },
    {
      direction: 'toServer',
      request: ['group_send'],
      replies: ['group_recv'],
      match: [['Message', 'Message']],
      required: false,
    },
    { direction: 'toServer', request: ['logout'], replies: ['user_offline'], required: false },
  ],
  correlations: [
    {
      issued: { message: 'user_online', path: 'LogOnUserName' },
      echoed: [
        { message: 'chat_send', path: 'FriendName' },
        { message: 'chat_recv', path: 'FriendName' },
        { message: 'group_recv', path: 'Speaker' },
        { message: 'user_offline', path: 'LogOutUserName' },
      ],
      kind: 'id',
    },
  ],
  examples,
  recognise,
  start: () => CONNECTED,
  next: (state, direction, dissected) =>
    dissected.messages.reduce((session, { name, fields }) => advance(session, direction, name, fields), state),
  classify: (bytes, direction, state, base) => {
    const found = base.classify(bytes, direction, state);
    if (found !== null) return found;
    // A receipt may carry its number as `Comment`, which the quick look for `Command` passes over.
    const message = base.dissect(bytes, direction, state).messages[0];
    if (message?.name === undefined || message.name === null) return null;
    return message.id === undefined ? { name: message.name } : { name: message.name, id: message.id };
  },
  check: (message) => checkMessage(message),
  summary,
  watch: () => watchChat(),
});
