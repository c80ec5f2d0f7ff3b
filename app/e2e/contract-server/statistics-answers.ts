/** Statistics of the sample. */
import type { AnswerDeps, Answers } from './answers.ts';

const MESSAGES = [
  'GPMSG_BEINGS_MOVE',
  'PGMSG_WALK',
  'dahai',
  'response',
  'say',
  '801 chat',
  '802 chat',
  'chat_send',
  'chat_receipt',
  'GPMSG_BEING_ACTION_CHANGE',
];
const PROTOCOL = ['mana', 'mana', 'mjsonp', 'muddery', 'muddery', 'fco', 'fco', 'socketchat', 'socketchat', 'mana'];

const NO_COUNTS = { same: 0, different: 0, missing: 0, extra: 0, late: 0, 'connection-lost': 0 };
const bareSide = (n: number) => ({ n, message: '', summary: '', direction: 'toClient' as const, hex: '', size: 0 });

export function statisticsAnswers({ length }: AnswerDeps): Answers {
  const times = Array.from({ length: 400 }, (_, i) => i * 0.43);
  return {
    'stats.messages': () =>
      MESSAGES.map((message, i) => ({
        protocol: PROTOCOL[i],
        message,
        direction: i % 2 === 0 ? 'toClient' : 'toServer',
        frames: 20_000 - i * 1700,
        bytes: (20_000 - i * 1700) * (30 + i * 9),
        share: 0.24 - i * 0.02,
        perSecond: 120 - i * 9,
        minSize: 3 + i,
        maxSize: 140 + i * 20,
      })),
    'stats.conversations': () =>
      Array.from({ length: 11 }, (_, i) => ({
        conn: i + 1,
        client: `127.0.0.1:${50_001 + i}`,
        server: `127.0.0.1:${9601 + (i % 5)}`,
        protocol: PROTOCOL[i % 10],
        framesToServer: 900 + i * 40,
        framesToClient: 2100 + i * 51,
        bytesToServer: 41_000 + i,
        bytesToClient: 230_000 + i * 700,
        seconds: 160 - i,
      })),
    'stats.latency': () =>
      ['PGMSG_WALK', 'say', '801 chat', 'chat_send', 'dahai'].map((request, i) => ({
        protocol: PROTOCOL[i],
        request,
        reply: MESSAGES[i],
        count: 1206 - i * 100,
        p50Ms: 2.1 + i * 7,
        p95Ms: 9.4 + i * 12,
        p99Ms: 21 + i * 20,
        maxMs: 96 + i * 50,
        unanswered: i === 3 ? 4 : 0,
      })),
    'stats.plot': ({ path }: { path: string }) => ({
      unit: 'px',
      series: ['c2', 'c3'].map((name, s) => ({
        name: `${name} ${path}`,
        time: times,
        value: times.map((time, i) => 900 + Math.sin(time / 9 + s) * 300 + (i % 7) * 12),
        n: times.map((_, i) => i * 200 + s + 1),
      })),
    }),
    'stats.rate': () => ({
      from: 0,
      step: 0.5,
      toServer: Array.from({ length: 340 }, (_, i) => Math.round(150 + Math.sin(i / 11) * 60 + (i % 13) * 5)),
      toClient: Array.from({ length: 340 }, (_, i) => Math.round(360 + Math.cos(i / 17) * 180 + (i % 7) * 9)),
      bytes: Array.from({ length: 340 }, (_, i) => 40_000 + (i % 50) * 900),
    }),
    'stats.fieldBytes': () => [
      { path: 'beings.destination', bytes: 88_400, unchanged: 0.31 },
      { path: 'beings.position', bytes: 88_400, unchanged: 0.62 },
      { path: 'beings.beingId', bytes: 44_200, unchanged: 0.97 },
      { path: 'beings.flags', bytes: 22_100, unchanged: 0.9 },
      { path: 'beings.speed', bytes: 22_100, unchanged: 0.99 },
    ],
    'stats.enet': () =>
      (['client', 'server'] as const).map((side, i) => ({
        conn: 2,
        side,
        rttMs: 14.2 + i,
        rttVarianceMs: 2.1,
        throttle: 0.94,
        inFlight: 3,
        resends: 7,
        lost: 4,
        channels: [
          { channel: 0, waiting: 0, reassembling: 0 },
          { channel: 1, waiting: 2, reassembling: 1 },
        ],
        blame:
          i === 0
            ? []
            : [
                {
                  channel: 0,
                  sequence: 812,
                  waitedMs: 180.4,
                  frames: Array.from({ length: 14 }, (_, k) => 84_060 + k),
                },
              ],
      })),
    'stats.coverage': () => [
      {
        protocol: 'mana',
        seen: 21,
        total: 120,
        messages: MESSAGES.slice(0, 8).map((name, i) => ({
          name,
          direction: 'toClient',
          count: i === 7 ? 0 : 900 - i * 90,
          fieldsSeen: 9 - i,
          fieldsTotal: 10,
          unseen: ['beings.position.x'],
        })),
        pairs: [{ request: 'PGMSG_WALK', reply: 'GPMSG_BEINGS_MOVE', count: 1206 }],
        drift: [
          { what: 'unknown key “vip”', where: 'muddery response', count: 3, first: 4021, patch: '+ vip: boolean()' },
        ],
      },
    ],
    'stats.expert': () =>
      [
        ['error', 'malformed', 'json-syntax', 'The key is not in quotes.', 2],
        ['warning', 'invariant', 'reach-in-step', 'Too far for its speed.', 4],
        ['warning', 'sequence', 'unanswered', 'No answer within 5 s.', 1],
        ['note', 'schema', 'unknown-key', 'A key the schema does not know.', 3],
      ].map(([severity, group, code, text, count]) => ({
        severity,
        group,
        code,
        text,
        count,
        first: Math.min(length(), 84_105),
        frames: [84_105, 84_109],
      })),
    'diff.sessions': () => ({ verdict: 'same', counts: NO_COUNTS, rows: [], ignored: [], notes: [] }),
    'diff.frames': ({ a, b }) => ({ a: bareSide(a), b: bareSide(b), fields: [], bytes: [] }),
    'diff.table': () => ({ columns: [], rows: [], constant: [], total: 0 }),
  };
}
