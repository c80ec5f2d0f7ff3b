/** Values that several Muddery messages share. Null icons, null levels and empty lists are normal everywhere. */
import {
  any,
  array,
  boolean,
  integer,
  type Meta,
  type Node,
  nullable,
  number,
  object,
  oneOf,
  record,
  string,
} from '../../core/schema/builders.ts';

/** Text with colour marks such as `{R…{n`; dialogue also has `[%p]`, `[%t]` and `[image …]` in front. */
export const rich = (label: string, meta: Meta = {}): Node =>
  string({ label, role: 'text', markup: 'muddery', lang: 'zh', ...meta });
export const richOrNull = (label: string): Node => nullable(rich(label), { label });
export const key = (label = 'Key'): Node => string({ label });
export const name = rich('Name', { role: 'name' });
export const desc = richOrNull('Description');
export const icon = nullable(string(), { label: 'Icon' });
/** An integer on the wire where the documentation promises a text. */
export const id = (label: string, doc?: string): Node =>
  oneOf([integer(), string()], { label, role: 'id', volatile: true, ...(doc === undefined ? {} : { doc }) });
export const runtimeId = id('Object', 'Run-time id: differs from the id of the character in the database.');
export const databaseId = id('Character', 'Id in the database: differs from the run-time id.');
export const quantity = integer({ label: 'Number', min: 0, role: 'quantity' });
export const position = integer({ label: 'Position', doc: 'Place in the bag.' });
export const level = nullable(oneOf([integer(), string()]), { label: 'Level' });
export const seconds = (label: string): Node => number({ label, unit: 's', role: 'cooldown' });
export const done = boolean({ label: 'Done' });
/** The documentation says true, the code says "". */
export const trueOrEmpty = oneOf([boolean(), string()], { label: 'Done' });

const command = object({
  name: rich('Shown as'),
  cmd: string({ label: 'Command' }),
  'args?': any({ label: 'Arguments', doc: 'Sent back as they are.' }),
  'confirm?': richOrNull('Ask first'),
});
export const cmds = array(command, { label: 'Commands' });

const objective = object({
  'target?': string({ label: 'Kind' }),
  'object?': rich('Object'),
  'accomplished?': integer({ label: 'Done', role: 'quantity' }),
  'total?': integer({ label: 'Of', role: 'quantity' }),
  'desc?': richOrNull('Description'),
});
export const objectives = array(objective, { label: 'Objectives' });

const looks = { key: key(), name, desc, icon };
/** What looking at something shows; `more` stands where the server puts it. */
export const appearance = (
  more: Readonly<Record<string, Node>> = {},
  last: Readonly<Record<string, Node>> = {},
): Node => object({ ...looks, 'id?': runtimeId, ...more, 'level?': level, 'cmds?': cmds, ...last });

export const item = object({
  position,
  number: quantity,
  'level?': level,
  'can_remove?': boolean({ label: 'Goes when used up' }),
  'can_discard?': boolean({ label: 'May be thrown away' }),
  'key?': key(),
  name,
  desc,
  icon,
});
export const inventory = array(item, { label: 'Bag' });

export const equipments = record(
  object({ ...looks, 'level?': level, 'can_remove?': boolean(), 'can_discard?': boolean() }),
  { label: 'Equipment', key: { label: 'Body position' } },
);
export const equipmentPositions = array(object({ key: key(), name, desc }), { label: 'Body positions' });

export const skills = array(
  object({
    ...looks,
    'passive?': boolean({ label: 'Passive' }),
    'cd?': seconds('Cooldown'),
    'cd_remain?': seconds('Cooldown left'),
    'mp?': number({ label: 'MP cost' }),
    'level?': level,
  }),
  { label: 'Skills' },
);

export const quests = array(object({ ...looks, 'cmds?': cmds, 'objectives?': objectives }), { label: 'Quests' });

/** Attributes by key; which there are depends on the game's data. */
export const attributes = record(object({ name, value: any({ label: 'Value' }) }), { label: 'Attributes' });

const person = object({ id: runtimeId, 'key?': oneOf([integer(), string()], { label: 'Key' }), name, 'icon?': icon });
export const lookAround = object(
  { 'players?': array(person, { label: 'Players' }), 'npcs?': array(person, { label: 'NPCs' }) },
  { label: 'Around' },
);

export const kindOfPerson = string({ label: 'Kind', names: { players: 'player', npcs: 'NPC' } });

export const location = object(
  { area: string({ label: 'Area', role: 'position' }), room: string({ label: 'Room', role: 'position' }) },
  { label: 'Location' },
);

const background = nullable(
  oneOf([
    object({
      resource: string({ label: 'Picture' }),
      width: number({ label: 'Width' }),
      height: number({ label: 'Height' }),
    }),
    string(),
  ]),
  { label: 'Background' },
);
const exit = object({
  ...looks,
  'from?': string({ label: 'From' }),
  'to?': string({ label: 'To' }),
  'destination?': string({ label: 'To' }),
  'cmds?': cmds,
});
const room = object({
  ...looks,
  'peaceful?': boolean({ label: 'Peaceful', doc: 'Players cannot fight each other here.' }),
  'background?': background,
  'pos?': any({ label: 'Place on the map', role: 'position' }),
  'objects?': array(object(looks), { label: 'Objects' }),
  'exits?': array(exit, { label: 'Exits' }),
});
const area = object({
  ...looks,
  'background?': background,
  rooms: record(room, { label: 'Rooms', key: { label: 'Room' } }),
});
export const areas = record(area, { label: 'Areas', key: { label: 'Area' } });

export const dialogue = object({
  'target?': nullable(object({ 'id?': runtimeId, 'name?': name, 'icon?': icon }), { label: 'With' }),
  dialogues: array(object({ key: key(), content: rich('Words') }), {
    label: 'Dialogue',
    doc: 'Empty: the conversation is over.',
  }),
});

export const gained = array(
  object({
    'key?': key(),
    'object_key?': key('Key (documented name)'),
    'level?': level,
    name,
    'icon?': icon,
    number: quantity,
    'reject?': oneOf([boolean(), rich('Refused because')], {
      label: 'Refused',
      doc: 'false when accepted, else why not.',
    }),
  }),
  { label: 'Objects' },
);

export const shop = object({
  ...looks,
  'npc?': runtimeId,
  'cmds?': cmds,
  goods: array(
    object({
      index: integer({ label: 'Goods' }),
      obj: key('Object'),
      'level?': level,
      name,
      desc,
      number: quantity,
      price: integer({ label: 'Price', role: 'money', min: 0 }),
      unit: string({ label: 'Currency' }),
      icon,
    }),
    { label: 'Goods' },
  ),
});

export const skillCooldown = object({ skill: key('Skill'), cd: seconds('Cooldown'), gcd: seconds('Common cooldown') });

/** Attribute values by object id; JSON makes the ids texts. */
export const fighterStates = record(record(any()), { label: 'States', key: { label: 'Object', role: 'id' } });
export const skillResult = object({
  skill: key('Skill'),
  main_type: string({ label: 'Kind' }),
  sub_type: string({ label: 'Sort' }),
  'cast?': richOrNull('Deed'),
  caller: runtimeId,
  'target?': nullable(runtimeId, { label: 'Target' }),
  'status?': fighterStates,
  'states?': fighterStates,
  'result?': richOrNull('Outcome'),
});

export const combatInfo = object({
  desc,
  timeout: number({ label: 'Time limit', unit: 's', doc: '0: none.' }),
  characters: array(object({ ...looks, id: runtimeId, team: integer({ label: 'Team' }) }), { label: 'Fighters' }),
});
export const combatCommands = array(object({ key: key('Skill'), name, icon }), { label: 'Skills' });
export const combatStart = object({
  'from?': any({ label: 'Attacker' }),
  'target?': any({ label: 'Attacked' }),
  combat_info: combatInfo,
  'combat_commands?': combatCommands,
  'combat_states?': fighterStates,
  'combat_status?': fighterStates,
});
export const combatResult = object({
  type: string({ label: 'Kind', names: { NORMAL: 'fight', HONOUR: 'honour fight' } }),
  result: string({
    label: 'Result',
    names: { COMBAT_WIN: 'won', COMBAT_LOSE: 'lost', COMBAT_DRAW: 'drawn', COMBAT_ESCAPED: 'escaped' },
  }),
  rewards: object(
    {
      'exp?': number({ label: 'Experience', role: 'quantity' }),
      'honour?': number({ label: 'Honour', role: 'score' }),
      'level_up?': any({ label: 'Level up' }),
      'get_objects?': oneOf([gained, object({ objects: gained })], { label: 'Objects' }),
      'loots?': gained,
    },
    { label: 'Rewards' },
  ),
  'state?': attributes,
});

export const ranking = array(
  object({
    name,
    id: databaseId,
    ranking: integer({ label: 'Rank' }),
    honour: integer({ label: 'Honour', role: 'score' }),
  }),
  { label: 'Ranking' },
);
export const channels = record(object({ type: string({ label: 'Kind' }), name }), { label: 'Channels' });
export const characters = array(object({ name, id: databaseId }), { label: 'Characters' });
export const speech = object({
  type: string({ label: 'Kind', names: { PRIVATE: 'private', LOCAL: 'room', CHANNEL: 'channel' } }),
  'channel?': rich('Channel', { role: 'name' }),
  'from_id?': runtimeId,
  'from_obj?': runtimeId,
  'from_name?': rich('Speaker', { role: 'name' }),
  'to?': rich('To', { role: 'name' }),
  msg: rich('Words'),
});
