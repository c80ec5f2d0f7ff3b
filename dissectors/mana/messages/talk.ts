/** NPCs, chat, channels and post. */
import { eq, i32be, list, optional, prefix, text, u16be, when } from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { amount, B, being, chapter, D, item, record, type Shape, stops, type Types, W } from '../entry.ts';
import { channelEvent, CHAT_ERRORS, error } from '../values.ts';

const npc = (): Node => being('NPC');
const said = (t: Types): Node => t.S({ label: 'Text', role: 'text' });
const channel = (): Node => W({ label: 'Channel', role: 'id' });
const number = (label: string): Node => i32be({ label });
const offers = (): Shape => ({
  npcId: npc(),
  items: list(record({ itemId: item(), amount: amount(), cost: W({ role: 'money' }) }), 'rest'),
});
/** Text to the end of the message, without a length. */
const restText = (): Node => text('rest', { role: 'text', cutAtNul: true });

export const npcs = chapter('NPCs', [
  {
    name: 'GPMSG_NPC_CHOICE',
    id: 0x02b0,
    headId: 0x02c0,
    doc: 'An NPC offers a choice.',
    seed: (t) => ({ npcId: npc(), choices: list(t.S(), 'rest') }),
  },
  {
    name: 'GPMSG_NPC_MESSAGE',
    id: 0x02b1,
    headId: 0x02c1,
    doc: 'An NPC says something.',
    seed: () => ({ npcId: npc(), text: restText() }),
    head: (t) => ({ npcId: npc(), text: said(t) }),
  },
  { name: 'PGMSG_NPC_TALK', id: 0x02b2, headId: 0x02c2, doc: 'Speaks to an NPC.', seed: () => ({ npcId: npc() }) },
  { name: 'PGMSG_NPC_TALK_NEXT', id: 0x02b3, headId: 0x02c3, doc: 'Goes on.', seed: () => ({ npcId: npc() }) },
  {
    name: 'PGMSG_NPC_SELECT',
    id: 0x02b4,
    headId: 0x02c4,
    doc: 'Chooses.',
    seed: () => ({ npcId: npc(), choice: B() }),
  },
  { name: 'GPMSG_NPC_BUY', id: 0x02b5, headId: 0x02c5, doc: 'What can be bought.', seed: offers },
  { name: 'GPMSG_NPC_SELL', id: 0x02b6, headId: 0x02c6, doc: 'What can be sold.', seed: offers },
  {
    name: 'PGMSG_NPC_BUYSELL',
    id: 0x02b7,
    headId: 0x02c7,
    doc: 'Buys or sells.',
    seed: () => ({ itemId: item(), amount: amount() }),
  },
  {
    name: 'GPMSG_NPC_ERROR',
    id: 0x02b8,
    headId: 0x02c8,
    doc: 'The NPC’s script failed.',
    seed: () => ({ error: error() }),
    y2011: () => ({ npcId: npc(), text: restText() }),
  },
  { name: 'GPMSG_NPC_CLOSE', id: 0x02b9, headId: 0x02c9, doc: 'The talk is over.', seed: () => ({ npcId: npc() }) },
  { name: 'GPMSG_NPC_POST', id: 0x02d0, doc: 'The post window opens.', seed: () => ({ npcId: npc() }) },
  {
    name: 'PGMSG_NPC_POST_SEND',
    id: 0x02d1,
    doc: 'Sends a letter.',
    seed: (t) => ({ npcId: npc(), letters: list(record({ name: t.S(), text: said(t), itemId: item() }), 'rest') }),
    y2011: (t) => ({
      receiver: t.S({ role: 'name' }),
      text: said(t),
      attachments: list(record({ itemId: item(), amount: amount() }), 'rest'),
    }),
  },
  {
    name: 'GPMSG_NPC_POST_GET',
    id: 0x02d2,
    doc: 'Letters received; no server sends it.',
    neverSent: true,
    seed: (t) => ({ npcId: npc(), letters: list(record({ name: t.S(), text: said(t), itemId: item() }), 'rest') }),
  },
  {
    name: 'PGMSG_NPC_NUMBER',
    id: 0x02d3,
    doc: 'Answers with a number.',
    seed: () => ({ npcId: npc(), number: number('Number') }),
  },
  {
    name: 'PGMSG_NPC_STRING',
    id: 0x02d4,
    doc: 'Answers with a text.',
    seed: (t) => ({ npcId: npc(), string: said(t) }),
  },
  {
    name: 'GPMSG_NPC_NUMBER',
    id: 0x02d5,
    doc: 'Asks for a number.',
    seed: () => ({ npcId: npc(), max: number('Largest'), min: number('Smallest'), default: number('Default') }),
    y2011: () => ({ npcId: npc(), min: number('Smallest'), max: number('Largest'), default: number('Default') }),
  },
  { name: 'GPMSG_NPC_STRING', id: 0x02d6, doc: 'Asks for a text.', seed: () => ({ npcId: npc() }) },
  {
    name: 'GPMSG_NPC_BUYSELL_RESPONSE',
    id: null,
    headId: 0x02d7,
    doc: 'Answer to buying or selling.',
    seed: () => ({ error: error(), itemId: when(eq('error', 0), item()), amount: when(eq('error', 0), amount()) }),
  },
]);

export const chat = chapter('Chat', [
  {
    name: 'PGMSG_SAY',
    id: 0x02a0,
    headId: 0x02b0,
    doc: 'Speaks to those around; a text with a leading @ is a command.',
    seed: (t) => ({ text: said(t) }),
  },
  {
    name: 'GPMSG_SAY',
    id: 0x02a1,
    headId: 0x02b1,
    doc: 'Someone around spoke; being 0 is the server, 65535 an immovable speaker.',
    seed: (t) => ({ beingId: being(), text: said(t) }),
  },
  { name: 'CPMSG_ERROR', id: 0x0401, doc: 'The chat server refuses.', seed: () => ({ error: error(CHAT_ERRORS) }) },
  {
    name: 'CPMSG_ANNOUNCEMENT',
    y2013: (t) => ({ text: said(t), sender: t.S({ role: 'name' }) }),
    id: 0x0402,
    doc: 'An announcement to all.',
    seed: (t) => ({ text: said(t) }),
    head: (t) => ({ text: said(t), sender: t.S({ role: 'name' }) }),
  },
  {
    name: 'CPMSG_PRIVMSG',
    id: 0x0403,
    doc: 'A whisper arrived.',
    seed: (t) => ({ user: t.S({ role: 'name' }), text: said(t) }),
  },
  {
    name: 'CPMSG_PUBMSG',
    id: 0x0404,
    doc: 'Someone spoke in a channel.',
    seed: (t) => ({ channelId: channel(), user: t.S({ role: 'name' }), text: said(t) }),
  },
  {
    name: 'PCMSG_CHAT',
    id: 0x0410,
    doc: 'Speaks in a channel.',
    seed: (t) => ({ text: said(t), channelId: channel() }),
  },
  {
    name: 'PCMSG_ANNOUNCE',
    until: '2012',
    id: 0x0411,
    headId: null,
    doc: 'Announces to all.',
    seed: (t) => ({ text: said(t) }),
  },
  {
    name: 'PCMSG_PRIVMSG',
    id: 0x0412,
    doc: 'Whispers.',
    seed: (t) => ({ user: t.S({ role: 'name' }), text: said(t) }),
  },
  { name: 'PCMSG_WHO', id: 0x0415, doc: 'Asks who is here.', seed: () => ({}) },
  {
    name: 'CPMSG_WHO_RESPONSE',
    id: 0x0416,
    doc: 'Who is here.',
    seed: (t) => ({ users: list(t.S({ role: 'name' }), 'rest') }),
  },
]);

const users = (t: Types): Node =>
  list(record({ name: t.S({ role: 'name' }), mode: t.S({ doc: 'Letters: o operator, l member' }) }), 'rest');

export const channels = chapter('Channels', [
  {
    name: 'CPMSG_CHANNEL_EVENT',
    id: 0x0430,
    doc: 'Something happened in a channel: info is the player, the topic, "who:whom:mode" or "who:whom".',
    seed: (t) => ({ channelId: channel(), event: channelEvent(), info: t.S() }),
  },
  {
    name: 'PCMSG_ENTER_CHANNEL',
    id: 0x0440,
    doc: 'Enters a channel.',
    seed: (t) => ({ channel: t.S({ role: 'name' }), password: t.S({ role: 'password', secret: true }) }),
  },
  {
    name: 'CPMSG_ENTER_CHANNEL_RESPONSE',
    id: 0x0441,
    doc: 'The channel, its topic and who is in it.',
    seed: (t) => ({ error: error(), ...stops({ channelId: channel(), name: t.S(), topic: t.S(), userlist: t.S() }) }),
    y2011: (t) => ({
      error: error(),
      ...stops({ channelId: channel(), name: t.S(), topic: t.S(), users: when(eq('error', 0), users(t)) }),
    }),
  },
  { name: 'PCMSG_QUIT_CHANNEL', id: 0x0443, doc: 'Leaves a channel.', seed: () => ({ channelId: channel() }) },
  {
    name: 'CPMSG_QUIT_CHANNEL_RESPONSE',
    id: 0x0444,
    doc: 'Answer to leaving.',
    seed: () => ({ error: error(), channelId: optional(channel()) }),
  },
  { name: 'PCMSG_LIST_CHANNELS', id: 0x0445, doc: 'Asks for the channels.', seed: () => ({}) },
  {
    name: 'CPMSG_LIST_CHANNELS_RESPONSE',
    id: 0x0446,
    doc: 'The channels and how many are in them.',
    seed: (t) => ({ channels: list(record({ name: t.S(), users: W() }), 'rest') }),
  },
  { name: 'PCMSG_LIST_CHANNELUSERS', id: 0x0460, doc: 'Asks who is in a channel.', seed: (t) => ({ channel: t.S() }) },
  {
    name: 'CPMSG_LIST_CHANNELUSERS_RESPONSE',
    id: 0x0461,
    doc: 'Who is in a channel.',
    seed: (t) => ({ channel: t.S(), users: list(record({ name: t.S({ role: 'name' }), mode: B() }), 'rest') }),
    y2011: (t) => ({ channel: t.S(), users: users(t) }),
  },
  {
    name: 'PCMSG_TOPIC_CHANGE',
    id: 0x0462,
    doc: 'Changes the topic.',
    seed: (t) => ({ channelId: channel(), topic: t.S() }),
  },
  {
    name: 'PCMSG_USER_MODE',
    id: 0x0465,
    doc: 'Changes someone’s mode.',
    seed: (t) => ({ channelId: channel(), name: t.S({ role: 'name' }), mode: B({ display: 'char' }) }),
  },
  {
    name: 'PCMSG_KICK_USER',
    id: 0x0466,
    doc: 'Throws someone out of a channel.',
    seed: (t) => ({ channelId: channel(), name: t.S({ role: 'name' }) }),
  },
]);

const character = (): Node => D({ label: 'Character', role: 'id' });

export const post = chapter('Post', [
  {
    name: 'GCMSG_REQUEST_POST',
    id: 0x05a0,
    doc: 'Asks for a character’s letters.',
    seed: () => ({ characterId: character() }),
  },
  {
    name: 'CGMSG_POST_RESPONSE',
    id: 0x05a1,
    doc: 'The letters. Real servers write no count, so several cannot be told apart.',
    seed: (t) => ({
      characterId: character(),
      letters: list(
        record({
          sender: t.S({ role: 'name' }),
          letter: said(t),
          attachments: list(record({ itemId: item(), amount: amount() }), prefix(u16be())),
        }),
        'rest',
      ),
    }),
    y2011: (t) => ({
      characterId: character(),
      sender: optional(t.S({ role: 'name' })),
      letter: optional(said(t)),
      attachments: list(record({ itemId: item(), amount: amount() }), 'rest'),
    }),
  },
  {
    name: 'GCMSG_STORE_POST',
    id: 0x05a5,
    doc: 'Keeps a letter.',
    seed: (t) => ({
      senderId: character(),
      receiver: t.S({ role: 'name' }),
      letter: said(t),
      attachments: list(record({ itemId: item(), amount: amount() }), 'rest'),
    }),
    y2011: (t) => ({
      senderId: character(),
      receiver: t.S({ role: 'name' }),
      letter: said(t),
      attachments: list(record({ itemId: D({ role: 'id' }), amount: D({ role: 'quantity' }) }), 'rest'),
    }),
  },
  {
    name: 'CGMSG_STORE_POST_RESPONSE',
    id: 0x05a6,
    doc: 'Answer to keeping a letter.',
    seed: () => ({ characterId: character(), error: error() }),
  },
]);
