/** Every table of the seed document, both spellings of the doubtful ones, and what senders are likely to get wrong. */
import type { Direction, Example } from '../../core/protocol/protocol.ts';
import { golden } from '../json/golden.ts';

const chat = (direction: Direction, message: string | null, text: string, name: string, lossy?: string): Example =>
  golden(direction, message, text, { without: 'Command', name, ...(lossy === undefined ? {} : { lossy }) });
const SPELLING = 'the number comes out as two digits in a string';

export const examples: readonly Example[] = [
  chat('toServer', 'login', '{"Command": "01", "Name": "alice1"}', 'guest login'),
  chat('toServer', 'login', '{"Command": "01", "Name": "alice1", "Password": "secret9"}', 'login'),
  chat('toServer', 'login', '{"Command": "01", "Name": "alice1", "Password": ""}', 'guest login with empty password'),
  chat('toClient', 'login_result', '{"Command": "11", "Flag": 1, "Friends": [["bob22", 1], ["carol", 0]]}', 'login ok'),
  chat('toClient', 'login_result', '{"Command": "11", "Flag": 0, "Friends": []}', 'login refused'),
  chat('toClient', 'user_online', '{"Command": "30", "LogOnUserName": "dave4", "IsUserGuest": 1}', 'user online'),
  chat('toClient', 'user_online', '{"Command": "30", "LogOnUserName": "dave4"}', 'user online, guest mark left out'),
  chat('toServer', 'register', '{"Command": "02", "Name": "alice1", "Password": "secret9"}', 'register'),
  chat('toClient', 'register_result', '{"Command": "12", "Flag": 1}', 'registered'),
  chat(
    'toClient',
    'register_result',
    '{"Command": "12", "Flag": 0, "Message": "用户名已存在"}',
    'registration refused',
  ),
  chat('toServer', 'logout', '{"Command": "03"}', 'logout'),
  chat('toClient', 'user_offline', '{"Command": "31", "LogOutUserName": "dave4"}', 'user offline'),
  chat(
    'toServer',
    'chat_send',
    '{"Command": "04", "FriendName": "bob22", "Message": "换行\\n在字符串里 }{"}',
    'chat sent',
  ),
  chat(
    'toClient',
    'chat_recv',
    '{"Command": "13", "FriendName": "bob22", "Message": "\\u4f60好 😀"}',
    'chat received',
    'escaped characters come out as themselves',
  ),
  chat('toClient', 'chat_receipt', '{"Command": "14", "Flag": 1}', 'receipt'),
  chat(
    'toClient',
    'chat_receipt',
    '{"Comment": "14", "Flag": 1}',
    'receipt as the seed prints it',
    'written anew the key is Command',
  ),
  chat('toServer', 'group_send', '{"Command": "05", "Message": "大家好 \\"[:)]\\""}', 'group chat sent'),
  chat('toClient', 'group_recv', '{"Command": "32", "Speaker": "alice1", "Message": "大家好"}', 'group chat received'),
  chat('toClient', 'heartbeat', '{"Command": "14"}', 'heartbeat'),
  // Spellings to expect.
  chat('toServer', 'login', '{"Command": 1, "Name": "alice1"}', 'number as number', SPELLING),
  chat('toServer', 'login', '{"Command": "1", "Name": "alice1"}', 'number with one digit', SPELLING),
  chat('toClient', 'login_result', '{"Command": 11, "Flag": true, "Friends": ["bob22"]}', 'list of names', SPELLING),
  chat(
    'toClient',
    'login_result',
    '{"Command": "11", "Flag": "1", "Friends": [{"Name": "bob22", "IsUserGuest": 1}]}',
    'list of objects',
  ),
  chat('toServer', null, '{"Command": 01, "Name": "alice1"}', 'leading zero is no JSON'),
  chat('toClient', null, '{"Command": "11", "Flag": 1, "Friends": [(\'bob22\', 1)]}', 'Python text is no JSON'),
];
