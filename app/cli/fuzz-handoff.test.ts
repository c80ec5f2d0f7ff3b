/** `interpose fuzz --side client`, where the client is sent on to other servers: every one of them is Interpose. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../core/engine/fuzz/testing/fuzz-world.ts';
import type { JournalLine } from '../../core/fuzz/journal.ts';
import { CommandLine } from '../acceptance/command-line.ts';

const PROTOCOL = `
protocol: harbour
transports: [ws]
format: json
json: { key: type, by: name }
types:
  place: { object: { host: string, port: integer } }
messages:
  enter: { direction: toServer, fields: { name: { type: string, role: name } } }
  go_on: { direction: toClient, fields: { host: string, port: integer, tavern: place, ticket: { type: string, role: token } } }
  board: { direction: toServer, fields: { ticket: { type: string, role: token } } }
  islands: { direction: toClient, fields: { list: { array: { object: { name: string, x: integer } } } } }
  row: { direction: toServer, fields: { to: string } }
  arrived: { direction: toClient, fields: { at: string } }
  hail: { direction: toServer, fields: { name: { type: string, role: name }, text: string } }
  heard: { direction: toClient, fields: { name: { type: string, role: name }, text: string } }
  anchor: { direction: toServer }
  anchored: { direction: toClient }
handoffs:
  - { message: go_on, address: host, port: port, token: ticket, role: sea }
  - { message: go_on, address: tavern.host, port: tavern.port, role: tavern }
`;

let line = new CommandLine();
/** Where the recorded servers were: nobody may come there. */
let recorded: { readonly server: Server; readonly port: number }[] = [];
let strayed = 0;
beforeEach(async () => {
  strayed = 0;
  recorded = [];
  for (let i = 0; i < 3; i++) {
    const server = createServer((socket) => {
      strayed += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    recorded.push({ server, port: (server.address() as AddressInfo).port });
  }
});
afterEach(async () => {
  for (const { server } of recorded) server.close();
  await line.end();
  line = new CommandLine();
});

const client = (bug = ''): string =>
  `exec '${process.execPath}' '${ROOT}/core/engine/fuzz/testing/harbour-client.mjs' {url} ${bug}`;

/** A visit by way of the gate to the sea and the tavern, as a browser would keep it. */
function record(): string[] {
  const [gate, sea, tavern] = recorded.map(({ port }) => port);
  const ticket = '7f3a9c51e08b4d26';
  const isles = [
    { name: 'Oak', x: 3 },
    { name: 'Tern', x: 9 },
  ];
  const place = { host: '127.0.0.1', port: tavern };
  const said: readonly (readonly [port: number, at: number, way: 'send' | 'receive', message: object])[] = [
    [gate!, 10, 'send', { type: 'enter', name: 'pelican77' }],
    [gate!, 20, 'receive', { type: 'go_on', host: '127.0.0.1', port: sea, tavern: place, ticket }],
    [sea!, 40, 'send', { type: 'board', ticket }],
    [sea!, 50, 'receive', { type: 'islands', list: isles }],
    [sea!, 60, 'send', { type: 'row', to: 'Oak' }],
    [sea!, 70, 'receive', { type: 'arrived', at: 'Oak' }],
    [tavern!, 80, 'send', { type: 'hail', name: 'pelican77', text: 'ahoy' }],
    [sea!, 81, 'send', { type: 'anchor' }],
    [tavern!, 90, 'receive', { type: 'heard', name: 'pelican77', text: 'ahoy' }],
    [sea!, 95, 'receive', { type: 'anchored' }],
  ];
  const began = Date.UTC(2026, 0, 1);
  const opened = [0, 30, 30];
  const entries = [gate!, sea!, tavern!].map((port, i) => ({
    startedDateTime: new Date(began + opened[i]!).toISOString(),
    request: { url: `ws://127.0.0.1:${port}/`, headers: [] },
    response: { status: 101, headers: [] },
    _webSocketMessages: said
      .filter(([on]) => on === port)
      .map(([, at, type, message]) => ({
        type,
        time: (began + at) / 1000,
        opcode: 1,
        data: JSON.stringify(message),
      })),
  }));
  writeFileSync(line.path('visit.har'), JSON.stringify({ log: { entries } }));
  writeFileSync(line.path('harbour.yaml'), PROTOCOL);
  return ['fuzz', '--side', 'client', '--seed', 'visit.har', '--protocol-file', 'harbour.yaml', '--as', 'harbour'];
}

function casesIn(
  folder: string,
): { readonly id: string; readonly sent: Readonly<Record<string, readonly number[]>> }[] {
  return readFileSync(line.path(`${folder}/journal.jsonl`), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .flatMap((text) => {
      const entry = JSON.parse(text) as JournalLine;
      return entry.what === 'done' ? [{ id: entry.id, sent: entry.sent ?? {} }] : [];
    });
}

test('a fault behind the handoff is found, comes back three times and runs again; the recorded servers are left alone', async () => {
  const args = [...record(), '--filter', 'message == "islands"', '--cases', '80', '--max-findings', '1'];
  const found = await line.run([...args, '--target', client('crash'), '--out', 'findings']);
  expect(found, found.err).toMatchObject({ code: 1 });
  expect(found.err).toContain('The client answers 100 % of the recorded session as recorded');
  expect(found.out).toMatch(/^F1 exit: The client exits with code 1 on a islands: TypeError/m);
  expect(found.out).toMatch(/3 of 3, 2 messages/);
  const again = await line.run(['fuzz', 'repro', 'findings/findings/F1', '--json']);
  expect(again, again.err).toMatchObject({ code: 1 });
  expect(JSON.parse(again.out)).toEqual({ id: 'F1', seen: 1, times: 1 });
  // What was said on each connection is in the session that was saved.
  const saved = ['decode', 'findings/findings/F1/F1.ipsession', '--protocol-file', 'harbour.yaml', '--format', 'jsonl'];
  const decoded = await line.run(saved);
  const frames = decoded.out.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text) as { dir: string }]));
  expect(frames.filter(({ dir }) => dir === 's2c').length).toBe(2);
  expect(decoded.out).toContain('board');
  expect(strayed).toBe(0);
});

test('a sound client is sent wrong messages on all three connections, and nothing is found', async () => {
  const some = 'message == "go_on" or message == "arrived" or message == "heard"';
  const args = [...record(), '--filter', some, '--cases', '40', '--out', 'sound'];
  const sound = await line.run([...args, '--target', client()]);
  expect(sound, sound.out + sound.err).toMatchObject({ code: 0 });
  const cases = casesIn('sound');
  const reached = (frame: number, conn: number): number =>
    cases.filter(({ id, sent }) => id.startsWith(`${frame}:`) && sent[conn] !== undefined).length;
  // At the gate, at sea, in the tavern.
  for (const [frame, conn] of [
    [2, 1],
    [6, 2],
    [9, 3],
  ] as const)
    expect(reached(frame, conn), `frame ${frame} on connection ${conn}`).toBeGreaterThan(0);
  // Whatever else is wrong with it, the message that sends the client on leads to where it is waited for.
  const handedOver = cases.filter(({ id }) => id.startsWith('2:')).filter(({ sent }) => sent[2] !== undefined);
  expect(handedOver.length).toBeGreaterThan(0);
  expect(strayed).toBe(0);
});
