/** The player's own state. */
import { bit, flags, list, optional, u8, when } from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { B, chapter, D, pixels, record, token, type Types, W } from '../entry.ts';
import { ATTRIBUTE_ERRORS, error } from '../values.ts';

const attributeId = () => W({ label: 'Attribute' });

export const player = chapter('Player', [
  {
    name: 'GPMSG_PLAYER_MAP_CHANGE',
    id: 0x0100,
    doc: 'The player is on another map of the same server.',
    seed: (t) => ({ mapName: t.S(), ...pixels() }),
  },
  {
    name: 'GPMSG_PLAYER_SERVER_CHANGE',
    id: 0x0101,
    doc: 'The map is on another game server: go there with this token.',
    seed: (t) => ({ token: token(), gameAddress: t.S({ role: 'address' }), gamePort: W({ role: 'port' }) }),
  },
  {
    name: 'GPMSG_PLAYER_ATTRIBUTE_CHANGE',
    id: 0x0130,
    doc: 'New values of attributes.',
    seed: () => ({ attributes: list(record({ attributeId: attributeId(), base: W(), modified: W() }), 'rest') }),
    y2011: () => ({
      attributes: list(
        record({ attributeId: attributeId(), base: D({ unit: '1/256' }), modified: D({ unit: '1/256' }) }),
        'rest',
      ),
    }),
  },
  {
    name: 'GPMSG_PLAYER_EXP_CHANGE',
    y2013: () => ({ skills: list(record({ skillId: W(), expGot: D(), expNeeded: D(), level: W() }), 'rest') }),
    id: 0x0140,
    headId: null,
    doc: 'Experience gained.',
    seed: () => ({ skills: list(record({ skillId: W(), expGot: D(), expNeeded: D() }), 'rest') }),
  },
  {
    name: 'GPMSG_ATTRIBUTE_POINTS_STATUS',
    id: null,
    headId: 0x0140,
    doc: 'Points left to spend.',
    seed: () => ({ attributePoints: W(), correctionPoints: W() }),
  },
  {
    name: 'GPMSG_LEVELUP',
    id: 0x0150,
    headId: null,
    doc: 'A level gained.',
    seed: () => ({ level: W(), characterPoints: W(), correctionPoints: W() }),
  },
  {
    name: 'GPMSG_LEVEL_PROGRESS',
    id: 0x0151,
    headId: null,
    doc: 'How far the next level is.',
    seed: () => ({ percent: B({ unit: '%', max: 100 }) }),
  },
  {
    name: 'PGMSG_RAISE_ATTRIBUTE',
    y2012: () => ({ attributeId: W() }),
    id: 0x0160,
    doc: 'Spends a point.',
    seed: () => ({ attributeId: B() }),
    y2011: () => ({ attributeId: D() }),
    head: () => ({ attributeId: W() }),
  },
  {
    name: 'GPMSG_RAISE_ATTRIBUTE_RESPONSE',
    y2012: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(W()) }),
    id: 0x0161,
    doc: 'Answer to spending a point.',
    seed: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(B()) }),
    y2011: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(D()) }),
    head: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(W()) }),
  },
  // The head server reads four bytes here though client and header say two: real clients send two.
  {
    name: 'PGMSG_LOWER_ATTRIBUTE',
    y2012: () => ({ attributeId: W() }),
    id: 0x0170,
    doc: 'Takes a point back.',
    seed: () => ({ attributeId: B() }),
    y2011: () => ({ attributeId: D() }),
    head: () => ({
      attributeId: W(),
      more: optional(
        W({ label: 'Low half', doc: 'Present when the sender writes four bytes, as the server reads' }),
        2,
      ),
    }),
  },
  {
    name: 'GPMSG_LOWER_ATTRIBUTE_RESPONSE',
    y2012: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(W()) }),
    id: 0x0171,
    doc: 'Answer to taking a point back.',
    seed: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(B()) }),
    y2011: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(D()) }),
    head: () => ({ error: error(ATTRIBUTE_ERRORS), attributeId: optional(W()) }),
  },
  { name: 'PGMSG_RESPAWN', id: 0x0180, doc: 'Comes back to life.', seed: () => ({}) },
  {
    name: 'GPMSG_QUESTLOG_STATUS',
    id: null,
    headId: 0x0470,
    doc: 'Entries of the quest log.',
    seed: (t) => ({ quests: list(questEntry(t), 'rest') }),
  },
]);

function questEntry(t: Types): Node {
  return record({
    questId: W({ role: 'id' }),
    flags: flags(u8(), { 1: 'state', 2: 'title', 4: 'description', 8: 'notify' }),
    state: when(bit('flags', 1), B({ names: { 0: 'open', 1: 'finished', 2: 'failed' } })),
    title: when(bit('flags', 2), t.S()),
    description: when(bit('flags', 4), t.S()),
  });
}
