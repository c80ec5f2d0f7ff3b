/** Inventory, items, beings and effects: what the game server shows of the world. */
import {
  bit,
  eq,
  flags,
  i16be,
  isIn,
  list,
  ne,
  optional,
  prefix,
  switchOn,
  u16be,
  u8,
  when,
} from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { amount, B, being, chapter, D, item, pixels, record, type Shape, slot, type Types, W } from '../entry.ts';
import { action, actionHead, attackType, direction, error, gender, MOVING, objectType } from '../values.ts';

const ability = (): Node => B({ label: 'Ability', role: 'id' });
const special = (): Node => B({ label: 'Special', role: 'id' });
const speed = (): Node => B({ unit: '0.1 tiles/s', role: 'speed' });
const shake = (): Node => i16be({ unit: 'px' });

export const inventory = chapter('Inventory', [
  { name: 'PGMSG_PICKUP', id: 0x0110, doc: 'Takes what lies there.', seed: () => ({ ...pixels() }) },
  {
    name: 'PGMSG_DROP',
    y2013: () => ({ slot: slot(), amount: amount() }),
    id: 0x0111,
    doc: 'Drops items.',
    seed: () => ({ slot: slot(), amount: amount() }),
    y2011: () => ({ slot: B(), amount: B({ role: 'quantity' }) }),
    head: () => ({ slot: slot(), amount: amount() }),
  },
  {
    name: 'PGMSG_EQUIP',
    y2012: () => ({ slot: slot() }),
    id: 0x0112,
    doc: 'Puts an item on.',
    seed: () => ({ slot: slot() }),
    y2011: () => ({ slot: B() }),
    head: () => ({ slot: slot() }),
  },
  {
    name: 'GPMSG_EQUIP_RESPONSE',
    id: null,
    headId: 0x0123,
    doc: 'Answer to putting on.',
    seed: () => ({ error: error(), slot: optional(slot()) }),
  },
  {
    name: 'PGMSG_UNEQUIP',
    y2012: () => ({ itemInstance: W({ role: 'id' }) }),
    id: 0x0113,
    doc: 'Takes an item off.',
    seed: () => ({ itemInstance: W({ role: 'id' }) }),
    y2011: () => ({ slot: B() }),
    head: () => ({ slot: slot() }),
  },
  { name: 'GPMSG_UNEQUIP', id: null, headId: 0x0124, doc: 'An item was taken off.', seed: () => ({ slot: slot() }) },
  {
    name: 'GPMSG_UNEQUIP_RESPONSE',
    id: null,
    headId: 0x0125,
    doc: 'Answer to taking off.',
    seed: () => ({ error: error(), slot: optional(slot()) }),
  },
  {
    name: 'PGMSG_MOVE_ITEM',
    y2012: () => ({ slot1: slot(), slot2: slot(), amount: amount() }),
    id: 0x0114,
    headId: null,
    doc: 'Moves items between slots.',
    seed: () => ({ slot1: slot(), slot2: slot(), amount: amount() }),
    y2011: () => ({ slot1: B(), slot2: B(), amount: B({ role: 'quantity' }) }),
  },
  {
    name: 'GPMSG_INVENTORY',
    id: 0x0120,
    doc: 'Slots that changed; item 0 empties the slot.',
    seed: () => ({
      items: list(record({ slot: slot(), itemId: item(), amount: when(ne('itemId', 0), amount()) }), 'rest'),
    }),
  },
  {
    name: 'GPMSG_INVENTORY_FULL',
    y2012: () => ({
      items: list(record({ slot: slot(), itemId: item(), amount: amount() }), prefix(u16be())),
      equipment: list(record({ equipSlot: W(), itemId: item(), itemInstance: W() }), 'rest'),
    }),
    id: 0x0121,
    doc: 'The whole inventory.',
    seed: () => ({
      items: list(record({ slot: slot(), itemId: item(), amount: amount() }), prefix(u16be())),
      equipment: list(record({ equipSlot: W(), itemId: item(), itemInstance: W() }), 'rest'),
    }),
    y2011: () => ({
      items: list(record({ slot: slot(), itemId: item(), amount: amount() }), prefix(u16be())),
      equipment: list(record({ equipSlot: B(), slot: slot() }), 'rest'),
    }),
    head: () => ({
      items: list(
        record({ slot: slot(), itemId: item(), amount: amount(), equipSlot: W({ doc: '0: not worn' }) }),
        prefix(u16be()),
      ),
    }),
  },
  {
    name: 'GPMSG_EQUIP',
    y2012: () => ({ itemId: item(), slots: list(record({ equipSlot: W(), capacity: W() }), prefix(u16be())) }),
    id: 0x0122,
    doc: 'Something was put on or taken off.',
    seed: () => ({ itemId: item(), slots: list(record({ equipSlot: W(), capacity: W() }), prefix(u16be())) }),
    y2011: () => ({
      changes: list(
        record({ slot: slot(), slots: list(record({ equipSlot: B(), capacity: B() }), prefix(u8())) }),
        'rest',
      ),
    }),
    head: () => ({ slot: slot(), equipSlot: W() }),
  },
]);

export const items = chapter('Items', [
  {
    name: 'GPMSG_ITEMS',
    id: 0x0281,
    doc: 'Items that appeared on the ground; item 0 means gone.',
    seed: () => ({ items: list(record({ itemId: item(), ...pixels() }), 'rest') }),
  },
  {
    name: 'GPMSG_ITEM_APPEAR',
    id: 0x0202,
    doc: 'An item appeared on the ground.',
    seed: () => ({ itemId: item(), ...pixels() }),
  },
  {
    name: 'PGMSG_USE_ITEM',
    id: 0x0300,
    doc: 'Uses an item.',
    seed: () => ({ slot: B() }),
    head: () => ({ slot: slot() }),
  },
  {
    name: 'GPMSG_USE_RESPONSE',
    id: 0x0301,
    doc: 'Answer to using; no server sends it.',
    neverSent: true,
    seed: () => ({ error: error() }),
  },
]);

/** Which sprite layers follow: one item for each set bit 0 to 6; bit 7 clears the others. */
const MASK_BITS = {
  1: 'base',
  2: 'shoe',
  4: 'bottom clothes',
  8: 'top clothes',
  16: 'hair',
  32: 'hat',
  64: 'weapon',
  128: 'clear others',
};
const mask = (): Node => flags(u8(), MASK_BITS);
/** As many items as the mask has bits from 0 to 6. */
const maskedItems = (): Node => {
  const count = (value: number): number => [0, 1, 2, 3, 4, 5, 6].filter((bit) => (value >> bit) & 1).length;
  const lists = Array.from({ length: 8 }, (_, n) => list(W({ role: 'id' }), n));
  return switchOn(
    'itemMask',
    Array.from({ length: 256 }, (_, value) => [value, lists[count(value)]!] as const),
  );
};
const spriteItems = (): Node => list(W({ role: 'id' }), 'rest');
const looks = (): Node => list(record({ slot: B(), itemId: item() }), prefix(u8()));
const CREATURES = [2, 3];

export const beings = chapter('Beings', [
  {
    name: 'GPMSG_BEING_ENTER',
    y2012: (t) => ({
      ...enters(action()),
      typeId: when(isIn('type', CREATURES), W({ role: 'id' })),
      name: when(isIn('type', [2, 3, 4]), t.S({ role: 'name' })),
      hairStyle: when(eq('type', 4), B()),
      hairColor: when(eq('type', 4), B()),
      gender: optional(gender()),
      equipment: when(eq('type', 4), optional(looks())),
    }),
    y2013: (t) => ({
      ...enters(action()),
      gender: gender(),
      typeId: when(isIn('type', CREATURES), W({ role: 'id' })),
      name: when(isIn('type', [2, 3, 4]), t.S({ role: 'name' })),
      hairStyle: when(eq('type', 4), B()),
      hairColor: when(eq('type', 4), B()),
      equipment: when(eq('type', 4), optional(looks())),
    }),
    id: 0x0200,
    doc: 'A being came into sight.',
    seed: (t) => ({
      ...enters(action()),
      typeId: when(isIn('type', CREATURES), W({ role: 'id' })),
      ...characterLooks2011(t),
    }),
    y2011: (t) => ({
      ...enters(action()),
      typeId: when(isIn('type', CREATURES), W({ role: 'id' })),
      name: when(isIn('type', [2, 3, 4]), t.S({ role: 'name' })),
      ...omit(characterLooks2011(t), 'name'),
    }),
    head: (t) => ({
      ...enters(actionHead()),
      gender: gender(),
      typeId: when(isIn('type', CREATURES), W({ role: 'id' })),
      name: when(isIn('type', [2, 3, 4]), t.S({ role: 'name' })),
      hairStyle: when(eq('type', 4), B()),
      hairColor: when(eq('type', 4), B()),
      equipment: optional(looks()),
    }),
  },
  { name: 'GPMSG_BEING_LEAVE', id: 0x0201, doc: 'A being went out of sight.', seed: () => ({ beingId: being() }) },
  {
    name: 'GPMSG_BEING_LOOKS_CHANGE',
    y2012: () => ({
      beingId: being(),
      equipment: looks(),
      hairStyle: W(),
      hairColor: W(),
      gender: W({ names: { 0: 'GENDER_MALE', 1: 'GENDER_FEMALE', 2: 'GENDER_UNSPECIFIED' } }),
    }),
    id: 0x0210,
    doc: 'A being looks otherwise.',
    seed: () => ({ weapon: item(), hat: item(), topClothes: item(), bottomClothes: item() }),
    y2011: () => ({
      beingId: being(),
      itemMask: mask(),
      items: maskedItems(),
      hairStyle: W(),
      hairColor: W(),
      gender: W({ names: { 0: 'GENDER_MALE', 1: 'GENDER_FEMALE', 2: 'GENDER_UNSPECIFIED' } }),
    }),
    head: () => ({ beingId: being(), hairStyle: B(), hairColor: B(), equipment: optional(looks()) }),
  },
  {
    name: 'GPMSG_BEING_EMOTE',
    since: '2013',
    id: null,
    headId: 0x0211,
    doc: 'A being shows an emote.',
    seed: () => ({ beingId: being(), emote: W() }),
  },
  // The stock client sends one byte, which the server ignores; two are what the server reads.
  {
    name: 'PGMSG_BEING_EMOTE',
    since: '2013',
    id: null,
    headId: 0x0212,
    doc: 'Shows an emote.',
    seed: () => ({ emote: list(B(), 'rest', { doc: 'One byte from the stock client, two as the server reads' }) }),
  },
  { name: 'PGMSG_WALK', id: 0x0260, doc: 'Walks to a place.', seed: () => ({ ...pixels() }) },
  {
    name: 'PGMSG_ACTION_CHANGE',
    id: 0x0270,
    doc: 'Does something else.',
    seed: () => ({ action: action() }),
    head: () => ({ action: actionHead() }),
  },
  {
    name: 'GPMSG_BEING_ACTION_CHANGE',
    id: 0x0271,
    doc: 'A being does something else.',
    seed: () => ({ beingId: being(), action: action() }),
    head: () => ({ beingId: being(), action: actionHead() }),
  },
  { name: 'PGMSG_DIRECTION_CHANGE', id: 0x0272, doc: 'Turns.', seed: () => ({ direction: direction() }) },
  {
    name: 'GPMSG_BEING_DIR_CHANGE',
    id: 0x0273,
    doc: 'A being turned.',
    seed: () => ({ beingId: being(), direction: direction() }),
  },
  {
    name: 'GPMSG_BEING_HEALTH_CHANGE',
    id: 0x0274,
    doc: 'A being lost or gained health.',
    seed: () => ({ beingId: being(), health: W() }),
    y2011: () => ({ beingId: being(), health: W(), maxHealth: W() }),
  },
  {
    name: 'GPMSG_BEINGS_MOVE',
    y2012: () => ({ beings: moves() }),
    id: 0x0280,
    doc: 'Where beings are and where they are heading.',
    // The seed's flag 2 announces a destination that its layout does not show; both come as x and y.
    seed: () => ({
      beings: list(
        record({
          beingId: being(),
          flags: flags(u8(), MOVING),
          x: when(bit('flags', 3), pixel()),
          y: when(bit('flags', 3), pixel()),
          speed: when(bit('flags', 3), speed()),
        }),
        'rest',
      ),
    }),
    y2011: () => ({
      beings: list(
        record({
          beingId: being(),
          flags: flags(u8(), MOVING),
          x: when(bit('flags', 1), pixel()),
          y: when(bit('flags', 1), pixel()),
          speed: when(bit('flags', 1), speed()),
        }),
        'rest',
      ),
    }),
    head: () => ({ beings: moves() }),
  },
  {
    name: 'GPMSG_BEING_ABILITY_POINT',
    id: null,
    headId: 0x0282,
    doc: 'A being used an ability on a place.',
    seed: () => ({ beingId: being(), abilityId: ability(), ...pixels() }),
  },
  {
    name: 'GPMSG_BEING_ABILITY_BEING',
    id: null,
    headId: 0x0283,
    doc: 'A being used an ability on another.',
    seed: () => ({ beingId: being(), abilityId: ability(), targetId: being('Target') }),
  },
  {
    name: 'GPMSG_BEING_ABILITY_DIRECTION',
    id: null,
    headId: 0x0284,
    doc: 'A being used an ability in a direction.',
    seed: () => ({ beingId: being(), abilityId: ability(), direction: direction() }),
  },
  {
    name: 'GPMSG_BEINGS_DAMAGE',
    id: 0x0310,
    doc: 'Beings were hurt.',
    seed: () => ({ beings: list(record({ beingId: being(), amount: W() }), 'rest') }),
  },
  { name: 'PGMSG_ATTACK', id: 0x0290, headId: null, doc: 'Attacks a being.', seed: () => ({ beingId: being() }) },
  {
    name: 'GPMSG_BEING_ATTACK',
    id: 0x0291,
    headId: null,
    doc: 'A being attacks.',
    seed: () => ({ beingId: being(), direction: direction(), attackType: attackType() }),
  },
  {
    name: 'PGMSG_USE_SPECIAL',
    until: '2012',
    id: 0x0292,
    headId: null,
    doc: 'Uses a special.',
    seed: () => ({ specialId: special() }),
  },
  {
    name: 'PGMSG_USE_SPECIAL_ON_BEING',
    id: null,
    id2013: 0x0292,
    headId: null,
    doc: 'Uses a special on a being.',
    seed: () => ({ specialId: special(), beingId: being() }),
  },
  {
    name: 'PGMSG_USE_SPECIAL_ON_POINT',
    id: null,
    id2013: 0x0294,
    headId: null,
    doc: 'Uses a special on a place.',
    seed: () => ({ specialId: special(), ...pixels() }),
  },
  {
    name: 'GPMSG_SPECIAL_STATUS',
    id: 0x0293,
    headId: null,
    doc: 'How far a special is charged.',
    seed: () => ({ specialId: special(), current: D(), max: D(), recharge: D({ role: 'cooldown' }) }),
  },
  {
    name: 'PGMSG_USE_ABILITY_ON_BEING',
    id: null,
    headId: 0x0290,
    doc: 'Uses an ability on a being; 0: on none.',
    seed: () => ({ abilityId: ability(), beingId: being() }),
  },
  {
    name: 'PGMSG_USE_ABILITY_ON_POINT',
    id: null,
    headId: 0x0291,
    doc: 'Uses an ability on a place.',
    seed: () => ({ abilityId: ability(), ...pixels() }),
  },
  {
    name: 'PGMSG_USE_ABILITY_ON_DIRECTION',
    id: null,
    headId: 0x0292,
    doc: 'Uses an ability in a direction.',
    seed: () => ({ abilityId: ability(), direction: direction() }),
  },
  {
    name: 'GPMSG_ABILITY_STATUS',
    id: null,
    headId: 0x02a0,
    doc: 'Abilities and when they can be used again.',
    seed: () => ({ abilities: list(record({ abilityId: ability(), ticksLeft: D({ role: 'cooldown' }) }), 'rest') }),
  },
  {
    name: 'GPMSG_ABILITY_REMOVED',
    id: null,
    headId: 0x02a1,
    doc: 'An ability was lost; no server sends it.',
    neverSent: true,
    seed: () => ({ abilityId: ability() }),
  },
  {
    name: 'GPMSG_ABILITY_COOLDOWN',
    id: null,
    headId: 0x02a2,
    doc: 'Pause before the next ability.',
    seed: () => ({ ticks: W({ role: 'cooldown' }) }),
  },
]);

export const effects = chapter('Effects', [
  {
    name: 'GPMSG_CREATE_EFFECT_POS',
    id: 0x0320,
    doc: 'An effect at a place.',
    seed: () => ({ effectId: W(), ...pixels() }),
  },
  {
    name: 'GPMSG_CREATE_EFFECT_BEING',
    id: 0x0321,
    doc: 'An effect on a being.',
    seed: () => ({ effectId: W(), beingId: being() }),
  },
  {
    name: 'GPMSG_CREATE_TEXT_PARTICLE',
    since: '2013',
    id: null,
    headId: 0x0322,
    doc: 'A text rises from the player.',
    seed: (t) => ({ text: t.S({ role: 'text' }) }),
  },
  {
    name: 'GPMSG_SHAKE',
    since: '2012',
    id: null,
    headId: 0x0330,
    doc: 'The screen shakes.',
    seed: () => ({ x: shake(), y: shake(), strength: optional(W({ unit: '1/10000' })), duration: optional(W()) }),
  },
]);

function pixel(): Node {
  return W({ unit: 'px', role: 'position' });
}

/** Since 2012 the two flags announce a place and a destination. */
function moves(): Node {
  return list(
    record({
      beingId: being(),
      flags: flags(u8(), MOVING),
      x: when(bit('flags', 1), pixel()),
      y: when(bit('flags', 1), pixel()),
      destX: when(bit('flags', 2), pixel()),
      destY: when(bit('flags', 2), pixel()),
      speed: when(bit('flags', 2), speed()),
    }),
    'rest',
  );
}

function enters(doing: Node): Shape {
  return { type: objectType(), beingId: being(), action: doing, ...pixels(), direction: direction() };
}

function characterLooks2011(t: Types): Shape {
  return {
    name: when(eq('type', 4), t.S({ role: 'name' })),
    hairStyle: when(eq('type', 4), B()),
    hairColor: when(eq('type', 4), B()),
    gender: when(eq('type', 4), gender()),
    itemMask: when(eq('type', 4), mask()),
    items: when(eq('type', 4), spriteItems()),
  };
}

function omit(shape: Shape, name: string): Shape {
  return Object.fromEntries(Object.entries(shape).filter(([key]) => key !== name));
}
