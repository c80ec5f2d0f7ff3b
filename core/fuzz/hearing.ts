/**
 * What came back, in the terms the oracles think in: names, remarks of the protocol's description and its checks, and a
 * signature: what kind of answer it was, without the values that are different every time.
 */
import { negativeAmounts } from './amounts.ts';
import { linkOf } from '../replay/conversation.ts';
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import type { RecordedConnection } from '../replay/recording.ts';
import { Readings } from './readings.ts';
import type { Direction, Dissected, DissectedMessage, Memory, Protocol, Watcher } from '../protocol/protocol.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';

export interface Heard {
  readonly messages: readonly DissectedMessage[];
  /** `hello`, or `?` for what was not understood; several joined by `+`. */
  readonly name: string;
  readonly signature: string;
  readonly expert: readonly ExpertInfo[];
  readonly summary: string;
  readonly dissected: Dissected | undefined;
  /** It says no: an error, a flag that is off, a code other than "fine". */
  readonly isRefusal: boolean;
}

const STATUS =
  /^(?:code|status|state|result|ret|retcode|flag|error|err|errno|errorcode|ok|success|reason|accepted|reject)$/i;
/** A named value with more names than this is a thing of the game, such as a tile, and no kind of answer. */
const MAX_KINDS = 16;
/** Fields looked at of one message; answers with more are told apart by their first ones. */
const MAX_LEAVES = 200;
/** One word, or a few plain ones: a kind. Prose tells of names and numbers that are others every time. */
const CODE = /^[\w.:/-]{1,40}$|^[A-Za-z][A-Za-z ,.'-]{0,40}$/;

export class Hearing {
  readonly protocol: Protocol | undefined;
  #readings: Readings | undefined;
  #watcher: Watcher | undefined;
  #n = 0;

  constructor(recorded: RecordedConnection, memory: Memory) {
    this.protocol = recorded.protocol;
    const { protocol } = this;
    if (protocol === undefined) return;
    const link = linkOf(recorded);
    this.#readings = new Readings(protocol, protocol.start(link, recorded.options), memory);
    this.#watcher = protocol.watch?.(link, recorded.options);
  }

  /** The state a client's message is read and written in. */
  stateFor(bytes: Uint8Array): unknown {
    return this.#readings?.stateFor(bytes, 'toServer');
  }

  /** @param isWrong it was mutated: the server may or may not have taken it */
  hear(bytes: Uint8Array, direction: Direction, time: number, isWrong = false): Heard {
    const { protocol } = this;
    const readings = this.#readings;
    if (protocol === undefined || readings === undefined) return unread(bytes);
    const dissected = readings.read(bytes, direction);
    let { expert } = dissected;
    try {
      readings.goOn(isWrong);
      this.#n += 1;
      const more = this.#watcher?.see({ n: this.#n, direction, time, bytes, dissected });
      if (more !== undefined && more.length > 0) expert = [...expert, ...more];
    } catch {
      // A dissector that trips over what a broken server says must not end the campaign.
      this.#watcher = undefined;
    }
    const { messages } = dissected;
    if (direction === 'toClient') {
      const amounts = messages.flatMap(negativeAmounts);
      if (amounts.length > 0) expert = [...expert, ...amounts];
    }
    const name = messages.length === 0 ? '?' : messages.map((one) => one.name ?? '?').join('+');
    const [first] = messages;
    return {
      messages,
      name,
      signature: signatureOfAll(messages),
      expert,
      summary: first === undefined ? '' : protocol.summary(first, direction),
      dissected,
      // What is granted beside a warning is granted.
      isRefusal: messages.some(isRefusal) && !messages.some(isConsent),
    };
  }
}

function unread(bytes: Uint8Array): Heard {
  const text = printable(bytes.subarray(0, 24));
  return { messages: [], name: '?', signature: '?', expert: [], summary: text, dissected: undefined, isRefusal: false };
}

/** From so many messages at once on, their names tell enough: what each has at its top is what the world looks like just then. */
const SEVERAL = 3;

/** Of a frame. */
export function signatureOfAll(messages: readonly DissectedMessage[]): string {
  if (messages.length === 0) return '?';
  return messages.map((one) => signatureOf(one, messages.length < SEVERAL)).join('+');
}

/** Name, what status fields say, and which keys there are at the top. */
export function signatureOf(message: DissectedMessage, hasKeys = true): string {
  const { fields, name, spec } = message;
  const parts: string[] = [name ?? '?'];
  if (typeof fields === 'object' && fields !== null && !(fields instanceof Uint8Array)) {
    if (hasKeys && !Array.isArray(fields)) parts.push(kindsOfKeys(fields));
    let looked = 0;
    for (const leaf of leavesOf(fields)) {
      if (++looked > MAX_LEAVES) break;
      const { value } = leaf;
      const depth = leaf.path.length;
      if (typeof value === 'string' && value !== '' && !CODE.test(value)) continue;
      const isStatus = depth <= 2 && STATUS.test(lastName(leaf.path)) && typeof value !== 'object';
      const { names } = metaAt(spec?.node, leaf.path);
      const isNamed = depth <= 2 && names !== undefined && Object.keys(names).length <= MAX_KINDS;
      if (isStatus || isNamed) parts.push(`${lastName(leaf.path)}=${String(value)}`);
    }
  } else if (fields !== undefined) parts.push(typeof fields);
  return parts.join(' ');
}

/** Numbers as keys are ids of what is listed by them: how many and which is no kind of answer. */
function kindsOfKeys(fields: object): string {
  const keys = Object.keys(fields).map((key) => (/^\d+$/.test(key) ? '#' : key));
  return [...new Set(keys)].sort().join(',');
}

const NO =
  /error|fail|refus|denied|deny|invalid|illegal|reject|alert|duplicate|already|not_?found|unknown|forbidden|wrong|cannot|no_/i;
const YES = /(?:^|[_ ])(?:ok|success|done)$/i;

export function isRefusal({ name, fields, spec }: DissectedMessage): boolean {
  if (name !== null && NO.test(name) && !YES.test(name)) return true;
  if (typeof fields !== 'object' || fields === null || fields instanceof Uint8Array) return false;
  for (const { path, value } of leavesOf(fields).slice(0, 24)) {
    if (path.length > 2) continue;
    const key = lastName(path);
    if (!STATUS.test(key)) continue;
    const label = metaAt(spec?.node, path).names?.[String(value)];
    if (label !== undefined) {
      if (YES.test(label)) continue;
      if (NO.test(label)) return true;
    }
    if (/^(?:flag|ok|success|accepted)$/i.test(key)) {
      if (value === 0 || value === false || value === '0' || value === 'no' || value === 'false') return true;
    } else if (/^(?:code|ret|retcode|err|errno|errorcode|error)$/i.test(key)) {
      if (value !== 0 && value !== '' && value !== null && value !== false && value !== '0') return true;
    }
  }
  return false;
}

/** It says yes, in a field that could say no. */
function isConsent(message: DissectedMessage): boolean {
  const { name, fields } = message;
  if (isRefusal(message) || (name !== null && NO.test(name))) return false;
  if (typeof fields !== 'object' || fields === null || fields instanceof Uint8Array) return false;
  return leavesOf(fields)
    .slice(0, 24)
    .some(({ path, value }) => {
      const key = lastName(path);
      if (/^(?:flag|ok|success|accepted)$/i.test(key)) return value === 1 || value === true || value === 'yes';
      return /^(?:reject|error|err|errno|errorcode|code|ret|retcode)$/i.test(key) && (value === 0 || value === false);
    });
}

function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}

/**
 * A remark on what was heard, as groups of findings know it. Of a frame with several messages the path tells which it is about;
 * what else came along is chance.
 */
export function remarkKey({ name, messages }: Pick<Heard, 'name' | 'messages'>, info: ExpertInfo): string {
  return `${messages.length > 1 ? 'several' : name}/${info.group}/${info.code ?? info.text.replaceAll(/\d+/g, '#').slice(0, 60)}/${(info.path ?? '').replaceAll(/\[\d+\]/g, '[]')}`;
}
