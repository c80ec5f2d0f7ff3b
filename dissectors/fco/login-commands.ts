/** The login server, port 8000: accounts and master data. */
import { array } from '../../core/schema/builders.ts';
import { type Commands, credentials, user, version } from './entry.ts';
import { accessory, map, quest, text, userId } from './types.ts';

export const login: Commands = [
  [
    'toServer',
    {
      id: 101,
      name: 'create_user',
      en: 'Create an account',
      doc: 'Missing from the seed table.',
      shape: { ...credentials, 'character_name?': text('Character', { role: 'name' }) },
    },
  ],
  [
    'toServer',
    {
      id: 102,
      name: 'login',
      ja: 'ログイン',
      en: 'Log in',
      shape: {
        user_name: credentials.user_name,
        'pass?': credentials.pass,
        'name?': text('Password', { role: 'password', secret: true, doc: 'Name of `pass` in an old client class.' }),
      },
    },
  ],
  [
    'toClient',
    {
      id: 103,
      name: 'login_ok',
      ja: '確認OK',
      en: 'Login accepted',
      shape: { ...user, name: text('Character', { role: 'name', volatile: true }) },
    },
  ],
  ['toClient', { id: 104, name: 'login_error', ja: '確認取れない', en: 'Login refused', shape: {} }],
  [
    'toClient',
    { id: 105, name: 'create_ok', ja: '作成完了', en: 'Account created', doc: '`user_id` is always 0.', shape: user },
  ],
  [
    'toClient',
    { id: 106, name: 'already_registered', ja: 'すでに登録されている', en: 'Account exists already', shape: {} },
  ],
  [
    'toServer',
    {
      id: 107,
      name: 'reconnect_request',
      ja: '再接続',
      en: 'Reconnect',
      doc: 'Class in the client only; the server does not know it.',
      shape: { 'user_id?': userId },
    },
  ],
  [
    'toClient',
    { id: 108, name: 'reconnect', ja: '再接続', en: 'Reconnected', shape: { 'user_id?': userId }, neverSent: true },
  ],
  [
    'toServer',
    {
      id: 708,
      name: 'accessory_master_request',
      ja: 'アクセサリー一覧取得のコール',
      en: 'Ask for all accessories',
      shape: user,
    },
  ],
  [
    'toClient',
    {
      id: 709,
      name: 'accessory_master',
      ja: 'アクセサリー一覧の取得',
      en: 'All accessories',
      shape: { version, accessorys: array(accessory, { label: 'Accessories' }) },
    },
  ],
  [
    'toServer',
    {
      id: 714,
      name: 'quest_master_request',
      en: 'Ask for all quests',
      doc: 'The seed has this at 713.',
      shape: user,
      revisions: ['head'],
    },
  ],
  [
    'toClient',
    {
      id: 715,
      name: 'quest_master',
      en: 'All quests',
      doc: 'The seed has this at 714.',
      shape: { version, quests: array(quest, { label: 'Quests' }) },
      revisions: ['head'],
    },
  ],
  [
    'toServer',
    { id: 716, name: 'map_master_request', ja: 'マップマスターコール', en: 'Ask for all maps', shape: user },
  ],
  [
    'toClient',
    {
      id: 717,
      name: 'map_master',
      ja: 'マップマスター取得',
      en: 'All maps',
      shape: { version, maps: array(map, { label: 'Maps' }) },
    },
  ],
  [
    'toClient',
    {
      id: 901,
      name: 'duplicate_login',
      ja: '重複ログイン',
      en: 'Account is logged in already',
      doc: 'Answers 102. Not reachable at the last revision.',
      shape: {},
    },
  ],
];
