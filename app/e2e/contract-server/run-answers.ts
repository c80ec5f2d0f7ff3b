/** A finished replay and a running campaign. */
import type { FindingSummary, FuzzStatus } from '../../../core/contract/fuzz-verbs.ts';
import type { Outcome, ReplayStatus, VerdictRow, VerdictSide } from '../../../core/contract/replay-verbs.ts';
import type { AnswerDeps, Answers } from './answers.ts';

const SENT = ['first_connect', 'char_create', 'loot', 'say', 'puppet'];
const side = (n: number, message: string, summary: string): VerdictSide => ({
  n,
  conn: 4,
  message,
  summary,
  direction: SENT.includes(message) ? 'toServer' : 'toClient',
});

function row(
  outcome: Outcome,
  n: number,
  message: string,
  recorded: string,
  replayed: string,
  more: Partial<VerdictRow> = {},
): VerdictRow {
  return {
    outcome,
    ...(outcome === 'extra' ? {} : { recorded: side(n, message, recorded) }),
    ...(outcome === 'missing' ? {} : { replayed: side(n + 900, message, replayed) }),
    fields: [],
    ...more,
  };
}

const ROWS: readonly VerdictRow[] = [
  row('same', 1, 'first_connect', 'sn 0', 'sn 0'),
  row('same', 2, 'response', 'sn 0 · code 0 · 梦幻乐园', 'sn 0 · code 0 · 梦幻乐园'),
  row('same', 6, 'char_create', 'sn 3 · 网页录制二', 'sn 3 · 网页录制二'),
  row('late', 13, 'response', 'sn 6 · query_map', 'sn 6 · query_map', { lateMs: 418 }),
  row('same', 34, 'loot', 'sn 17 · creator_alley_pile', 'sn 17 · creator_alley_pile'),
  row('different', 35, 'response', '木棍 × 1 · sn 17 · code 0', '木棍 × 2 · sn 17 · code 0', {
    fields: [
      { path: 'sn', recorded: '17', replayed: '17' },
      { path: 'objects[0].name', recorded: '木棍', replayed: '木棍' },
      { path: 'objects[0].number', recorded: '1', replayed: '2' },
      { path: 'objects[0].level', recorded: '', replayed: '0' },
      { path: 'server_time', recorded: '1790000161', replayed: '1790086914', ignored: 'volatile' },
    ],
  }),
  row('extra', 0, 'alert', '', '“背包已满”'),
  row('same', 37, 'response', 'sn 18 · inventory_obj', 'sn 18 · inventory_obj'),
  row('missing', 39, 'conversation', 'LOCAL · 小巷', ''),
  row('different', 44, 'response', 'sn 20 · skill_normal_hit', 'sn 20 · cd 1.0 → 1.5', {
    fields: [{ path: 'cd', recorded: '1.0', replayed: '1.5' }],
  }),
  row('same', 46, 'response', 'sn 21 · query_rankings', 'sn 21 · query_rankings'),
];

function replayDone(): ReplayStatus {
  return {
    state: 'done',
    verdict: 'different',
    sent: 53,
    toSend: 53,
    counts: { same: 48, different: 2, missing: 1, extra: 1, late: 1, 'connection-lost': 0 },
    rows: ROWS,
    bindings: [
      {
        id: 'b1',
        what: 'char_all[0].id',
        evidence: 'issued in #9, sent back in #10 puppet',
        recorded: '7',
        replayed: '31',
        uses: 4,
        enabled: true,
      },
      {
        id: 'b2',
        what: 'login.id',
        evidence: 'issued in #5, sent back 0 times',
        recorded: '5',
        replayed: '18',
        uses: 0,
        enabled: true,
      },
    ],
    ignored: [
      { path: 'server_time', why: 'volatile', count: 26 },
      { path: 'session', why: 'differs by itself', count: 2 },
    ],
    elapsedMs: 2900,
  };
}

const FINDINGS: readonly FindingSummary[] = [
  {
    id: 'F-1',
    oracle: 'exit',
    title: 'Died: CHAR_CREATE, name length',
    message: 'PAMSG_CHAR_CREATE',
    field: 'name#overlong-prefix',
    caseId: '20261120/311/name#overlong-prefix',
    confirmed: '5 of 5',
    sends: 1,
    hits: 118,
    at: 1.2,
  },
  {
    id: 'F-2',
    oracle: 'exit',
    title: 'Died: LOGIN, version cut short',
    message: 'PAMSG_LOGIN',
    field: 'version#cut',
    caseId: '20261120/611/version#cut',
    confirmed: '5 of 5',
    sends: 1,
    hits: 61,
    at: 2.2,
  },
  {
    id: 'F-3',
    oracle: 'no-answer',
    title: 'No answer for 5 s: RECONNECT',
    message: 'PAMSG_RECONNECT',
    field: 'token#empty',
    caseId: '20261120/911/token#empty',
    confirmed: '4 of 5',
    sends: 1,
    hits: 1,
    at: 7.2,
  },
  {
    id: 'F-4',
    oracle: 'invariant',
    title: 'Accepts slot 255, answers slot 0',
    message: 'PAMSG_CHAR_CREATE',
    field: 'slot#max',
    caseId: '20261120/1211/slot#max',
    confirmed: '5 of 5',
    sends: 1,
    hits: 27,
    at: 9.2,
  },
];

export function runAnswers({ event, isEmpty }: AnswerDeps): Answers {
  let replay: ReplayStatus | null = isEmpty ? null : replayDone();
  let fuzz: FuzzStatus | null = isEmpty
    ? null
    : {
        state: 'running',
        cases: 41_306,
        planned: 60_000,
        perSecond: 3742,
        elapsedMs: 11_040,
        rng: 20_261_120,
        coverage: {
          messagesMutated: 13,
          messagesTotal: 13,
          replies: 88,
          transitions: 41,
          messages: [
            { name: 'PAMSG_REGISTER', tried: 30, planned: 30 },
            { name: 'PAMSG_CHAR_CREATE', tried: 62, planned: 62 },
            { name: 'PAMSG_RECONNECT', tried: 2, planned: 34 },
          ],
          families: [
            { name: 'field', tried: 84, planned: 96 },
            { name: 'payload', tried: 10, planned: 30 },
            { name: 'havoc', tried: 41_212, planned: 0 },
          ],
        },
        rates: Array.from({ length: 60 }, (_, i) =>
          i < 4 ? i * 900 : i > 46 && i < 52 ? 300 : 3500 + ((i * 37) % 11) * 40,
        ),
        findings: FINDINGS,
        unconfirmed: [{ title: 'The server went down during one of 3 cases', cases: ['20261120/77/name#empty'] }],
        doing: 'running',
        phases: { 'getting ready': 400, cases: 8000, inquiries: 2000, restarts: 640 },
        target: 'enet://127.0.0.1:9601',
        notes: ['The server answers 96 % of the recorded session as recorded; 8 at once.'],
        folder: '/home/somebody/sessions/fuzz-3',
      };
  const setFuzz = (part: Partial<FuzzStatus>): FuzzStatus | null => {
    if (fuzz !== null) fuzz = { ...fuzz, ...part };
    event('fuzz', fuzz);
    return fuzz;
  };
  return {
    'replay.start': () => (replay = replayDone()),
    'replay.stop': () => replay,
    'replay.status': () => replay,
    'replay.setBinding': ({ id, enabled }: { id: string; enabled: boolean }) => {
      if (replay !== null)
        replay = { ...replay, bindings: replay.bindings.map((each) => (each.id === id ? { ...each, enabled } : each)) };
      return replay;
    },
    'fuzz.start': () => setFuzz({ state: 'running' }),
    'fuzz.resume': () => setFuzz({ state: 'running' }),
    'fuzz.campaigns': () => [],
    'fuzz.pause': ({ on }: { on: boolean }) => setFuzz({ state: on ? 'paused' : 'running' }),
    'fuzz.stop': () => setFuzz({ state: 'stopped' }),
    'fuzz.status': () => fuzz,
    'fuzz.repro': () => ({ seen: 3, times: 3 }),
    'fuzz.finding': ({ id }: { id: string }) => ({
      ...FINDINGS.find((each) => each.id === id),
      steps: [
        { direction: 'toServer', message: 'PAMSG_LOGIN', summary: 'alice', hex: '0010', mutated: false, atMs: 0 },
        {
          direction: 'toClient',
          message: 'APMSG_LOGIN_RESPONSE',
          summary: 'error 0',
          hex: '0012',
          mutated: false,
          atMs: 1.9,
        },
        {
          direction: 'toServer',
          message: 'PAMSG_CHAR_CREATE',
          summary: 'name length 65 535',
          hex: '0020ffff41',
          mutated: true,
          atMs: 2.2,
        },
      ],
      frame: 0,
      originalHex: '00200005416c696365',
      shrunk: [
        { what: 'everything after it left out', sends: 2, bytes: 33, fails: true },
        { what: 'the message alone', sends: 1, bytes: 33, fails: false },
        { what: '4 bytes at 0 left out', sends: 2, bytes: 5, fails: true },
      ],
      evidence: [
        '16:41:07.118 [DBG] char create from alice',
        '16:41:07.119 [FTL] MessageIn::readString: length -1',
        '16:41:07.119 terminate called after throwing std::length_error',
        '16:41:07.131 exit: signal 6 (SIGABRT)',
      ],
      command: `interpose fuzz repro ${id} --to enet://127.0.0.1:9601`,
      script: "import { connect } from 'interpose';",
      report: `# ${id}`,
    }),
  };
}
