/** The thirteen messages of the seed document. The wire knows numbers only; the names are ours. */
import type { Direction, MessageSpec } from '../../core/protocol/protocol.ts';
import { any, array, type Node, object, oneOf, string, tuple } from '../../core/schema/builders.ts';
import { flag, userName } from './names.ts';

const guest = flag('Guest', 'registered', 'guest');
const message = (label: string): Node => string({ label, role: 'text', lang: 'zh' });
const password = string({
  label: 'Password',
  role: 'password',
  secret: true,
  pattern: '[A-Za-z0-9]*',
  doc: 'Letters and digits. Empty or absent: guest login.',
});

const friend = userName('User');
const friends = array(
  // Tuples have no JSON of their own: the pair is the natural reading, the others are spellings to expect.
  oneOf([
    tuple([friend, guest]),
    friend,
    object({ 'Name?': friend, 'IsUserGuest?': guest, 'name?': friend, 'isGuest?': guest, 'guest?': guest }),
    tuple([friend, any()]),
  ]),
  { label: 'Online users', doc: 'Everybody online, with whether they are guests.' },
);

interface Entry {
  readonly id: number;
  readonly name: string;
  readonly direction: Direction;
  readonly zh: string;
  readonly group: string;
  readonly doc: string;
  readonly shape: Readonly<Record<string, Node>>;
}

const table: readonly Entry[] = [
  {
    id: 1,
    name: 'login',
    direction: 'toServer',
    zh: '登陆',
    group: 'login',
    doc: 'Log in; without a password as a guest.',
    shape: { Name: userName('User'), 'Password?': password },
  },
  {
    id: 11,
    name: 'login_result',
    direction: 'toClient',
    zh: '登陆结果',
    group: 'login',
    doc: 'With `Flag` 0 every other key is meaningless and the list is empty.',
    shape: { Flag: flag('Logged in', 'failed', 'ok'), 'Friends?': friends },
  },
  {
    id: 30,
    name: 'user_online',
    direction: 'toClient',
    zh: '用户上线',
    group: 'login',
    doc: 'To all other clients after a successful login.',
    shape: { LogOnUserName: userName('User'), 'IsUserGuest?': guest },
  },
  {
    id: 2,
    name: 'register',
    direction: 'toServer',
    zh: '注册',
    group: 'register',
    doc: 'Optional feature.',
    shape: { Name: userName('User'), Password: password },
  },
  {
    id: 12,
    name: 'register_result',
    direction: 'toClient',
    zh: '注册结果',
    group: 'register',
    doc: 'Optional feature. `Message` says why, and only with `Flag` 0.',
    shape: { Flag: flag('Registered', 'failed', 'ok'), 'Message?': message('Error') },
  },
  { id: 3, name: 'logout', direction: 'toServer', zh: '登出', group: 'logout', doc: 'Log out.', shape: {} },
  {
    id: 31,
    name: 'user_offline',
    direction: 'toClient',
    zh: '用户下线',
    group: 'logout',
    doc: 'To all online clients, also after a crash.',
    shape: { LogOutUserName: userName('User') },
  },
  {
    id: 4,
    name: 'chat_send',
    direction: 'toServer',
    zh: '发送聊天',
    group: 'chat',
    doc: 'To one other user.',
    shape: { FriendName: userName('Receiver'), Message: message('Text') },
  },
  {
    id: 13,
    name: 'chat_recv',
    direction: 'toClient',
    zh: '接收聊天',
    group: 'chat',
    doc: '`FriendName` is the sender here.',
    shape: { FriendName: userName('Sender'), Message: message('Text') },
  },
  {
    id: 14,
    name: 'chat_receipt',
    direction: 'toClient',
    zh: '回执',
    group: 'chat',
    doc: 'Optional feature. Shares its number with the heartbeat and is known by `Flag`, or by the key `Comment` the seed prints in place of `Command`.',
    shape: { Flag: flag('Delivered', 'failed', 'ok'), 'Comment?': any({ label: 'Number under its printed key' }) },
  },
  {
    id: 5,
    name: 'group_send',
    direction: 'toServer',
    zh: '发送群聊',
    group: 'group chat',
    doc: 'Optional feature.',
    shape: { Message: message('Text') },
  },
  {
    id: 32,
    name: 'group_recv',
    direction: 'toClient',
    zh: '接收群聊',
    group: 'group chat',
    doc: 'Optional feature. To all online clients, the speaker included.',
    shape: { Speaker: userName('Speaker'), Message: message('Text') },
  },
  {
    id: 14,
    name: 'heartbeat',
    direction: 'toClient',
    zh: '心跳',
    group: 'heartbeat',
    doc: 'Optional feature. That it can be sent is the test; nothing answers it.',
    shape: {},
  },
];

export const messages: readonly MessageSpec[] = table.map(({ id, name, direction, zh, group, doc, shape }) => ({
  name,
  id,
  direction,
  node: object(shape),
  meta: { doc },
  group,
  titles: { zh },
}));
