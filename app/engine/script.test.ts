import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ScriptStatus } from '../../core/contract/verbs.ts';
import { type StartedEngine, startEngine } from './start-engine.ts';

let folder: string;
let started: StartedEngine;
let server: Server;
let client: Socket;
let peer: Socket;
const said = { server: '', client: '' };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'interpose-script-'));
  said.server = said.client = '';
  server = createServer((socket) => {
    peer = socket;
    socket.on('data', (data) => (said.server += data.toString()));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  started = await startEngine({
    serve: false,
    home: folder,
    log: 'quiet',
    proxies: [
      { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream: `tcp://127.0.0.1:${port}`, protocol: 'socketchat' },
    ],
  });
});
afterEach(async () => {
  client?.destroy();
  await started.close();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function save(source: string): string {
  const path = join(folder, 'script.ts');
  writeFileSync(path, source);
  return path;
}
async function dial(): Promise<void> {
  const url = new URL(started.engine.proxies.list()[0]!.url!.replace('tcp', 'http'));
  client = connect(Number(url.port), url.hostname);
  client.on('data', (data) => (said.client += data.toString()));
  client.on('error', () => undefined);
  await once(server, 'connection');
}
async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 500; i++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(
    `gave up; the server got ${JSON.stringify(said)}, script: ${JSON.stringify(await started.engine.call('script.status', {}))}`,
  );
}
const status = (): Promise<ScriptStatus> => started.engine.call('script.status', {});

test('a script edits fields, drops and injects, and the rest is byte-identical', async () => {
  const path = save(`
    export default {
      onConnection(connection, interpose) { interpose.log('hello', connection.id); },
      onFrame(frame: { message: string | null; fields: any; connection: { id: number } }, interpose: any) {
        if (frame.message === 'heartbeat') return 'drop';
        if (frame.message !== 'chat_send') return;
        interpose.inject(frame.connection.id, 'toClient', { message: 'chat_receipt', fields: { Flag: 1 } });
        return { fields: { ...frame.fields, Message: 'edited' } };
      },
    };`);
  await dial();
  const loaded = await started.engine.call('script.load', { path });
  expect(loaded).toMatchObject({ running: true, hooks: ['onConnection', 'onFrame'] });
  client.write('{"Command": "01", "Name": "alice1"}{"Command": "04", "FriendName": "bob22", "Message": "hi"}');
  await until(() => said.server.includes('edited'));
  expect(said.server).toBe(
    '{"Command": "01", "Name": "alice1"}{"Command": "04", "FriendName": "bob22", "Message": "edited"}',
  );
  await until(() => said.client.includes('14'));
  peer.write('{"Command": "14"}{"Command": "31", "LogOutUserName": "bob22"}');
  await until(() => said.client.includes('bob22'));
  expect(said.client).not.toContain('{"Command": "14"}');
  expect((await status()).log).toContain('hello 1');
});

test('saving the file reads it again', async () => {
  await dial();
  await started.engine.call('script.load', {
    path: save("export default { onFrame: (f: { fields: object }) => ({ fields: { ...f.fields, Name: 'first1' } }) };"),
  });
  client.write('{"Command":"01","Name":"alice1"}');
  await until(() => said.server.includes('first1'));
  save("export default { onFrame: (f: { fields: object }) => ({ fields: { ...f.fields, Name: 'second2' } }) };");
  await until(async () => (await status()).log.some((line) => line.startsWith('read again')));
  client.write('{"Command":"01","Name":"alice1"}');
  await until(() => said.server.includes('second2'));
});

test('a hook that throws is reported with its line, and traffic goes on', async () => {
  await dial();
  await started.engine.call('script.load', {
    path: save("export default {\n  onFrame() {\n    throw new Error('oh no');\n  },\n};"),
  });
  client.write('{"Command":"03"}');
  await until(() => said.server === '{"Command":"03"}');
  expect((await status()).error).toEqual({ message: 'oh no', line: 3 });
});

test('an endless loop is stopped and told, and traffic goes on', async () => {
  await dial();
  await started.engine.call('script.load', { path: save('export default { onFrame() { for (;;); } };') });
  client.write('{"Command":"03"}');
  await until(() => said.server === '{"Command":"03"}');
  const stopped = await until(async () => {
    const now = await status();
    return now.running ? undefined : now;
  });
  expect(stopped.error?.message).toContain('endless loop');
  client.write('{"Command":"03"}');
  await until(() => said.server === '{"Command":"03"}{"Command":"03"}');
});

test.each([
  ['export default {', 'syntax'],
  ['export const x = 1;', 'no default export'],
  ['export default {};', 'none of the hooks'],
  ["export default { filter: 'actor ==', onFrame() {} };", 'filter cannot be read'],
])('%s is refused with a reason', async (source) => {
  const loaded = await started.engine.call('script.load', { path: save(source) });
  expect(loaded.running).toBe(false);
  expect(loaded.error?.message.length).toBeGreaterThan(10);
});

test('a script that is not there is refused', async () => {
  await expect(started.engine.call('script.load', { path: join(folder, 'nothing.ts') })).rejects.toThrow('no script');
});
