/** Trade, parties and guilds. */
import { eq, list, optional, when } from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { B, being, chapter, D, item, record, type Shape, stops, type Types, W } from '../entry.ts';
import { error, guildEvent, online, rights } from '../values.ts';

const name = (t: Types, label = 'Name'): Node => t.S({ label, role: 'name' });
const nothing = (): Shape => ({});
const money = (): Shape => ({ amount: D({ role: 'money' }) });

export const trade = chapter('Trade', [
  {
    name: 'PGMSG_TRADE_REQUEST',
    id: 0x02c0,
    headId: 0x02e0,
    doc: 'Asks someone to trade.',
    seed: () => ({ beingId: being() }),
  },
  {
    name: 'GPMSG_TRADE_REQUEST',
    id: 0x02c1,
    headId: 0x02e1,
    doc: 'Someone asks to trade.',
    seed: () => ({ beingId: being() }),
  },
  { name: 'GPMSG_TRADE_START', id: 0x02c2, headId: 0x02e2, doc: 'The trade begins.', seed: nothing },
  { name: 'GPMSG_TRADE_COMPLETE', id: 0x02c3, headId: 0x02e3, doc: 'The trade is done.', seed: nothing },
  { name: 'PGMSG_TRADE_CANCEL', id: 0x02c4, headId: 0x02e4, doc: 'Breaks the trade off.', seed: nothing },
  { name: 'GPMSG_TRADE_CANCEL', id: 0x02c5, headId: 0x02e5, doc: 'The trade was broken off.', seed: nothing },
  { name: 'PGMSG_TRADE_AGREED', id: 0x02c6, headId: 0x02e6, doc: 'Agrees.', seed: nothing },
  { name: 'GPMSG_TRADE_AGREED', id: 0x02c7, headId: 0x02e7, doc: 'The other agrees.', seed: nothing },
  { name: 'PGMSG_TRADE_CONFIRM', id: 0x02c8, headId: 0x02e8, doc: 'Confirms the offer.', seed: nothing },
  { name: 'GPMSG_TRADE_CONFIRM', id: 0x02c9, headId: 0x02e9, doc: 'The other confirmed.', seed: nothing },
  {
    name: 'PGMSG_TRADE_ADD_ITEM',
    id: 0x02ca,
    headId: 0x02ea,
    doc: 'Offers an item.',
    seed: () => ({ slot: B(), amount: B({ role: 'quantity' }) }),
  },
  {
    name: 'GPMSG_TRADE_ADD_ITEM',
    id: 0x02cb,
    headId: 0x02eb,
    doc: 'The other offers an item.',
    seed: () => ({ itemId: item(), amount: B({ role: 'quantity' }) }),
  },
  { name: 'PGMSG_TRADE_SET_MONEY', id: 0x02cc, headId: 0x02ec, doc: 'Offers money.', seed: money },
  { name: 'GPMSG_TRADE_SET_MONEY', id: 0x02cd, headId: 0x02ed, doc: 'The other offers money.', seed: money },
  { name: 'GPMSG_TRADE_BOTH_CONFIRM', id: 0x02ce, headId: 0x02ee, doc: 'Both confirmed.', seed: nothing },
]);

const names = (t: Types): Node => list(name(t), 'rest');
const characterId = (): Node => D({ label: 'Character', role: 'id' });

export const party = chapter('Party', [
  {
    name: 'PCMSG_PARTY_INVITE',
    until: '2011',
    id: 0x03a0,
    headId: null,
    doc: 'Invites someone.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'PGMSG_PARTY_INVITE',
    since: '2012',
    id: null,
    headId: 0x03a0,
    doc: 'Invites someone, through the game server.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'CPMSG_PARTY_INVITE_RESPONSE',
    until: '2011',
    id: 0x03a1,
    headId: null,
    doc: 'Answer to an invitation.',
    seed: (t) => ({ error: error(), name: optional(name(t)) }),
    y2011: (t) => ({ name: name(t), error: optional(error()) }),
  },
  {
    name: 'GPMSG_PARTY_INVITE_ERROR',
    since: '2012',
    id: null,
    headId: 0x03a1,
    doc: 'The invited one is not there.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'GCMSG_PARTY_INVITE',
    since: '2012',
    id: null,
    headId: 0x03a2,
    doc: 'An invitation, from game to chat server.',
    seed: (t) => ({ inviter: name(t, 'Inviter'), invitee: name(t, 'Invitee') }),
  },
  {
    name: 'CPMSG_PARTY_INVITED',
    id2012: 0x03a4,
    id: 0x03a2,
    headId: 0x03a4,
    doc: 'Someone invites.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'PCMSG_PARTY_ACCEPT_INVITE',
    until: '2011',
    id: 0x03a5,
    headId: null,
    doc: 'Accepts.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'PCMSG_PARTY_INVITE_ANSWER',
    since: '2012',
    id: null,
    headId: 0x03a5,
    doc: 'Accepts or refuses.',
    seed: (t) => ({ inviter: name(t, 'Inviter'), accept: B({ names: { 0: 'no', 1: 'yes' } }) }),
  },
  {
    name: 'CPMSG_PARTY_ACCEPT_INVITE_RESPONSE',
    until: '2011',
    id: 0x03a6,
    headId: null,
    doc: 'Answer to accepting.',
    seed: (t) => ({ error: error(), members: names(t) }),
    y2011: () => ({ error: error() }),
  },
  {
    name: 'CPMSG_PARTY_INVITE_ANSWER_RESPONSE',
    since: '2012',
    id: null,
    headId: 0x03a6,
    doc: 'Who is in the party.',
    seed: (t) => ({ error: error(), members: when(eq('error', 0), names(t)) }),
  },
  {
    name: 'PCMSG_PARTY_REJECT_INVITE',
    until: '2011',
    id: 0x03a7,
    headId: null,
    doc: 'Refuses.',
    seed: (t) => ({ name: name(t) }),
  },
  {
    name: 'CPMSG_PARTY_REJECTED',
    y2012: (t) => ({ inviter: name(t, 'Inviter'), error: error() }),
    id: 0x03a8,
    doc: 'The invited one refused.',
    seed: (t) => ({ name: name(t) }),
    y2011: () => ({ error: optional(error()) }),
    head: (t) => ({ inviter: name(t, 'Inviter'), error: error() }),
  },
  { name: 'PCMSG_PARTY_QUIT', id: 0x03aa, doc: 'Leaves the party.', seed: nothing },
  { name: 'CPMSG_PARTY_QUIT_RESPONSE', id: 0x03ab, doc: 'Answer to leaving.', seed: () => ({ error: error() }) },
  {
    name: 'CPMSG_PARTY_NEW_MEMBER',
    y2012: (t) => ({ name: name(t), inviter: name(t, 'Inviter') }),
    id: 0x03b0,
    doc: 'Someone joined.',
    seed: (t) => ({ beingId: being(), name: name(t) }),
    y2011: (t) => ({ characterId: W({ role: 'id' }), name: name(t) }),
    head: (t) => ({ name: name(t), inviter: name(t, 'Inviter') }),
  },
  {
    name: 'CPMSG_PARTY_MEMBER_LEFT',
    y2012: () => ({ characterId: characterId() }),
    id: 0x03b1,
    doc: 'Someone left.',
    seed: () => ({ beingId: being() }),
    y2011: () => ({ characterId: W({ role: 'id' }) }),
    head: () => ({ characterId: characterId() }),
  },
  {
    name: 'CGMSG_CHANGED_PARTY',
    id: 0x0590,
    doc: 'A character’s party changed.',
    seed: () => ({ characterId: characterId(), partyId: D({ role: 'id' }) }),
  },
]);

const guild = (): Node => W({ label: 'Guild', role: 'id' });
const channelId = (): Node => W({ label: 'Channel', role: 'id' });
const joined = (t: Types, real: boolean): Shape => ({
  error: error(),
  ...stops(
    real
      ? { name: name(t), guildId: guild(), rights: W(rights), channelId: channelId() }
      : { guildId: guild(), rights: B(rights), channelId: channelId() },
  ),
});

export const guilds = chapter('Guild', [
  { name: 'PCMSG_GUILD_CREATE', id: 0x0350, doc: 'Founds a guild.', seed: (t) => ({ name: name(t) }) },
  {
    name: 'CPMSG_GUILD_CREATE_RESPONSE',
    id: 0x0351,
    doc: 'Answer to founding.',
    seed: (t) => joined(t, false),
    y2011: (t) => joined(t, true),
  },
  {
    name: 'PCMSG_GUILD_INVITE',
    id: 0x0352,
    doc: 'Invites someone.',
    seed: (t) => ({ guildId: guild(), name: name(t) }),
  },
  {
    name: 'CPMSG_GUILD_INVITE_RESPONSE',
    id: 0x0353,
    doc: 'Answer to an invitation.',
    seed: () => ({ error: error() }),
  },
  {
    name: 'PCMSG_GUILD_ACCEPT',
    y2013: () => ({ guildId: guild(), accepted: B({ names: { 0: 'no', 1: 'yes' } }) }),
    id: 0x0354,
    doc: 'Accepts.',
    seed: () => ({ guildId: guild() }),
    y2011: (t) => ({ name: name(t, 'Guild') }),
    head: () => ({ guildId: guild(), accepted: B({ names: { 0: 'no', 1: 'yes' } }) }),
  },
  {
    name: 'CPMSG_GUILD_ACCEPT_RESPONSE',
    id: 0x0355,
    doc: 'Answer to accepting.',
    seed: (t) => joined(t, false),
    y2011: (t) => joined(t, true),
  },
  { name: 'PCMSG_GUILD_GET_MEMBERS', id: 0x0356, doc: 'Asks for the members.', seed: () => ({ guildId: guild() }) },
  {
    name: 'CPMSG_GUILD_GET_MEMBERS_RESPONSE',
    id: 0x0357,
    doc: 'The members; empty when the asker is none.',
    seed: (t) => ({ members: list(record({ name: name(t), online: online() }), 'rest') }),
    y2011: (t) => ({
      error: optional(error()),
      guildId: optional(guild()),
      members: list(record({ name: name(t), online: online() }), 'rest'),
    }),
  },
  {
    name: 'CPMSG_GUILD_UPDATE_LIST',
    id: 0x0358,
    doc: 'A member came or went.',
    seed: (t) => ({ guildId: guild(), name: name(t), event: guildEvent() }),
  },
  { name: 'PCMSG_GUILD_QUIT', id: 0x0360, doc: 'Leaves the guild.', seed: () => ({ guildId: guild() }) },
  {
    name: 'CPMSG_GUILD_QUIT_RESPONSE',
    id: 0x0361,
    doc: 'Answer to leaving.',
    seed: () => ({ error: error() }),
    y2011: () => ({ error: error(), guildId: optional(guild()) }),
  },
  {
    name: 'PCMSG_GUILD_PROMOTE_MEMBER',
    id: 0x0365,
    doc: 'Changes a member’s rights.',
    seed: (t) => ({ guildId: guild(), name: name(t), rights: B(rights) }),
  },
  // A success comes twice: 0, and then 0 and 1 in one message.
  {
    name: 'CPMSG_GUILD_PROMOTE_MEMBER_RESPONSE',
    id: 0x0366,
    doc: 'Answer to a change of rights.',
    seed: () => ({ error: error() }),
    y2011: () => ({
      error: error(),
      more: optional(B({ doc: 'Real servers append a 1 to the second of their two answers' })),
    }),
  },
  {
    name: 'PCMSG_GUILD_KICK_MEMBER',
    id: 0x0370,
    doc: 'Throws a member out.',
    seed: (t) => ({ guildId: guild(), name: name(t) }),
  },
  {
    name: 'CPMSG_GUILD_KICK_MEMBER_RESPONSE',
    id: 0x0371,
    doc: 'Answer to throwing out; a 0361 with an error follows.',
    seed: () => ({ error: error() }),
  },
  {
    name: 'CPMSG_GUILD_KICK_NOTIFICATION',
    since: '2013',
    id: null,
    headId: 0x0372,
    doc: 'Thrown out of the guild.',
    seed: (t) => ({ guildId: guild(), name: name(t, 'By') }),
  },
  {
    name: 'CPMSG_GUILD_INVITED',
    id: 0x0388,
    doc: 'Someone invites to a guild.',
    seed: (t) => ({ character: name(t), guildName: name(t), guildId: guild() }),
  },
  {
    name: 'CPMSG_GUILD_REJOIN',
    id: 0x0389,
    doc: 'The guilds one is in, after connecting.',
    seed: (t) => ({
      name: name(t),
      guildId: guild(),
      rights: W(rights),
      channelId: channelId(),
      announce: t.S({ role: 'text' }),
    }),
  },
]);
