/** Between the servers: game servers connect to the account server, which also is the chat server. */
import { bytes, eq, isIn, list, prefix, u16be, until, when } from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { amount, B, chapter, D, F, pixels, record, type Shape, token, type Types, W } from '../entry.ts';
import { gender, online, syncKind, syncKindSeed } from '../values.ts';

/** SYNC_END_OF_BUFFER. */
const END = until([0xff]);

const characterId = (): Node => D({ label: 'Character', role: 'id' });
const map = (): Node => W({ label: 'Map', role: 'id' });
const pair = (t: Types): Node => record({ key: t.S(), value: t.S() });
const variable = (t: Types, withValue: boolean): Shape => ({
  characterId: characterId(),
  name: t.S(),
  ...(withValue ? { value: t.S() } : {}),
});
const counted = (of: Node): Node => list(of, prefix(u16be()));
const look = (): Shape => ({ accountLevel: B(), gender: gender(), hairStyle: B(), hairColor: B() });
const place = (): Shape => ({
  statusEffects: counted(record({ id: W(), time: W() })),
  mapId: map(),
  ...pixels(),
  kills: counted(record({ monsterId: W(), kills: D() })),
});

/** The character as 2011 passes it on; the same both ways. */
const data2011 = (): Shape => ({
  ...look(),
  level: W(),
  characterPoints: W(),
  correctionPoints: W(),
  attributes: counted(record({ id: W(), base: F(), modified: F() })),
  skills: counted(record({ id: W(), experience: D() })),
  ...place(),
  specials: counted(D()),
  equipment: counted(record({ equipSlot: B(), slot: W() })),
  inventory: list(record({ slot: W(), itemId: W(), amount: amount() }), 'rest'),
});

/** In 2013 specials carry their charge, and items say where they are worn. */
const data2013 = (): Shape => {
  const { specials: _specials, equipment: _equipment, inventory: _inventory, ...before } = data2011();
  return {
    ...before,
    specials: counted(record({ id: D(), charge: D() })),
    inventory: list(
      record({ slot: W(), itemId: W(), amount: amount(), equipped: B({ doc: 'equip slot, 0: not worn' }) }),
      'rest',
    ),
  };
};

/** As head passes it on: the two ways differ in the attributes and in the last byte of an item. */
const dataHead = (t: Types, toAccount: boolean): Shape => ({
  ...look(),
  attributePoints: W(),
  correctionPoints: W(),
  attributes: counted(record({ id: W(), base: F(), ...(toAccount ? { modified: F() } : {}) })),
  ...place(),
  abilities: counted(D()),
  quests: counted(record({ id: W(), state: B(), title: t.S(), description: t.S() })),
  inventory: list(
    record({
      slot: W(),
      itemId: W(),
      amount: amount(),
      equipped: B({ doc: toAccount ? 'equip slot, 0: not worn' : '1: worn' }),
    }),
    'rest',
  ),
});
/** The seed leaves the character open. */
const opaque = (): Shape => ({ data: bytes('rest', { doc: 'serialised character' }) });

/** One entry of a sync: its kind says what follows. */
const syncReal = (): Node =>
  record({
    kind: syncKind(),
    characterId: when(isIn('kind', [1, 2, 3, 4]), characterId()),
    characterPoints: when(eq('kind', 1), D()),
    correctionPoints: when(eq('kind', 1), D()),
    attributeId: when(eq('kind', 2), D()),
    base: when(eq('kind', 2), F()),
    modified: when(eq('kind', 2), F()),
    skillId: when(eq('kind', 3), B()),
    skillValue: when(eq('kind', 3), D()),
    online: when(eq('kind', 4), online()),
  });
const syncSeed = (): Node =>
  record({
    kind: syncKindSeed(),
    characterId: when(isIn('kind', [1, 2, 3]), characterId()),
    characterPoints: when(eq('kind', 1), D()),
    correctionPoints: when(eq('kind', 1), D()),
    attributeId: when(eq('kind', 1), B()),
    attributeValue: when(eq('kind', 1), D()),
    skillId: when(eq('kind', 2), B()),
    skillValue: when(eq('kind', 2), D()),
    online: when(eq('kind', 3), online()),
  });

const versions = (wide: boolean): Shape => {
  const node = (label: string, names: Readonly<Record<string, string>>): Node =>
    wide ? W({ label, names }) : B({ label, names });
  return {
    itemVersion: node('Item version', { 0: 'DATA_VERSION_OK', 1: 'DATA_VERSION_OUTDATED' }),
    password: node('Password', { 0: 'PASSWORD_OK', 1: 'PASSWORD_BAD' }),
  };
};
const groundItem = (): Shape => ({
  mapId: D({ role: 'id' }),
  itemId: D({ role: 'id' }),
  amount: amount(),
  ...pixels(),
});

export const servers = chapter('Between servers', [
  {
    name: 'GAMSG_REGISTER',
    id: 0x0500,
    doc: 'A game server makes itself known, with the address told to clients.',
    seed: (t) => ({ ...address(t), itemDbVersion: D(), maps: list(map(), 'rest') }),
    head: (t) => ({ serverName: t.S(), ...address(t), itemDbVersion: D() }),
  },
  {
    name: 'AGMSG_REGISTER_RESPONSE',
    y2012: (t) => ({ ...versions(true), worldVars: list(pair(t), 'rest') }),
    id: 0x0501,
    doc: 'Whether items and password are right.',
    // The seed prints C (three bytes) for both, which no server has ever sent.
    seed: () => versions(true),
    head: (t) => ({ ...versions(true), worldVars: list(pair(t), 'rest') }),
  },
  {
    name: 'AGMSG_ACTIVE_MAP',
    y2012: (t) => ({
      mapId: map(),
      mapVars: counted(pair(t)),
      items: counted(record({ itemId: D({ role: 'id' }), amount: amount(), ...pixels() })),
    }),
    id: 0x0502,
    doc: 'The game server shall run this map.',
    seed: () => ({ mapId: map() }),
    head: (t) => ({
      mapId: map(),
      mapVars: counted(pair(t)),
      items: counted(record({ itemId: D({ role: 'id' }), amount: amount(), ...pixels() })),
    }),
  },
  {
    name: 'AGMSG_PLAYER_ENTER',
    y2013: (t) => ({ ...enter(t), ...data2013() }),
    id: 0x0510,
    doc: 'A character is coming, with this token.',
    seed: (t) => ({ ...enter(t), ...opaque() }),
    y2011: (t) => ({ ...enter(t), ...data2011() }),
    head: (t) => ({ ...enter(t), ...dataHead(t, false) }),
  },
  {
    name: 'GAMSG_PLAYER_DATA',
    y2013: () => ({ characterId: characterId(), ...data2013() }),
    id: 0x0520,
    doc: 'A character as it is now.',
    seed: () => ({ characterId: characterId(), ...opaque() }),
    y2011: () => ({ characterId: characterId(), ...data2011() }),
    head: (t) => ({ characterId: characterId(), ...dataHead(t, true) }),
  },
  {
    name: 'GAMSG_REDIRECT',
    id: 0x0530,
    doc: 'A character goes to another game server.',
    seed: () => ({ characterId: characterId() }),
  },
  {
    name: 'AGMSG_REDIRECT_RESPONSE',
    id: 0x0531,
    doc: 'Which one, and with which token.',
    seed: (t) => ({
      characterId: characterId(),
      token: token(),
      gameAddress: t.S({ role: 'address' }),
      gamePort: W({ role: 'port' }),
    }),
  },
  {
    name: 'GAMSG_PLAYER_RECONNECT',
    id: 0x0532,
    doc: 'A character goes back to the account server.',
    seed: () => ({ characterId: characterId(), token: token() }),
  },
  {
    name: 'GAMSG_PLAYER_SYNC',
    y2012: () => ({ entries: list(syncReal(), 'rest') }),
    id: 0x0533,
    doc: 'What changed about characters.',
    seed: () => ({ entries: list(syncSeed(), END) }),
    y2011: () => ({ entries: list(syncReal(), END) }),
    // Head writes no end mark.
    head: () => ({ entries: list(syncReal(), 'rest') }),
  },
  {
    name: 'GAMSG_SET_QUEST',
    until: '2011',
    id: 0x0540,
    headId: null,
    doc: 'Keeps a quest variable.',
    seed: (t) => variable(t, true),
  },
  {
    name: 'GAMSG_GET_QUEST',
    until: '2011',
    id: 0x0541,
    headId: null,
    doc: 'Asks for a quest variable.',
    seed: (t) => variable(t, false),
  },
  {
    name: 'AGMSG_GET_QUEST_RESPONSE',
    until: '2011',
    id: 0x0542,
    headId: null,
    doc: 'The quest variable.',
    seed: (t) => variable(t, true),
  },
  {
    name: 'GAMSG_SET_VAR_CHR',
    since: '2012',
    id: null,
    headId: 0x0540,
    doc: 'Keeps a character variable.',
    seed: (t) => variable(t, true),
  },
  {
    name: 'GAMSG_GET_VAR_CHR',
    since: '2012',
    id: null,
    headId: 0x0541,
    doc: 'Asks for a character variable.',
    seed: (t) => variable(t, false),
  },
  {
    name: 'AGMSG_GET_VAR_CHR_RESPONSE',
    since: '2012',
    id: null,
    headId: 0x0542,
    doc: 'The character variable.',
    seed: (t) => variable(t, true),
  },
  {
    name: 'GAMSG_SET_VAR_MAP',
    since: '2012',
    id: null,
    headId: 0x0546,
    doc: 'Keeps a map variable.',
    seed: (t) => ({ mapId: D({ role: 'id' }), name: t.S(), value: t.S() }),
  },
  {
    name: 'GAMSG_SET_VAR_WORLD',
    since: '2012',
    id: null,
    headId: 0x0547,
    doc: 'Keeps a world variable.',
    seed: (t) => ({ name: t.S(), value: t.S() }),
  },
  {
    name: 'AGMSG_SET_VAR_WORLD',
    since: '2012',
    id: null,
    headId: 0x0548,
    doc: 'Tells every game server of it.',
    seed: (t) => ({ name: t.S(), value: t.S() }),
  },
  {
    name: 'GAMSG_BAN_PLAYER',
    id: 0x0550,
    doc: 'Bans an account.',
    seed: () => ({ characterId: characterId(), duration: W() }),
    head: () => ({ characterId: characterId(), duration: D() }),
  },
  {
    name: 'GAMSG_CHANGE_PLAYER_LEVEL',
    id: 0x0555,
    headId: null,
    doc: 'Changes a level.',
    seed: () => ({ characterId: characterId(), level: W() }),
  },
  {
    name: 'GAMSG_CHANGE_ACCOUNT_LEVEL',
    id: 0x0556,
    doc: 'Changes what an account may do.',
    seed: () => ({ characterId: characterId(), level: W() }),
  },
  {
    name: 'GAMSG_STATISTICS',
    id: 0x0560,
    doc: 'How many are on each map; every 30 seconds.',
    seed: () => ({
      maps: list(
        record({ mapId: map(), things: W(), monsters: W(), players: list(characterId(), prefix(u16be())) }),
        'rest',
      ),
    }),
  },
  {
    name: 'GAMSG_TRANSACTION',
    id: 0x0600,
    doc: 'A line for the log.',
    seed: (t) => ({ characterId: characterId(), action: D(), message: t.S({ role: 'text' }) }),
  },
  {
    name: 'GAMSG_CREATE_ITEM_ON_MAP',
    since: '2012',
    id: null,
    headId: 0x0601,
    doc: 'An item lies on a map.',
    seed: groundItem,
  },
  {
    name: 'GAMSG_REMOVE_ITEM_ON_MAP',
    since: '2012',
    id: null,
    headId: 0x0602,
    doc: 'It lies there no longer.',
    seed: groundItem,
  },
  {
    name: 'GAMSG_ANNOUNCE',
    since: '2013',
    id: null,
    headId: 0x0603,
    doc: 'An announcement to all; sender 0 is a script.',
    seed: (t) => ({ text: t.S({ role: 'text' }), senderId: W(), sender: t.S({ role: 'name' }) }),
  },
  {
    name: 'XXMSG_INVALID',
    id: 0x7fff,
    doc: 'What every server answers to an id it does not handle.',
    seed: () => ({}),
  },
]);

function address(t: Types): Shape {
  return {
    address: t.S({ role: 'address' }),
    port: W({ role: 'port' }),
    password: t.S({ role: 'password', secret: true }),
  };
}

function enter(t: Types): Shape {
  return { token: token(), characterId: characterId(), name: t.S({ role: 'name' }) };
}
