import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defineProtocol } from '../../protocol/define-protocol.ts';
import * as b from '../../schema/builders.ts';
import { toHex, utf8Bytes, utf8Lossy } from '../../schema/characters.ts';
import { toBase64 } from '../base64.ts';
import { detectInText, kindOfName } from './detect.ts';
import { type Dissect, Redactor } from './redactor.ts';
import { Replacer } from './replacer.ts';

const chat = defineProtocol({
  id: 'chat',
  title: 'Chat',
  transports: ['tcp'],
  messages: [
    {
      name: 'login',
      direction: 'both',
      node: b.object({
        type: b.literal('login'),
        name: b.string(),
        password: b.string({ secret: true, role: 'password' }),
        'pin?': b.integer({ secret: true }),
      }),
    },
    { name: 'say', direction: 'both', node: b.object({ type: b.literal('say'), text: b.string() }) },
  ],
  json: { discriminator: { key: 'type', keep: true } },
});
const packed = defineProtocol({
  id: 'packed',
  title: 'Packed',
  transports: ['enet'],
  messages: [
    {
      name: 'enter',
      id: 1,
      direction: 'both',
      node: b.struct({
        name: b.text(b.prefix(b.u8())),
        token: b.text(b.prefix(b.u16be()), { role: 'token', secret: true }),
        key: b.bytes(8, { secret: true }),
        after: b.u16be(),
      }),
    },
    {
      name: 'noted',
      id: 3,
      direction: 'both',
      node: b.struct({
        body: b.compressed('zlib', b.prefix(b.u16be()), b.struct({ note: b.text(b.rest) })),
      }),
    },
    {
      name: 'zipped',
      id: 2,
      direction: 'both',
      node: b.struct({
        body: b.compressed('zlib', b.prefix(b.u16be()), b.struct({ word: b.text(b.rest, { secret: true }) })),
      }),
    },
  ],
  binary: { tag: b.u8() },
});
const dissect: Dissect = (bytes) => ({ protocol: chat, dissected: chat.dissect(bytes, 'toServer', null) });
const dissectPacked: Dissect = (bytes) => ({ protocol: packed, dissected: packed.dissect(bytes, 'toServer', null) });
const json = (value: unknown): Uint8Array => utf8Bytes(JSON.stringify(value));
const login = (password: string, more: object = {}): Uint8Array =>
  json({ type: 'login', name: 'bo', password, ...more });

test('a marked secret is written over everywhere it stands, in every spelling, at the same length', () => {
  const secret = 'p@ss "wörd"/1';
  const redactor = new Redactor([chat]);
  redactor.learnFrame(login(secret), dissect);
  const spellings = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret).slice(1, -1).replaceAll('ö', '\\u00f6').replaceAll('/', '\\/'),
    encodeURIComponent(secret),
    toHex(utf8Bytes(secret)),
    toHex(utf8Bytes(secret)).toUpperCase(),
    toBase64(utf8Bytes(`anna:${secret}`)).slice(8),
  ];
  for (const text of spellings.slice(0, 6)) {
    const frame = json({ type: 'say', text: 'x' });
    const said = utf8Bytes(`{"type":"say","text":"so ${text} it is"}`);
    const out = redactor.redactBytes(said, dissect);
    expect(out.length).toBe(said.length);
    expect(utf8Lossy(out)).not.toContain(text);
    expect(utf8Lossy(out)).toContain('"so ');
    expect(redactor.redactBytes(frame, dissect)).toBe(frame);
  }
  const basic = redactor.redactText(`Authorization: Basic ${toBase64(utf8Bytes(`anna:${secret}`))}`);
  expect(utf8Lossy(Buffer.from(basic.slice(21), 'base64'))).not.toContain('ss "w');
});

test('equal secrets share a placeholder, others have their own', () => {
  const redactor = new Redactor([chat]);
  for (const secret of ['first-secret', 'second-secret', 'first-secret']) redactor.learnFrame(login(secret), dissect);
  const passwordOf = (bytes: Uint8Array): string => (JSON.parse(utf8Lossy(bytes)) as { password: string }).password;
  const first = passwordOf(redactor.redactBytes(login('first-secret'), dissect));
  expect(first).toBe('password1xxx');
  expect(passwordOf(redactor.redactBytes(login('second-secret'), dissect))).toBe('password2xxxx');
  expect(redactor.redactText('again: first-secret')).toBe(`again: ${first}`);
  expect(redactor.list().map(({ placeholder, where }) => [placeholder, where])).toEqual([
    ['password1', 'chat login.password'],
    ['password2', 'chat login.password'],
  ]);
  expect(JSON.stringify(redactor.list())).not.toContain('first-secret');
});

test('short secrets, numbers and words of the protocol are written over where they are marked and left alone elsewhere', () => {
  const redactor = new Redactor([chat]);
  const frame = login('ab', { pin: 4711 });
  redactor.learnFrame(frame, dissect);
  redactor.learnFrame(login('login'), dissect);
  const out = JSON.parse(utf8Lossy(redactor.redactBytes(frame, dissect))) as { password: string; pin: number };
  expect(out.password).not.toBe('ab');
  expect(out.password).toHaveLength(2);
  expect(out.pin).not.toBe(4711);
  expect(String(out.pin)).toHaveLength(4);
  const other = json({ type: 'say', text: 'about 4711 abbeys and a login' });
  expect(redactor.redactBytes(other, dissect)).toBe(other);
  const word = JSON.parse(utf8Lossy(redactor.redactBytes(login('login'), dissect))) as Record<string, string>;
  expect(word.type).toBe('login');
  expect(word.password).not.toBe('login');
});

test('binary fields keep their length prefixes and what follows them', () => {
  const redactor = new Redactor([packed]);
  const key = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);
  const frame = packed.encode(
    { message: 'enter', fields: { name: 'bo', token: 'abcdef', key, after: 513 } },
    'toServer',
    null,
  ).bytes;
  redactor.learnFrame(frame, dissectPacked);
  const out = redactor.redactBytes(frame, dissectPacked);
  expect(out.length).toBe(frame.length);
  const [message] = packed.dissect(out, 'toServer', null).messages;
  expect(message!.fields).toMatchObject({ name: 'bo', token: 'token1', after: 513 });
  expect(toHex(out)).not.toContain(toHex(key));
});

test('a secret inside compressed content goes with the content', () => {
  const redactor = new Redactor([packed]);
  const frame = packed.encode({ message: 'zipped', fields: { body: { word: 'open sesame' } } }, 'toServer', null).bytes;
  redactor.learnFrame(frame, dissectPacked);
  const out = redactor.redactBytes(frame, dissectPacked);
  expect(out.length).toBe(frame.length);
  expect(JSON.stringify(packed.dissect(out, 'toServer', null).messages)).not.toContain('sesame');
});

test('a secret echoed inside compressed content that nobody marked goes with the content', () => {
  const redactor = new Redactor([packed]);
  redactor.learnText('Bearer open-sesame-9', 'header');
  const fields = { body: { note: 'they said open-sesame-9 twice, open-sesame-9' } };
  const frame = packed.encode({ message: 'noted', fields }, 'toServer', null).bytes;
  const out = redactor.redactBytes(frame, dissectPacked);
  expect(out.length).toBe(frame.length);
  expect(JSON.stringify(packed.dissect(out, 'toServer', null).messages)).not.toContain('sesame');
  const other = packed.encode(
    { message: 'noted', fields: { body: { note: 'nothing of it' } } },
    'toServer',
    null,
  ).bytes;
  expect(redactor.redactBytes(other, dissectPacked)).toBe(other);
});

test('secrets are found by the names of headers, by their own form, and in addresses', () => {
  const found = (text: string): string[] => detectInText(text).map((each) => each.text);
  expect(found('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef')).toHaveLength(1);
  expect(found('wss://h/?token=abcd1234&x=1')).toEqual(['abcd1234']);
  expect(found('redis://me:hunter22@host/')).toEqual(['hunter22']);
  expect(found('write to anna.b@example.test.')).toEqual(['anna.b@example.test']);
  expect(found('plain talk at noon')).toEqual([]);
  expect(['sessionToken', 'X-API-Key', 'passwd', 'Set-Cookie'].map(kindOfName)).toEqual([
    'token',
    'key',
    'password',
    'cookie',
  ]);
  expect(['monkey', 'position', 'tokens_left_in_shop', 'compass'].map(kindOfName)).toEqual(
    Array.from({ length: 4 }, () => undefined),
  );
  const redactor = new Redactor([]);
  const connection = {
    id: 1,
    transport: 'ws' as const,
    client: { address: '', port: 1 },
    server: { address: '', port: 2 },
    protocol: '',
    opened: 0,
    details: { 'request.cookie': 'sid=abcdef123; theme=dark', 'request.authorization': 'Bearer zyxwvu987', path: '/' },
  };
  redactor.learnConnection(connection);
  const { details } = redactor.redactConnection(connection);
  expect(JSON.stringify(details)).not.toMatch(/abcdef123|zyxwvu987/);
  expect(details['request.authorization']).toMatch(/^Bearer \w+$/);
});

test('whatever the secret and the text around it, nothing of it is left and the length stays', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 5, maxLength: 30, unit: 'grapheme' }),
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      (secret, before, after) => {
        fc.pre(!/^\d+$/.test(secret) && secret !== 'login' && secret !== 'password');
        const redactor = new Redactor([chat]);
        redactor.learnFrame(login(secret), dissect);
        const frame = json({ type: 'say', text: `${before} ${secret} ${after}` });
        const out = redactor.redactBytes(frame, dissect);
        expect(out.length).toBe(frame.length);
        fc.pre(!JSON.stringify({ type: 'say', text: `${before}  ${after}` }).includes(secret));
        expect((JSON.parse(utf8Lossy(out)) as { text: string }).text).not.toContain(secret);
      },
    ),
    { numRuns: 300 },
  );
});

test('the longest of several patterns wins, and short ones are not taken', () => {
  const replacer = new Replacer();
  const add = (find: string, put: string): void =>
    replacer.add({ find: utf8Bytes(find), put: utf8Bytes(put), found: () => undefined });
  add('abcd', '1111');
  add('abcdef', '222222');
  add('ab', '33');
  expect(replacer.size).toBe(2);
  expect(utf8Lossy(replacer.apply(utf8Bytes('ab abcd abcdef abcdefg')))).toBe('ab 1111 222222 222222g');
});
