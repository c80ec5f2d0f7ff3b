/** A deterministic session of any length: row `i` is computed, never stored, so three million rows cost nothing. */
import type { Row } from '../../../core/contract/rows.ts';
import { SCENE } from './sample-scene.ts';

export interface SampleSession {
  /** Wall clock, seconds. */
  readonly began: number;
  timeOf(index: number): number;
  row(index: number): Row;
}

interface Kind {
  readonly conn: number;
  readonly protocol: string;
  readonly direction: Row['direction'];
  readonly message: string;
  readonly summary: (roll: number) => string;
  readonly size: number;
}

const KINDS: readonly Kind[] = [
  {
    conn: 2,
    protocol: 'mana',
    direction: 'toServer',
    message: 'PGMSG_WALK',
    summary: (r) => `x ${1000 + (r % 900)} · y ${900 + (r % 700)}`,
    size: 6,
  },
  {
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_BEINGS_MOVE',
    summary: (r) => `${1 + (r % 12)} beings · being ${r % 40} · 1 024, 1 024 → 1 072, ${1000 + (r % 500)} · speed 40`,
    size: 107,
  },
  {
    conn: 6,
    protocol: 'mjsonp',
    direction: 'toServer',
    message: 'dahai',
    summary: (r) => `actor ${r % 4} · pai ${1 + (r % 9)}p · tsumogiri`,
    size: 55,
  },
  {
    conn: 7,
    protocol: 'mjsonp',
    direction: 'toClient',
    message: 'dahai',
    summary: (r) => `actor ${r % 4} · pai ${1 + (r % 9)}s · may chi with 3p 5p`,
    size: 146,
  },
  {
    conn: 4,
    protocol: 'muddery',
    direction: 'toServer',
    message: 'say',
    summary: () => 'LOCAL · room_colorfulworld_alley · “你好，世界 {"a":"}"} 😀”',
    size: 121,
  },
  {
    conn: 4,
    protocol: 'muddery',
    direction: 'toClient',
    message: 'response',
    summary: (r) => `sn ${r % 400} · code 0 · traversed`,
    size: 148,
  },
  {
    conn: 5,
    protocol: 'fco',
    direction: 'toServer',
    message: '801 chat',
    summary: () => '勇者 · “括弧 {"a":["}"]} と \\" と 👨‍👩‍👧”',
    size: 96,
  },
  {
    conn: 5,
    protocol: 'fco',
    direction: 'toClient',
    message: '802 chat',
    summary: () => '勇者 · “括弧 {"a":["}"]} と \\" と 👨‍👩‍👧”',
    size: 96,
  },
  {
    conn: 10,
    protocol: 'socketchat',
    direction: 'toServer',
    message: 'chat_send',
    summary: () => 'bob22 · “换行\n在字符串里 }{”',
    size: 81,
  },
  {
    conn: 10,
    protocol: 'socketchat',
    direction: 'toClient',
    message: 'chat_receipt',
    summary: () => 'flag 1',
    size: 28,
  },
  {
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_BEING_ACTION_CHANGE',
    summary: (r) => `being ${r % 40} Alice Liddell · action ATTACK`,
    size: 5,
  },
];

const SCENE_FROM = 84_093;

function hash(n: number): number {
  let x = (n + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

export function sampleSession(began: number, perSecond = 521): SampleSession {
  const timeOf = (index: number): number => {
    const scene = SCENE[index - SCENE_FROM];
    if (perSecond === 521) {
      if (scene?.at !== undefined) return began + scene.at;
      if (index < SCENE_FROM) return began + (index / SCENE_FROM) * 161.2;
      return began + 161.61 + (index - SCENE_FROM - SCENE.length) / 1500;
    }
    return began + index / perSecond;
  };
  return {
    began,
    timeOf,
    row(index) {
      const roll = hash(index);
      const kind = KINDS[roll % KINDS.length] as Kind;
      const { at: _at, ...scene } = SCENE[index - SCENE_FROM] ?? {};
      const trouble = roll % 997;
      return {
        n: index + 1,
        time: timeOf(index),
        conn: kind.conn,
        direction: kind.direction,
        origin: 'wire',
        fate: 'forwarded',
        protocol: kind.protocol,
        message: kind.message,
        summary: kind.summary(roll >>> 8),
        size: kind.size,
        expertCount: trouble < 2 ? 1 : 0,
        ...(trouble === 0 ? { worst: 'error' as const } : trouble === 1 ? { worst: 'warning' as const } : {}),
        partner: 0,
        answerMs: kind.direction === 'toClient' && roll % 3 === 0 ? (roll % 190) / 10 : Number.NaN,
        batch: 1,
        marked: roll % 19_997 === 0,
        commented: false,
        waitedMs: 0,
        handoff: false,
        touchedBy: [],
        isControl: false,
        columns: [],
        color: -1,
        ...(perSecond === 521 ? scene : {}),
      };
    },
  };
}
