/** Holds, rules, faults, composing and sending. */
import type { FormControl } from '../../../core/contract/verbs.ts';
import type { Breakpoint, FaultPlan, HeldFrame, Rule, RuleStatus } from '../../../core/traffic/control.ts';
import type { AnswerDeps, Answers } from './answers.ts';
import { sampleFrame } from './sample-frame.ts';

const PRESETS: readonly { readonly id: string; readonly title: string; readonly plan: FaultPlan }[] = [
  {
    id: '3g',
    title: '3G',
    plan: {
      seed: 1,
      faults: [
        { id: 'latency', kind: 'latency', enabled: true, ms: 150, jitterMs: 40 },
        { id: 'bandwidth', kind: 'bandwidth', enabled: true, rateKBps: 96 },
      ],
    },
  },
  {
    id: 'wifi',
    title: 'Bad Wi-Fi',
    plan: {
      seed: 1,
      faults: [
        { id: 'latency', kind: 'latency', enabled: true, ms: 30, jitterMs: 80 },
        { id: 'loss', kind: 'loss', enabled: true, toxicity: 0.03 },
      ],
    },
  },
  {
    id: 'spike',
    title: 'Lag spike',
    plan: {
      seed: 1,
      faults: [{ id: 'spike', kind: 'latency', enabled: true, ms: 900, from: 10, to: 12 }],
      repeatAfter: 30,
    },
  },
];

const FIELDS = {
  name: 'Alice Liddell',
  hairStyle: 3,
  hairColor: 4,
  gender: 0,
  slot: 1,
  stats: [20, 20, 20, 15, 15, 10],
};

const FORM: FormControl = {
  control: 'group',
  path: '',
  label: 'PAMSG_CHAR_CREATE',
  children: [
    { control: 'text', path: 'name', label: 'name', value: 'Alice Liddell', max: 30 },
    { control: 'derived', path: 'nameLength', label: 'name length', of: 'name', value: 13, unit: 'bytes, counted' },
    { control: 'number', path: 'hairStyle', label: 'hairStyle', value: 3, min: 0, max: 255 },
    { control: 'number', path: 'hairColor', label: 'hairColor', value: 4, min: 0, max: 255 },
    {
      control: 'choice',
      path: 'gender',
      label: 'gender',
      value: 0,
      options: [
        { value: 0, label: 'male' },
        { value: 1, label: 'female' },
      ],
    },
    { control: 'number', path: 'slot', label: 'slot', value: 1, min: 0, max: 255 },
    {
      control: 'repeat',
      path: 'stats',
      label: 'stats',
      children: FIELDS.stats.map((value, i) => ({
        control: 'number',
        path: `stats[${i}]`,
        label: ['str', 'agi', 'vit', 'int', 'dex', 'wil'][i] ?? '',
        value,
        min: 0,
        max: 65_535,
      })),
    },
  ],
};

type Fields = typeof FIELDS;

function encodeSample(fields: Fields, lie: unknown): string {
  const name = new TextEncoder().encode(String(fields.name ?? ''));
  const u16 = (n: number): number[] => [(n >> 8) & 255, n & 255];
  const bytes = [
    ...u16(0x20),
    ...u16(typeof lie === 'number' ? lie : name.length),
    ...name,
    Number(fields.hairStyle),
    Number(fields.hairColor),
    Number(fields.gender),
    Number(fields.slot),
    ...(fields.stats ?? []).flatMap((stat) => u16(Number(stat))),
  ];
  return Buffer.from(bytes).toString('hex');
}

export function controlAnswers({ session, length, event }: AnswerDeps): Answers {
  const now = Date.now() / 1000;
  const isSmall = length() < 84_121;
  let held: readonly HeldFrame[] = isSmall
    ? []
    : [
        {
          n: 84_102,
          conn: 1,
          direction: 'toServer',
          breakpoint: 'hold-1',
          since: now - 12.4,
          until: now + 170.6,
          message: 'PAMSG_CHAR_CREATE',
          summary: '“Alice Liddell” · slot 1',
          size: 33,
        },
        {
          n: 84_117,
          conn: 2,
          direction: 'toClient',
          breakpoint: 'hold-2',
          since: now - 5.9,
          until: now + 240.1,
          message: 'GPMSG_NPC_CHOICE',
          summary: 'npc 7 · 14 choices',
          size: 117,
        },
        {
          n: 84_118,
          conn: 4,
          direction: 'toServer',
          breakpoint: 'hold-3',
          since: now - 12.1,
          message: 'cast_skill',
          summary: 'skill_normal_hit · sn 20',
          size: 84,
        },
      ];
  let breakpoints: readonly Breakpoint[] = isSmall
    ? []
    : [
        {
          id: 'hold-1',
          filter: 'mana and message == "PAMSG_CHAR_CREATE"',
          enabled: true,
          limitMs: 30_000,
          onLimit: 'forward',
        },
        {
          id: 'hold-2',
          filter: 'toClient and message == "GPMSG_NPC_CHOICE"',
          enabled: true,
          limitMs: 30_000,
          onLimit: 'forward',
        },
        { id: 'hold-3', filter: 'message == "cast_skill"', enabled: true, limitMs: 0, onLimit: 'forward' },
      ];
  let rules: readonly Rule[] = isSmall
    ? []
    : [
        {
          id: 'say',
          title: 'Edit the text of “say”',
          enabled: true,
          when: 'muddery and message == "say"',
          actions: [{ do: 'set', path: 'text', value: 'HELLO' }],
        },
        {
          id: 'drop',
          title: 'Drop moves of being 33',
          enabled: true,
          when: 'beings.beingId == 33',
          actions: [{ do: 'drop' }],
        },
        {
          id: 'slow',
          enabled: true,
          when: 'message == "GPMSG_NPC_MESSAGE"',
          actions: [{ do: 'delay', ms: 250, jitterMs: 20 }],
        },
        {
          id: 'twice',
          enabled: false,
          when: 'mjsonp and message == "dahai"',
          probability: 0.05,
          actions: [{ do: 'duplicate', times: 1 }],
        },
        { id: 'broken', enabled: true, when: 'mana and speed >', actions: [{ do: 'drop' }] },
      ];
  let faults: FaultPlan = { seed: 1, faults: [] };
  const hits: Readonly<Record<string, number>> = { say: 4, drop: 41, slow: 12 };
  const status = (): readonly RuleStatus[] =>
    rules.map((rule) => ({
      id: rule.id,
      hits: hits[rule.id] ?? 0,
      sentence: `When ${rule.when}, ${rule.actions.map((action) => action.do).join(' and ')}.`,
      ...(rule.id === 'broken' ? { broken: 'A value is missing after “>”.' } : {}),
    }));
  const setHeld = (next: readonly HeldFrame[]): void => {
    held = next;
    event('held', held);
  };
  return {
    'breakpoints.list': () => breakpoints,
    'breakpoints.set': (args: { breakpoints: readonly Breakpoint[] }) => (breakpoints = args.breakpoints),
    'held.list': () => held,
    'held.decide': ({ n }: { n: readonly number[] }) => {
      setHeld(held.filter((frame) => !n.includes(frame.n)));
      return { decided: n.length };
    },
    'held.extend': ({ n, ms }: { n: readonly number[]; ms: number }) => {
      const more = ({ until, ...frame }: HeldFrame): HeldFrame =>
        ms === 0 || until === undefined ? frame : { ...frame, until: until + ms / 1000 };
      setHeld(held.map((frame) => (n.includes(frame.n) ? more(frame) : frame)));
      return { extended: n.length };
    },
    'held.releaseAll': () => {
      const released = held.length;
      setHeld([]);
      return { released };
    },
    panic: ({ on }: { on: boolean }) => {
      if (on) setHeld([]);
      event('panic', { on });
      return { on };
    },
    'race.release': ({ order }: { order: readonly number[] }) => {
      setHeld(held.filter((frame) => !order.includes(frame.n)));
      return { released: order };
    },
    inject: ({ repeat }: { repeat?: number }) => ({
      frames: Array.from({ length: repeat ?? 1 }, (_, i) => length() + i),
    }),
    'compose.form': () => ({ form: FORM, fields: FIELDS, hex: encodeSample(FIELDS, undefined) }),
    'compose.encode': ({ fields, override }: { fields: Fields; override?: Record<string, unknown> }) => {
      const sum = (fields.stats ?? []).reduce((total, stat) => total + Number(stat), 0);
      if (typeof fields !== 'object' || fields === null) throw new Error('PAMSG_CHAR_CREATE is an object.');
      return {
        hex: encodeSample(fields, override?.['nameLength']),
        expert:
          sum > 100
            ? [
                {
                  severity: 'warning',
                  group: 'invariant',
                  text: `stats add up to ${sum}, the server allows 100. Sending it anyway should answer CREATE_ATTRIBUTES_TOO_HIGH (0x43).`,
                  path: 'stats',
                },
              ]
            : [],
      };
    },
    'frame.dissect': ({ hex }: { hex: string }) => {
      const bytes = Buffer.from(hex, 'hex');
      const size = bytes.length < 4 ? 0 : bytes.readUInt16BE(2);
      return {
        message: 'PAMSG_CHAR_CREATE',
        root: {
          name: 'PAMSG_CHAR_CREATE',
          path: '',
          kind: 'struct',
          start: 0,
          end: bytes.length,
          text: '',
          children: [
            {
              name: 'nameLength',
              path: 'nameLength',
              kind: 'u16 be',
              start: 2,
              end: 4,
              value: size,
              text: String(size),
              children: [],
              derived: 'name',
            },
            {
              name: 'name',
              path: 'name',
              kind: 'text',
              start: 4,
              end: Math.min(bytes.length, 4 + size),
              value: '',
              text: bytes.subarray(4, 4 + size).toString(),
              children: [],
            },
          ],
        },
        fields: FIELDS,
        expert: [],
      };
    },
    'rules.list': () => ({ rules, status: status() }),
    'rules.set': (args: { rules: readonly Rule[] }) => {
      rules = args.rules;
      event('rules', status());
      return { rules, status: status() };
    },
    'rules.parse': ({ yaml }: { yaml: string }) =>
      yaml.includes('when:')
        ? { rules, problems: [] }
        : { rules: [], problems: [{ line: 1, column: 1, message: 'A rule needs “when”.' }] },
    'rules.print': (args: { rules: readonly Rule[] }) => ({
      yaml: args.rules
        .map(
          (rule) =>
            `- id: ${rule.id}\n  when: ${rule.when}\n  do: ${rule.actions.map((action) => action.do).join(', ')}\n`,
        )
        .join(''),
    }),
    'faults.get': () => faults,
    'faults.set': ({ plan }: { plan: FaultPlan }) => (faults = plan),
    'faults.presets': () => PRESETS,
    'held.frame': ({ n }: { n: number }) => sampleFrame(session.row(n - 1), session.began),
  };
}
