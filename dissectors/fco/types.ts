/** Values and nested types of fco, by the spelling of the public server and client. */
import {
  array,
  integer,
  type Meta,
  type Node,
  number,
  nullable,
  object,
  oneOf,
  record,
  string,
} from '../../core/schema/builders.ts';

/** Model table of the seed: ids of player models, not commands. */
export const MODELS: Readonly<Record<string, string>> = {
  '101': 'attacker · アタッカー',
  '102': 'defender · ディフェンダー',
  '103': 'witch · ウィッチ',
  '104': 'healer · ヒーラー',
  '901': 'admin · 堀内',
};

export const text = (label: string, meta: Meta = {}): Node => string({ label, lang: 'ja', ...meta });
export const int = (label: string, meta: Meta = {}): Node => integer({ label, ...meta });
export const id = (label: string, meta: Meta = {}): Node => integer({ label, role: 'id', ...meta });
/** The server subtracts zero from what it was sent, so an absent number goes out as null. */
export const num = (label: string, meta: Meta = {}): Node => nullable(number(), { label, ...meta });
export const axis = (label: string): Node => num(label, { role: 'position', unit: 'm' });

export const userId = id('User', { doc: 'Run-time character id given by `login_ok`.', volatile: true });
export const enemyId = id('Enemy', { doc: 'Run-time id: enemies take 0 to 134, players follow.' });
export const skillId = int('Skill');
export const mapId = int('Map');
export const accessoryId = int('Accessory');
export const modelId = int('Model', { names: MODELS });
export const place = { x: axis('X'), y: axis('Y'), z: axis('Z') };
export const direction = num('Direction', { unit: 'degrees' });

export const accessoryIds = (label: string, meta: Meta = {}): Node => array(integer(), { label, ...meta });

export const enemy = object(
  {
    unique_id: enemyId,
    master_id: int('Kind'),
    ...place,
    dir: direction,
    hp: num('HP', { role: 'quantity' }),
    'anime_id?': int('Animation', { doc: 'In the client class only, never sent.' }),
  },
  { label: 'Enemy' },
);

export const charStatus = object(
  {
    charcter_id: id('Character', { doc: 'Spelled so on the wire.' }),
    max_hp: num('Max HP', { role: 'quantity' }),
    hp: num('HP', { role: 'quantity' }),
    max_mp: num('Max MP', { role: 'quantity' }),
    mp: num('MP', { role: 'quantity' }),
    status: int('Status'),
  },
  { label: 'Status' },
);

export const player = object({ user_id: userId, ...place, model_id: modelId, name: text('Name', { role: 'name' }) });

const points = (label: string): Node => int(label, { role: 'quantity' });

export const accessory = object(
  {
    id: id('Accessory'),
    name: text('Name', { role: 'name' }),
    level: int('Level'),
    comment: text('Comment'),
    hp: points('HP'),
    mp: points('MP'),
    str: points('Strength'),
    vit: points('Vitality'),
    'int?': points('Intelligence'),
    mmd: points('Mind'),
    dex: points('Dexterity'),
    agi: points('Agility'),
    image: text('Image'),
  },
  { label: 'Accessory' },
);

export const quest = object(
  {
    id: id('Quest'),
    name: text('Name', { role: 'name' }),
    difficulty: int('Difficulty'),
    targetId: int('Target'),
    comment: text('Comment'),
    mapId,
    time: int('Time', { unit: 's' }),
    items: array(integer(), { label: 'Items' }),
  },
  { label: 'Quest' },
);

export const map = object({ id: id('Map'), ...place, dir: direction }, { label: 'Map' });

export const skill = object(
  {
    id: id('Skill'),
    icon_id: int('Icon'),
    animation_id: int('Animation'),
    effect_id: int('Effect'),
    comment: text('Comment'),
    parent_id: int('Parent'),
    max_level: int('Max level'),
    recast_time: num('Recast', { role: 'cooldown' }),
    consumption_hit_point: num('HP cost'),
    consumption_magic_point: num('MP cost'),
    power: num('Power'),
    target: int('Target'),
    range: num('Range'),
    target_type: int('Target type'),
  },
  { label: 'Skill' },
);

export const position = object(place, { label: 'Position' });
export const items = record(oneOf([integer(), number()]), { label: 'Items', key: { label: 'Item' }, role: 'quantity' });
