import { afterEach, describe, expect, test } from 'vitest';
import type { Fixture } from '../../fixtures/fixture.ts';
import { loadFixture } from '../../fixtures/index.ts';
import { loopbackCertificate } from '../../fixtures/socketchat/certificate.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { Recording } from '../replay/recording.ts';
import type { StandInEvent, UnmatchedPolicy } from '../replay/stand-in.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { createSystemClock } from './system-clock.ts';
import { createSystemTimer } from './system-timer.ts';
import { createTarget } from './target.ts';
import { startStandIn } from './target-stand-in.ts';
import { Closers, play, recordVisit, story, type Visit } from './testing/replay-world.ts';

const ROUNDS = 10;
const closers = new Closers();
afterEach(() => closers.closeAll());

interface Standing {
  /** By endpoint name of the world. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly unmatched: Extract<StandInEvent, { kind: 'unmatched' }>[];
}

async function standInFor(visit: Visit, fixture: Fixture, unmatched: UnmatchedPolicy = 'nearest'): Promise<Standing> {
  const met = new Set(
    [...visit.recording.connections.values()].map(({ connection: { server } }) => `${server.address}:${server.port}`),
  );
  const listen = Object.fromEntries(
    Object.entries(visit.endpoints).flatMap(([server, name]) => {
      const { scheme } = parseEndpointUrl(fixture.endpoints[name]!);
      return met.has(server) ? [[server, `${scheme}://127.0.0.1:0`]] : [];
    }),
  );
  const events: Standing['unmatched'] = [];
  const running = await startStandIn({
    recording: visit.recording,
    listen,
    clock: createSystemClock(),
    timer: createSystemTimer(),
    unmatched,
    onEvent: (event) => {
      if (event.kind === 'unmatched') events.push(event);
    },
  });
  closers.add(() => running.close());
  const endpoints = Object.fromEntries(running.urls.map(({ server, url }) => [visit.endpoints[server] ?? server, url]));
  return { endpoints, unmatched: events };
}

const WORLDS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['socketchat', {}],
  ['fco', {}],
  ['muddery', {}],
  ['mana', {}],
  ['mjsonp', { gameType: 'one_kyoku' }],
];

describe.each(WORLDS)('%s: the server is off', (name, options) => {
  test(`the clients of the world play their whole story with the stand-in, ${ROUNDS} of ${ROUNDS}`, async () => {
    const visit = await recordVisit(name, { server: { options } });
    const fixture = await loadFixture(name);
    const { endpoints, unmatched } = await standInFor(visit, fixture);
    let reached = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const clients = fixture.startClients({ endpoints, seed: 1, pace: 'fast', once: true, options });
      closers.add(() => clients.stop());
      await clients.done;
      reached++;
    }
    expect(reached).toBe(ROUNDS);
    expect(unmatched).toEqual([]);
  });
});

/** A recording is played against the stand-in made of it: what comes back must be what was recorded. */
test('a stand-in and a replay of one recording agree', async () => {
  const visit = await recordVisit('socketchat');
  const { endpoints } = await standInFor(visit, await loadFixture('socketchat'));
  const replayed = await play(visit.recording, endpoints['plain']!, { timeoutMs: 5000 });
  expect(story(replayed)).toEqual([]);
});

test('over TLS the stand-in shows a certificate of the authority it is given', async () => {
  const visit = await recordVisit('socketchat');
  const pair = await loopbackCertificate();
  const authority = { leaf: () => Promise.resolve(pair) } as unknown as CertificateAuthority;
  const running = await startStandIn({
    recording: visit.recording,
    listen: 'tls://127.0.0.1:0',
    clock: createSystemClock(),
    timer: createSystemTimer(),
    authority: () => Promise.resolve(authority),
  });
  closers.add(() => running.close());
  const replayed = await play(visit.recording, running.urls[0]!.url, { timeoutMs: 5000 });
  expect(story(replayed)).toEqual([]);
});

describe('a message that was not recorded', () => {
  /** Says hello to the stand-in as the recorded client did, but with another name. */
  async function logIn(policy: UnmatchedPolicy): Promise<{ answers: string[]; ended: boolean; standing: Standing }> {
    const visit = await recordVisit('socketchat');
    const standing = await standInFor(visit, await loadFixture('socketchat'), policy);
    const target = createTarget();
    closers.add(() => target.close());
    const answers: string[] = [];
    let wake = (): void => undefined;
    let ended = false;
    const connection = await target.connect(
      { url: parseEndpointUrl(standing.endpoints['plain']!), framing: firstFraming(visit.recording) },
      {
        frame: ({ bytes }) => {
          answers.push(new TextDecoder().decode(bytes));
          wake();
        },
        ended: () => {
          ended = true;
          wake();
        },
      },
    );
    const heard = new Promise<void>((resolve) => (wake = resolve));
    connection.send({ bytes: new TextEncoder().encode('{"Command": "02", "Name": "Zoe777", "Password": "other"}') });
    if (policy === 'ignore') {
      // What is not answered leaves nothing to wait for but what is: the recorded message.
      const first = visit.recording.frames.find((frame) => frame.direction === 'toServer')!;
      connection.send({ bytes: first.bytes });
    }
    await heard;
    return { answers, ended, standing };
  }

  test('is answered as the nearest one was, and how they differ is told', async () => {
    const { answers, standing } = await logIn('nearest');
    expect(answers[0]).toMatch(/^\{"Command": "12", "Flag":/);
    expect(standing.unmatched).toHaveLength(1);
    expect(standing.unmatched[0]).toMatchObject({ message: 'register' });
    expect(standing.unmatched[0]!.nearest).toBeGreaterThan(0);
    expect(standing.unmatched[0]!.differences.map((one) => one.path)).toContain('Password');
  });

  test('is ignored, and what was recorded is answered still', async () => {
    const { answers, standing } = await logIn('ignore');
    expect(answers).toHaveLength(1);
    expect(standing.unmatched[0]?.nearest).toBeUndefined();
  });

  test('closes the connection', async () => {
    const { answers, ended } = await logIn('close');
    expect({ answers, ended }).toEqual({ answers: [], ended: true });
  });
});

function firstFraming(recording: Recording): Parameters<ReturnType<typeof createTarget>['connect']>[0]['framing'] {
  return [...recording.connections.values()][0]!.framing;
}
