/** The chat server, port 8009, and what only old revisions or the seed document have. */
import { array } from '../../core/schema/builders.ts';
import { type Commands, type Revision, user, version, speech } from './entry.ts';
import { int, items, quest, userId } from './types.ts';

export const chat: Commands = [
  ['toServer', { id: 801, name: 'chat_all', ja: '全体チャット', en: 'Say to all', shape: speech }],
  [
    'toClient',
    {
      id: 802,
      name: 'chat_all',
      ja: '全体チャット',
      en: 'Said to all',
      doc: 'To every open chat socket, the sender included.',
      shape: speech,
    },
  ],
];

const OLD: readonly Revision[] = ['legacy', 'seed'];
export const legacy: Commands = [
  [
    'toServer',
    {
      id: 203,
      name: 'first_login_request',
      en: 'First login (old)',
      doc: 'Until October 2019.',
      shape: { 'user_id?': userId },
      revisions: ['legacy'],
    },
  ],
  [
    'toClient',
    {
      id: 204,
      name: 'first_login',
      en: 'First login (old)',
      doc: 'Until October 2019.',
      shape: { 'user_id?': userId },
      revisions: ['legacy'],
    },
  ],
  [
    'toServer',
    {
      id: 301,
      name: 'inventory_change',
      ja: 'インベの変更',
      en: 'Change the inventory (old)',
      doc: 'The handlers were wired crosswise: answered with 704.',
      shape: {
        user_id: userId,
        'itemId?': int('Item'),
        'num?': int('Count', { role: 'quantity' }),
        'type?': int('Type'),
      },
    },
  ],
  [
    'toClient',
    { id: 302, name: 'inventory_change_ok', ja: 'インベの変更OK', en: 'Inventory changed (old)', shape: {} },
  ],
  [
    'toClient',
    { id: 303, name: 'inventory_change_error', ja: 'インベの変更エラー', en: 'Inventory not changed (old)', shape: {} },
  ],
  [
    'toServer',
    {
      id: 306,
      name: 'equipment_change',
      ja: '装備の変更',
      en: 'Change the equipment (old)',
      shape: {
        user_id: userId,
        'weapon?': int('Weapon'),
        'head?': int('Head'),
        'body?': int('Body'),
        'hand?': int('Hand'),
        'leg?': int('Leg'),
        'accessoryL?': int('Left accessory'),
        'accessoryR?': int('Right accessory'),
      },
    },
  ],
  [
    'toClient',
    { id: 307, name: 'equipment_change_ok', ja: '装備の変更完了', en: 'Equipment changed (old)', shape: {} },
  ],
  [
    'toServer',
    {
      id: 702,
      name: 'item_list_request',
      ja: 'アイテムの一覧取得',
      en: 'Ask for all items (old)',
      doc: 'The handlers were wired crosswise: answered with 302 or 303.',
      shape: { 'user_id?': userId },
    },
  ],
  ['toClient', { id: 704, name: 'item_list', ja: 'アイテムの取得OK', en: 'Items (old)', shape: { 'items?': items } }],
  [
    'toClient',
    {
      id: 705,
      name: 'item_error',
      ja: 'アイテムの取得エラー',
      en: 'Items not read (old)',
      doc: 'In the seed only: no revision has code for it.',
      shape: {},
      revisions: OLD,
      neverSent: true,
    },
  ],
  [
    'toServer',
    {
      id: 713,
      name: 'quest_master_call',
      ja: 'クエストマスターコール',
      en: 'Ask for all quests (seed)',
      doc: 'For a week in January 2020; later 714.',
      shape: user,
      revisions: ['seed'],
    },
  ],
  [
    'toClient',
    {
      id: 714,
      name: 'quest_master_answer',
      ja: 'クエストマスター取得',
      en: 'All quests (seed)',
      doc: 'For a week in January 2020; later 715.',
      shape: { 'version?': version, 'quests?': array(quest, { label: 'Quests' }) },
      revisions: ['seed'],
    },
  ],
];
