/** Login and registration: account, chat and game connections. */
import { bytes, eq, list, ne, optional, prefix, u16be, u8, when } from '../../../core/schema/builders.ts';
import type { Node } from '../../../core/schema/nodes.ts';
import { B, chapter, D, record, type Shape, stops, token, type Types, W } from '../entry.ts';
import { CREATE_ERRORS, error, gender, LOGIN_ERRORS, REGISTER_ERRORS } from '../values.ts';

const password = (t: Types, label = 'Password'): Node => t.S({ label, role: 'password', secret: true });
const slots = (): Node => B({ label: 'Character slots' });
const hosts = (t: Types): Shape => ({
  updateHost: t.S({ label: 'Update host' }),
  clientDataUrl: t.S({ label: 'Client data URL' }),
  characterSlots: slots(),
});
const points = (): Shape => ({
  attributePoints: W({ label: 'Attribute points' }),
  correctionPoints: W({ label: 'Correction points' }),
});
const attribute = (): Node =>
  record({ id: D({ label: 'Attribute' }), base: D({ unit: '1/256' }), modified: D({ unit: '1/256' }) });
const look = (): Shape => ({ gender: gender(), hairStyle: B(), hairColor: B() });

/** A character as head writes it after a login or a creation. */
const character = (t: Types): Shape => ({
  slot: B({ label: 'Slot' }),
  name: t.S({ role: 'name' }),
  ...look(),
  ...points(),
  equipment: list(record({ slot: W({ label: 'Equip slot' }), itemId: W() }), prefix(u8())),
  attributes: list(attribute(), prefix(u8())),
});

/** The character that follows a good answer. */
const optionalCharacter = (t: Types): Shape =>
  stops(Object.fromEntries(Object.entries(character(t)).map(([name, node]) => [name, optional(node)])));

const whenClosed = (node: Node, closed: boolean): Node =>
  when(closed ? eq('registrationAllowed', 0) : ne('registrationAllowed', 0), node);

/** Four random bytes, sent as a string. */
const saltBytes = (): Node => bytes(prefix(u16be()), { label: 'Salt', volatile: true, role: 'token', secret: true });

const chatAndGame = (t: Types): Shape => ({
  gameAddress: t.S({ role: 'address' }),
  gamePort: W({ role: 'port' }),
  chatAddress: t.S({ role: 'address' }),
  chatPort: W({ role: 'port' }),
});

export const account = chapter('Login and registration', [
  {
    name: 'PAMSG_REGISTER',
    id: 0x0000,
    doc: 'Makes an account.',
    seed: (t) => ({
      version: D({ label: 'Protocol version' }),
      username: t.S({ role: 'name' }),
      password: password(t),
      email: t.S(),
      captchaResponse: t.S(),
    }),
  },
  {
    name: 'APMSG_REGISTER_RESPONSE',
    id: 0x0002,
    doc: 'Answer to a registration.',
    seed: (t) => ({ error: error(REGISTER_ERRORS), ...stops(hosts(t)) }),
  },
  {
    name: 'PAMSG_UNREGISTER',
    id: 0x0003,
    doc: 'Deletes the account.',
    seed: (t) => ({ username: t.S({ role: 'name' }), password: password(t) }),
  },
  { name: 'APMSG_UNREGISTER_RESPONSE', id: 0x0004, doc: 'Answer to a deletion.', seed: () => ({ error: error() }) },
  { name: 'PAMSG_REQUEST_REGISTER_INFO', id: 0x0005, doc: 'Asks what a registration needs.', seed: () => ({}) },
  {
    name: 'APMSG_REGISTER_INFO_RESPONSE',
    id: 0x0006,
    doc: 'What a registration needs; only a reason when registration is closed.',
    seed: (t) => ({
      registrationAllowed: B({ names: { 0: 'closed', 1: 'open' } }),
      minNameLength: B(),
      maxNameLength: B(),
      captchaUrl: t.S(),
      captchaInstructions: t.S(),
    }),
    y2011: (t) => ({
      registrationAllowed: B({ names: { 0: 'closed', 1: 'open' } }),
      reason: whenClosed(t.S({ label: 'Reason' }), true),
      minNameLength: whenClosed(B(), false),
      maxNameLength: whenClosed(B(), false),
      captchaUrl: whenClosed(t.S(), false),
      captchaInstructions: whenClosed(t.S(), false),
    }),
  },
  {
    name: 'PAMSG_LOGIN',
    id: 0x0010,
    doc: 'Logs in.',
    seed: (t) => ({
      version: D({ label: 'Protocol version' }),
      username: t.S({ role: 'name' }),
      password: password(t),
    }),
  },
  {
    name: 'APMSG_LOGIN_RESPONSE',
    id: 0x0012,
    doc: 'Answer to a login; clients from version 10 on get their characters with it.',
    seed: (t) => ({ error: error(LOGIN_ERRORS), ...stops(hosts(t)) }),
    head: (t) => ({
      error: error(LOGIN_ERRORS),
      ...stops(hosts(t)),
      characters: optional(list(record(character(t)), 'rest')),
    }),
  },
  { name: 'PAMSG_LOGOUT', id: 0x0013, doc: 'Logs out.', seed: () => ({}) },
  { name: 'APMSG_LOGOUT_RESPONSE', id: 0x0014, doc: 'Answer to a logout.', seed: () => ({ error: error() }) },
  {
    name: 'PAMSG_LOGIN_RNDTRGR',
    since: '2012',
    id: null,
    headId: 0x0015,
    doc: 'Asks for the salt of a login. The 2026 client leaves the name out.',
    seed: (t) => ({ username: optional(t.S({ role: 'name' })) }),
  },
  {
    name: 'APMSG_LOGIN_RNDTRGR_RESPONSE',
    since: '2012',
    id: null,
    headId: 0x0016,
    doc: 'The salt: four random bytes.',
    seed: () => ({ salt: saltBytes() }),
  },
  {
    name: 'PAMSG_STELLAR_LOGIN',
    id: null,
    headId: 0x0017,
    doc: 'Known to the 2026 client only.',
    neverSent: true,
    seed: () => ({ version: D() }),
  },
  {
    name: 'APMSG_STELLAR_LOGIN_RESPONSE',
    id: null,
    headId: 0x0018,
    doc: 'Known to the 2026 client only.',
    neverSent: true,
    seed: (t) => ({ error: error(), ...stops({ token: t.S({ secret: true, role: 'token' }), url: t.S() }) }),
  },
  {
    name: 'PAMSG_CHAR_CREATE',
    id: 0x0020,
    doc: 'Makes a character.',
    seed: (t) => ({
      name: t.S({ role: 'name' }),
      hairStyle: B(),
      hairColor: B(),
      gender: gender(),
      slot: B(),
      stats: list(W(), 'rest'),
    }),
  },
  {
    name: 'APMSG_CHAR_CREATE_RESPONSE',
    id: 0x0021,
    doc: 'Answer to a creation; head sends the character with it.',
    seed: () => ({ error: error(CREATE_ERRORS) }),
    head: (t) => ({ error: error(CREATE_ERRORS), ...optionalCharacter(t) }),
  },
  { name: 'PAMSG_CHAR_DELETE', id: 0x0022, doc: 'Deletes a character.', seed: () => ({ slot: B() }) },
  { name: 'APMSG_CHAR_DELETE_RESPONSE', id: 0x0023, doc: 'Answer to a deletion.', seed: () => ({ error: error() }) },
  {
    name: 'APMSG_CHAR_INFO',
    id: 0x0024,
    doc: 'Characters of the account.',
    seed: (t) => ({
      slot: B(),
      name: t.S({ role: 'name' }),
      ...look(),
      level: W(),
      characterPoints: W(),
      correctionPoints: W(),
      money: D({ role: 'money' }),
      stats: list(W(), 6),
    }),
    y2011: (t) => ({
      slot: B(),
      name: t.S({ role: 'name' }),
      ...look(),
      level: W(),
      characterPoints: W(),
      correctionPoints: W(),
      attributes: list(attribute(), 'rest'),
    }),
    head: (t) => ({ characters: list(record(character(t)), 'rest') }),
  },
  { name: 'PAMSG_CHAR_SELECT', id: 0x0026, doc: 'Chooses a character.', seed: () => ({ slot: B() }) },
  {
    name: 'APMSG_CHAR_SELECT_RESPONSE',
    id: 0x0027,
    doc: 'Sends the client on to the game and chat servers: their addresses and the token to show there.',
    seed: (t) => ({ error: error(), ...stops({ token: token(), ...chatAndGame(t) }) }),
  },
  { name: 'PAMSG_EMAIL_CHANGE', id: 0x0030, doc: 'Changes the address.', seed: (t) => ({ email: t.S() }) },
  {
    name: 'APMSG_EMAIL_CHANGE_RESPONSE',
    id: 0x0031,
    doc: 'Answer to a change of address.',
    seed: () => ({ error: error() }),
  },
  {
    name: 'PAMSG_PASSWORD_CHANGE',
    id: 0x0034,
    doc: 'Changes the password.',
    seed: (t) => ({ oldPassword: password(t, 'Old password'), newPassword: password(t, 'New password') }),
  },
  {
    name: 'APMSG_PASSWORD_CHANGE_RESPONSE',
    id: 0x0035,
    doc: 'Answer to a change of password.',
    seed: () => ({ error: error() }),
  },
  { name: 'PGMSG_CONNECT', id: 0x0050, doc: 'Shows the token to the game server.', seed: () => ({ token: token() }) },
  {
    name: 'GPMSG_CONNECT_RESPONSE',
    id: 0x0051,
    doc: 'The game server takes the client, or not.',
    seed: () => ({ error: error() }),
  },
  { name: 'PCMSG_CONNECT', id: 0x0053, doc: 'Shows the token to the chat server.', seed: () => ({ token: token() }) },
  {
    name: 'CPMSG_CONNECT_RESPONSE',
    id: 0x0054,
    doc: 'The chat server takes the client, or not.',
    seed: () => ({ error: error() }),
  },
  {
    name: 'PGMSG_DISCONNECT',
    id: 0x0060,
    doc: 'Leaves the game, or goes back to the account server.',
    seed: () => ({ reconnectAccount: B({ names: { 0: 'no', 1: 'yes' } }) }),
  },
  {
    name: 'GPMSG_DISCONNECT_RESPONSE',
    id: 0x0061,
    doc: 'With a token for the way back, if one was asked for.',
    seed: () => ({ error: error(), token: optional(token()) }),
  },
  { name: 'PCMSG_DISCONNECT', id: 0x0063, doc: 'Leaves the chat.', seed: () => ({}) },
  {
    name: 'CPMSG_DISCONNECT_RESPONSE',
    id: 0x0064,
    doc: 'Answer to leaving the chat.',
    seed: () => ({ error: error() }),
  },
  {
    name: 'PAMSG_RECONNECT',
    id: 0x0065,
    doc: 'Comes back from the game server with a token.',
    seed: () => ({ token: token() }),
  },
  { name: 'APMSG_RECONNECT_RESPONSE', id: 0x0066, doc: 'Answer to coming back.', seed: () => ({ error: error() }) },
]);
