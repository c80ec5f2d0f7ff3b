/** Names of the numbers the protocol uses, as the seed prints them. */
import type { Meta, Node } from '../../core/schema/nodes.ts';
import { B } from './entry.ts';

const GENERIC: Readonly<Record<string, string>> = {
  0: 'ERRMSG_OK',
  1: 'ERRMSG_FAILURE',
  2: 'ERRMSG_NO_LOGIN',
  3: 'ERRMSG_NO_CHARACTER_SELECTED',
  4: 'ERRMSG_INSUFFICIENT_RIGHTS',
  5: 'ERRMSG_INVALID_ARGUMENT',
  6: 'ERRMSG_EMAIL_ALREADY_EXISTS',
  7: 'ERRMSG_ALREADY_TAKEN',
  8: 'ERRMSG_SERVER_FULL',
  9: 'ERRMSG_TIME_OUT',
  10: 'ERRMSG_LIMIT_REACHED',
  11: 'ERRMSG_ADMINISTRATIVE_LOGOFF',
  12: 'ERRMSG_ALREADY_MEMBER',
  13: 'ERRMSG_LOGIN_WAS_TAKEN_OVER',
};

/** Error byte of a reply: the generic codes and those of its own, from 0x40 up. */
export function error(own: Readonly<Record<number, string>> = {}): Node {
  return B({ label: 'Error', names: { ...GENERIC, ...own } });
}

export const REGISTER_ERRORS = {
  0x40: 'REGISTER_INVALID_VERSION',
  0x41: 'REGISTER_EXISTS_USERNAME',
  0x42: 'REGISTER_EXISTS_EMAIL',
  0x43: 'REGISTER_CAPTCHA_WRONG',
};
export const LOGIN_ERRORS = { 0x40: 'LOGIN_INVALID_VERSION', 0x50: 'LOGIN_INVALID_TIME', 0x51: 'LOGIN_BANNED' };
export const CREATE_ERRORS = {
  0x40: 'CREATE_INVALID_HAIRSTYLE',
  0x41: 'CREATE_INVALID_HAIRCOLOR',
  0x42: 'CREATE_INVALID_GENDER',
  0x43: 'CREATE_ATTRIBUTES_TOO_HIGH',
  0x44: 'CREATE_ATTRIBUTES_TOO_LOW',
  0x45: 'CREATE_ATTRIBUTES_OUT_OF_RANGE',
  0x46: 'CREATE_EXISTS_NAME',
  0x47: 'CREATE_TOO_MUCH_CHARACTERS',
  0x48: 'CREATE_INVALID_SLOT',
};
export const ATTRIBUTE_ERRORS = {
  0x40: 'ATTRIBMOD_INVALID_ATTRIBUTE',
  0x41: 'ATTRIBMOD_NO_POINTS_LEFT',
  0x42: 'ATTRIBMOD_DENIED',
};
export const CHAT_ERRORS = { 0x40: 'CHAT_USING_BAD_WORDS', 0x41: 'CHAT_UNHANDLED_COMMAND' };

const enumeration = (label: string, names: Meta['names'], doc?: string) => (): Node =>
  B({ label, names: names!, ...(doc === undefined ? {} : { doc }) });

export const gender = enumeration('Gender', { 0: 'GENDER_MALE', 1: 'GENDER_FEMALE', 2: 'GENDER_UNSPECIFIED' });
export const objectType = enumeration('Type', {
  0: 'OBJECT_ITEM',
  1: 'OBJECT_ACTOR',
  2: 'OBJECT_NPC',
  3: 'OBJECT_MONSTER',
  4: 'OBJECT_CHARACTER',
  5: 'OBJECT_EFFECT',
  6: 'OBJECT_OTHER',
});
/** The seed and 2011 have an ATTACK that head dropped, which moved the rest. */
export const action = enumeration('Action', { 0: 'STAND', 1: 'WALK', 2: 'ATTACK', 3: 'SIT', 4: 'DEAD', 5: 'HURT' });
export const actionHead = enumeration('Action', { 0: 'STAND', 1: 'WALK', 2: 'SIT', 3: 'DEAD', 4: 'HURT' });
export const direction = enumeration('Direction', {
  1: 'DOWN',
  2: 'LEFT',
  4: 'UP',
  8: 'RIGHT',
  3: 'DOWN LEFT',
  6: 'UP LEFT',
  9: 'DOWN RIGHT',
  12: 'UP RIGHT',
});
export const attackType = enumeration('Attack', {
  0x00: 'HIT',
  0x0a: 'CRITICAL',
  0x08: 'MULTI',
  0x04: 'REFLECT',
  0x0b: 'FLEE',
});
export const channelEvent = enumeration('Event', {
  0: 'CHAT_EVENT_NEW_PLAYER',
  1: 'CHAT_EVENT_LEAVING_PLAYER',
  2: 'CHAT_EVENT_TOPIC_CHANGE',
  3: 'CHAT_EVENT_MODE_CHANGE',
  4: 'CHAT_EVENT_KICKED_PLAYER',
});
export const guildEvent = enumeration('Event', {
  0: 'GUILD_EVENT_NEW_PLAYER',
  1: 'GUILD_EVENT_LEAVING_PLAYER',
  2: 'GUILD_EVENT_ONLINE_PLAYER',
  3: 'GUILD_EVENT_OFFLINE_PLAYER',
});
export const syncKind = enumeration('Kind', {
  1: 'SYNC_CHARACTER_POINTS',
  2: 'SYNC_CHARACTER_ATTRIBUTE',
  3: 'SYNC_CHARACTER_SKILL',
  4: 'SYNC_ONLINE_STATUS',
  255: 'SYNC_END_OF_BUFFER',
});
export const syncKindSeed = enumeration('Kind', {
  1: 'SYNC_CHARACTER_POINTS',
  2: 'SYNC_CHARACTER_SKILL',
  3: 'SYNC_ONLINE_STATUS',
  255: 'SYNC_END_OF_BUFFER',
});
export const rights = { label: 'Rights', names: { 1: 'topic', 2: 'invite', 4: 'kick', 255: 'owner' } } as const;
export const online = enumeration('Online', { 0: 'offline', 1: 'online' });
export const MOVING = { 1: 'position', 2: 'destination' };
