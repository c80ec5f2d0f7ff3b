import type { DissectedMessage } from '../../core/protocol/protocol.ts';
import { field, friendNames, yes } from './session.ts';

const words = (value: unknown): string => (typeof value === 'string' ? value : '?');

export function summary({ name, fields }: DissectedMessage): string {
  const text = words(field(fields, 'Message'));
  const flag = yes(field(fields, 'Flag'));
  const result = flag === undefined ? '?' : flag ? 'ok' : 'failed';
  switch (name) {
    case 'login': {
      const password = field(fields, 'Password');
      return `${words(field(fields, 'Name'))} logs in${password === undefined || password === '' ? ' as guest' : ''}`;
    }
    case 'login_result': {
      const friends = friendNames(field(fields, 'Friends'));
      return `login ${result}${friends.length === 0 ? '' : ` · online: ${friends.join(', ')}`}`;
    }
    case 'user_online':
      return `${words(field(fields, 'LogOnUserName'))} comes online${yes(field(fields, 'IsUserGuest')) === true ? ' as guest' : ''}`;
    case 'register':
      return `${words(field(fields, 'Name'))} registers`;
    case 'register_result':
      return `registration ${result}${field(fields, 'Message') === undefined ? '' : ` · ${text}`}`;
    case 'logout':
      return 'logs out';
    case 'user_offline':
      return `${words(field(fields, 'LogOutUserName'))} goes offline`;
    case 'chat_send':
      return `to ${words(field(fields, 'FriendName'))}: ${text}`;
    case 'chat_recv':
      return `from ${words(field(fields, 'FriendName'))}: ${text}`;
    case 'chat_receipt':
      return `delivery ${result}`;
    case 'group_send':
      return `to all: ${text}`;
    case 'group_recv':
      return `${words(field(fields, 'Speaker'))} to all: ${text}`;
    case 'heartbeat':
      return 'still there?';
    default:
      return '';
  }
}
