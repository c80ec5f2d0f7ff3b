import { expect, test } from 'vitest';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import { commandFor } from './client-command.ts';

const server = (names: readonly string[], more: { url?: string; isTold?: boolean } = {}) => ({
  names,
  url: 'ws://127.0.0.1:0',
  isTold: false,
  ...more,
});
const login = server(['10.0.0.1:8000', '8000', 'login']);
const play = server(['10.0.0.1:8001', '8001', 'play']);
const urls = ['ws://127.0.0.1:4001/door', 'ws://[::1]:4002'].map((url) => parseEndpointUrl(url));

test('places without a name are of the first server, those with one of the server that has it', () => {
  const command = './client {host} {port} {url} {host:play} {port:8001} {url:10.0.0.1:8001}';
  expect(commandFor(command, [login, play], urls)).toBe(
    './client 127.0.0.1 4001 ws://127.0.0.1:4001/door ::1 4002 ws://[::1]:4002',
  );
});

test("what is the shell's stays, and so does what is no place", () => {
  const command = `PORT={port} sh -c 'echo \${port:-7000} {user} {port }'`;
  expect(commandFor(command, [login], urls)).toBe(`PORT=4001 sh -c 'echo \${port:-7000} {user} {port }'`);
});

test('a client that is not told where a server is gets a sentence', () => {
  expect(() => commandFor('./client', [login])).toThrow(
    'The client is not told where to connect: write {port} or {url} into the command that starts it, or listen on a port it knows.',
  );
  expect(() => commandFor('./client {port} {host:play}', [login, play])).toThrow(
    'The client is not told where to connect: {port:play} or {url:play} for 10.0.0.1:8001, or listen on a port it knows.',
  );
  expect(() => commandFor('./client {port:chat}', [login, play])).toThrow(
    'The recorded client goes to no server chat; it goes to 10.0.0.1:8000 or 8000 or login, 10.0.0.1:8001 or 8001 or play.',
  );
});

test('it is told by a message, or knows the port', () => {
  expect(commandFor('./client {port}', [login, { ...play, isTold: true }], urls)).toBe('./client 4001');
  const known = server(['10.0.0.1:8001'], { url: 'ws://127.0.0.1:8001' });
  expect(commandFor('./client', [server(['a:1'], { url: 'tcp://127.0.0.1:7000' }), known])).toBe('./client');
});
