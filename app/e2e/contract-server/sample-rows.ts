/** A deterministic session of any length: row `i` is computed, never stored, so three million rows cost nothing. */
import type { Row } from '../../../core/contract/rows.ts';

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

/** Rows of the picture in `docs`: numbers 84 094 to 84 121. */
const SCENE: readonly Partial<Row & { readonly at: number }>[] = [
  {
    at: 161.204118,
    conn: 6,
    protocol: 'mjsonp',
    direction: 'toClient',
    message: 'tsumo',
    summary: 'actor 1 · pai 4p',
    size: 60,
  },
  {
    at: 161.219874,
    conn: 6,
    protocol: 'mjsonp',
    direction: 'toServer',
    message: 'dahai',
    summary: 'actor 1 · pai 4p · tsumogiri',
    size: 55,
    answerMs: 15.8,
  },
  {
    at: 161.220431,
    conn: 7,
    protocol: 'mjsonp',
    direction: 'toClient',
    message: 'dahai',
    summary: 'actor 1 · pai 4p · may chi with 3p 5p',
    size: 146,
  },
  {
    at: 161.220455,
    conn: 8,
    protocol: 'mjsonp',
    direction: 'toClient',
    message: 'dahai',
    summary: 'actor 1 · pai 4p · tsumogiri',
    size: 77,
  },
  {
    at: 161.231002,
    conn: 4,
    protocol: 'muddery',
    direction: 'toServer',
    message: 'say',
    summary: 'LOCAL · room_colorfulworld_alley · “你好，世界 {"a":"}"} 😀”',
    size: 121,
    fate: 'edited',
  },
  {
    at: 161.24469,
    conn: 4,
    protocol: 'muddery',
    direction: 'toClient',
    message: 'conversation',
    summary: 'LOCAL · 小巷 · 网页录制二 · “你好，世界 {"a":"}"} 😀”',
    size: 164,
    answerMs: 13.7,
  },
  {
    at: 161.250118,
    conn: 5,
    protocol: 'fco',
    direction: 'toServer',
    message: '801 chat',
    summary: '勇者 · “括弧 {"a":["}"]} と \\" と 👨‍👩‍👧”',
    size: 96,
  },
  {
    at: 161.258731,
    conn: 5,
    protocol: 'fco',
    direction: 'toClient',
    message: '802 chat',
    summary: '勇者 · “括弧 {"a":["}"]} と \\" と 👨‍👩‍👧”',
    size: 96,
    answerMs: 8.6,
  },
  {
    at: 161.26104,
    conn: 1,
    protocol: 'mana',
    direction: 'toServer',
    message: 'PAMSG_CHAR_CREATE',
    summary: '“Alice Liddell” · slot 1 · stats 20 20 20 15 15 10',
    size: 33,
    fate: 'held',
    waitedMs: 12_400,
  },
  {
    at: 161.262977,
    conn: 2,
    protocol: 'mana',
    direction: 'toServer',
    message: 'PGMSG_ACTION_CHANGE',
    summary: 'action ATTACK',
    size: 3,
    origin: 'injected',
  },
  {
    at: 161.26508,
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_BEING_ACTION_CHANGE',
    summary: 'being 9 Alice Liddell · action ATTACK',
    size: 5,
    answerMs: 2.1,
  },
  {
    at: 161.283412,
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_BEINGS_MOVE',
    summary: '12 beings · being 9 · 1 024, 1 024 → 1 072, 1 484 · speed 40',
    size: 107,
    answerMs: 96,
    worst: 'warning',
    expertCount: 1,
    marked: true,
    partner: 83_987,
  },
  {
    at: 161.28399,
    conn: 10,
    protocol: 'socketchat',
    direction: 'toServer',
    message: 'chat_send',
    summary: 'bob22 · “换行\n在字符串里 }{”',
    size: 81,
  },
  {
    at: 161.285118,
    conn: 10,
    protocol: 'socketchat',
    direction: 'toClient',
    message: 'chat_receipt',
    summary: 'flag 1',
    size: 28,
    answerMs: 1.1,
  },
  {
    at: 161.285131,
    conn: 11,
    protocol: 'socketchat',
    direction: 'toClient',
    message: 'chat_recv',
    summary: 'alice1 · “换行\n在字符串里 }{”',
    size: 79,
  },
  {
    at: 161.291406,
    conn: 5,
    protocol: 'fco',
    direction: 'toServer',
    message: '',
    summary: '{command:102} · key is not in quotes',
    size: 13,
    worst: 'error',
    expertCount: 1,
  },
  {
    at: 161.301877,
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_BEINGS_MOVE',
    summary: '9 beings · being 33 · 1 100, 1 060 · speed 40',
    size: 74,
    fate: 'dropped',
  },
  {
    at: 161.304226,
    conn: 2,
    protocol: 'mana',
    direction: 'toServer',
    message: 'PGMSG_NPC_TALK',
    summary: 'npc 7 Tester',
    size: 4,
  },
  {
    at: 161.55827,
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_NPC_MESSAGE',
    summary: 'npc 7 Tester · “Pick a test, Alice Liddell.”',
    size: 33,
    fate: 'delayed',
    waitedMs: 250,
    answerMs: 254,
  },
  {
    at: 161.560004,
    conn: 4,
    protocol: 'muddery',
    direction: 'toServer',
    message: 'look_room_obj',
    summary: '无此物 · sn 16',
    size: 61,
  },
  {
    at: 161.571385,
    conn: 4,
    protocol: 'muddery',
    direction: 'toClient',
    message: 'response',
    summary: 'sn 16 · code 10014 · Can not find the object.',
    size: 92,
    answerMs: 11.4,
    worst: 'note',
    expertCount: 1,
  },
  {
    at: 161.57469,
    conn: 5,
    protocol: 'fco',
    direction: 'toClient',
    message: '103 login ok',
    summary: 'user 135 · 勇者「アキラ」',
    size: 63,
  },
  {
    at: 161.577002,
    conn: 1,
    protocol: 'mana',
    direction: 'toClient',
    message: 'APMSG_CHAR_SELECT_RESPONSE',
    summary: 'error 0 · 127.0.0.1:9604 · 127.0.0.1:9603 · token 2a281c5d…',
    size: 61,
    answerMs: 1.8,
    handoff: true,
  },
  {
    at: 161.580441,
    conn: 2,
    protocol: 'mana',
    direction: 'toClient',
    message: 'GPMSG_NPC_CHOICE',
    summary: 'npc 7 · 14 choices: Number, Text, Effects, Quests, Abilities…',
    size: 117,
    fate: 'held',
    answerMs: 4.2,
  },
  {
    at: 161.583118,
    conn: 4,
    protocol: 'muddery',
    direction: 'toServer',
    message: 'cast_skill',
    summary: 'skill_normal_hit · sn 20',
    size: 84,
    fate: 'held',
    waitedMs: 12_100,
  },
  {
    at: 161.584402,
    conn: 2,
    protocol: 'mana',
    direction: 'toServer',
    message: 'PGMSG_WALK',
    summary: 'x 1 100 · y 1 060',
    size: 6,
  },
  {
    at: 161.585951,
    conn: 4,
    protocol: 'muddery',
    direction: 'toServer',
    message: 'traverse',
    summary: 'exit_game_start · sn 12',
    size: 58,
  },
  {
    at: 161.600127,
    conn: 4,
    protocol: 'muddery',
    direction: 'toClient',
    message: 'response',
    summary: 'sn 12 · code 0 · traversed · area_hole / room_colorfulworld_hole',
    size: 148,
    answerMs: 14.2,
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
        isControl: false,
        columns: [],
        color: -1,
        ...(perSecond === 521 ? scene : {}),
      };
    },
  };
}
