/** What a campaign starts from: the recorded conversation as a script, and everything known of its messages. */
import type { DissectedMessage, Memory } from '../protocol/protocol.ts';
import type { Endpoints } from '../replay/endpoints.ts';
import { findHeartbeats } from '../replay/heartbeat.ts';
import { leavesOf, lastName } from '../replay/leaves.ts';
import type { Plan } from '../replay/plan.ts';
import { findBindings } from '../replay/rebinding.ts';
import { itemKey, type RecordedFrame } from '../replay/recording.ts';
import { formatPath } from '../schema/path.ts';
import { Hearing, isRefusal, remarkKey, signatureOfAll } from './hearing.ts';
import { CREATES, isNaming } from './named.ts';
import type { Scene, SceneConnection } from './scene.ts';
import type { Issue, Link, Script, SendStep, Step } from './script.ts';
import { inVisits, needsOf, type SeedVisits, withGone } from './visit-needs.ts';
import type { Visits } from './visits.ts';

/** One client message of the recording. */
export interface SeedMessage {
  /** Index of its step in the base script. */
  readonly step: number;
  readonly frame: RecordedFrame;
  readonly message: DissectedMessage;
  readonly index: number;
  readonly name: string;
}

export interface Seed {
  readonly scene: Scene;
  readonly base: Script;
  readonly messages: readonly SeedMessage[];
  /** The campaign forks behind so many steps: they, and all that follows up to a mutated message, are played before it. */
  readonly kept?: number;
  /** Absent: all is one visit. */
  readonly visits?: SeedVisits;
  /** What the server had said last on its connection before each client frame, by frame number. */
  readonly lastHeard: ReadonlyMap<number, string>;
  /** By client frame. */
  readonly between: ReadonlyMap<number, Between>;
  /** Signatures of what followed each client frame (`n/conn`) in the recording. */
  readonly recordedNames: ReadonlyMap<string, readonly string[]>;
  /** Client frames that the recorded server said no to. */
  readonly refused: ReadonlySet<number>;
  /** Remarks of description and checks on the recorded server's frames: what is odd about this server in any case. */
  readonly serverRemarks: ReadonlySet<string>;
  /** On the recorded client's frames. */
  readonly clientRemarks: ReadonlySet<string>;
}

/** What the server said around a client frame on its connection. */
export interface Between {
  readonly before: RecordedFrame | undefined;
  /** Until the client's next one, in order. */
  readonly answers: readonly RecordedFrame[];
}

/**
 * @param only frames whose messages are mutated; absent: all
 * @param visits absent: all is one
 */
export function makeSeed(plan: Plan, endpoints: Endpoints, only?: ReadonlySet<number>, visits?: Visits): Seed {
  const { recording } = plan;
  const heartbeats = heartbeatsOf(plan);
  const nths = countNames(recording.frames);
  const links = linksOf(plan, nths);
  const steps: Step[] = [];
  const messages: SeedMessage[] = [];
  inVisits(plan.steps, visits).forEach((step) => {
    if (step.kind === 'open') steps.push({ kind: 'open', conn: step.conn });
    else if (step.kind === 'send') {
      const frame = owned(step.frame);
      frame.messages.forEach((message, index) =>
        messages.push({ step: steps.length, frame, message, index, name: message.name ?? '?' }),
      );
      const known = links.get(frame.n);
      steps.push({
        kind: 'send',
        conn: step.conn,
        n: frame.n,
        message: frame.messages[0]?.name ?? '?',
        bytes: frame.bytes,
        head: frame.head,
        tail: frame.tail,
        ...(Object.keys(frame.carrier).length === 0 ? {} : { carrier: frame.carrier }),
        awaits: [],
        mutated: false,
        ...(known === undefined ? {} : { links: known }),
      });
    } else if (step.kind === 'close') steps.push({ kind: step.reset ? 'reset' : 'end', conn: step.conn });
  });
  const connections = connectionsOf(plan, endpoints, nths);
  const refused = refusedOf(recording.frames);
  const scene: Scene = {
    connections: visits === undefined ? connections : withGone(connections, visits),
    fallbackHost: endpoints.fallbackHost,
    heartbeats,
    identities: identitiesOf(recording.frames),
  };
  return {
    scene,
    base: { steps: withAwaits(steps, recording.frames, heartbeats) },
    messages: only === undefined ? messages : messages.filter((one) => only.has(one.frame.n)),
    lastHeard: lastHeardOf(recording.frames, heartbeats),
    between: betweenOf(recording.frames, heartbeats),
    recordedNames: followersOf(recording.frames, heartbeats),
    refused,
    ...(visits === undefined
      ? {}
      : { visits: { of: visits.of, needs: needsOf(visits, { recording, links, connections, refused }) } }),
    ...remarksOf(plan),
  };
}

/** Nothing was said on its connection before: whoever it says it is, nobody can know better. */
export function isFirstSaid({ base }: Seed, { step, frame }: SeedMessage): boolean {
  return !base.steps.slice(0, step).some((one) => one.kind === 'send' && one.conn === frame.conn);
}

/** Its bytes as plain arrays: a slice of a Node buffer is a view, and damage done to it would be done to the recording. */
function owned(frame: RecordedFrame): RecordedFrame {
  const plain = (bytes: Uint8Array): Uint8Array => (bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes));
  return { ...frame, bytes: plain(frame.bytes), head: plain(frame.head), tail: plain(frame.tail) };
}

function heartbeatsOf(plan: Plan): Set<string> {
  const is = findHeartbeats(plan.recording);
  const beats = new Set<string>();
  const others = new Set<string>();
  for (const frame of plan.recording.frames) {
    if (frame.direction !== 'toClient') continue;
    const name = frame.messages.map((message) => message.name ?? '?').join('+');
    (frame.messages.every((_m, index) => is(frame, index)) ? beats : others).add(name);
  }
  for (const name of others) beats.delete(name);
  return beats;
}

/** Which of its name on its connection each server message is. */
function countNames(frames: readonly RecordedFrame[]): Map<string, number> {
  const counts = new Map<string, number>();
  const nths = new Map<string, number>();
  for (const frame of frames) {
    if (frame.direction !== 'toClient') continue;
    frame.messages.forEach((message, index) => {
      const key = `${frame.conn}\0${message.name ?? '?'}`;
      const nth = counts.get(key) ?? 0;
      counts.set(key, nth + 1);
      nths.set(itemKey(frame.n, index), nth);
    });
  }
  return nths;
}

function linksOf({ recording }: Plan, nths: ReadonlyMap<string, number>): Map<number, Link[]> {
  const frames = new Map(recording.frames.map((frame) => [frame.n, frame]));
  const names = namesIn(recording.frames);
  const links = new Map<number, Link[]>();
  for (const { echoes } of findBindings(recording)) {
    for (const { at, from } of echoes) {
      const issues = from.flatMap((place): Issue[] => {
        const frame = frames.get(place.n);
        const message = frame?.messages[place.index];
        if (frame === undefined || message?.name == null) return [];
        const nth = nths.get(itemKey(place.n, place.index)) ?? 0;
        const { path, spelling } = place;
        const named = path.length === 1 ? names.get(itemKey(place.n, place.index)) : undefined;
        const issue = { conn: frame.conn, name: message.name, nth, path: formatPath(path), spelling };
        return [named === undefined ? issue : { ...issue, named }];
      });
      if (issues.length === 0) continue;
      const list = links.get(at.n) ?? [];
      links.set(at.n, list);
      list.push({ index: at.index, path: formatPath(at.path), spelling: at.spelling, from: issues });
    }
  }
  return links;
}

/** Server messages about somebody or something that has a name, by the name. */
function namesIn(frames: readonly RecordedFrame[]): Map<string, NonNullable<Issue['named']>> {
  const counts = new Map<string, number>();
  const found = new Map<string, NonNullable<Issue['named']>>();
  for (const frame of frames) {
    if (frame.direction !== 'toClient') continue;
    frame.messages.forEach((message, index) => {
      const { fields, name } = message;
      const leaf = leavesOf(fields).find(
        (one) => one.path.length === 1 && typeof one.value === 'string' && one.value !== '' && isNaming(message, one),
      );
      if (leaf === undefined) return;
      const [path, value] = [formatPath(leaf.path), leaf.value as string];
      const key = `${frame.conn}\0${name ?? '?'}\0${path}\0${value}`;
      const nth = counts.get(key) ?? 0;
      counts.set(key, nth + 1);
      found.set(itemKey(frame.n, index), { path, value, nth });
    });
  }
  return found;
}

function connectionsOf(
  plan: Plan,
  endpoints: Endpoints,
  nths: ReadonlyMap<string, number>,
): Map<number, SceneConnection> {
  const frames = new Map(plan.recording.frames.map((frame) => [frame.n, frame]));
  const connections = new Map<number, SceneConnection>();
  for (const [id, recorded] of plan.recording.connections) {
    const handed = plan.handedOver.get(id);
    const from = handed === undefined ? undefined : frames.get(handed.n);
    connections.set(id, {
      id,
      recorded,
      url: endpoints.of(recorded),
      ...(handed === undefined || from === undefined
        ? {}
        : {
            handoff: {
              conn: from.conn,
              nth: nths.get(itemKey(handed.n, handed.index)) ?? 0,
              handoff: handed.handoff,
            },
          }),
    });
  }
  return connections;
}

/** How many frames came on each connection between one step and the next. */
function withAwaits(steps: readonly Step[], frames: readonly RecordedFrame[], heartbeats: ReadonlySet<string>): Step[] {
  const counts: Map<number, number>[] = steps.map(() => new Map());
  const lastAt: number[] = [];
  const sentAt: number[] = [];
  const sendAt = new Map(steps.flatMap((step, i) => (step.kind === 'send' ? [[step.n, i] as const] : [])));
  const openAt = new Map(steps.flatMap((step, i) => (step.kind === 'open' ? [[step.conn, i] as const] : [])));
  const hasSpoken = new Set<number>();
  let current = -1;
  for (const frame of frames) {
    const at = sendAt.get(frame.n);
    if (at !== undefined) {
      current = at;
      sentAt[at] = frame.at;
      hasSpoken.add(frame.conn);
      continue;
    }
    const name = frame.messages.map((message) => message.name ?? '?').join('+');
    if (heartbeats.has(name)) continue;
    // Before the client has said anything, it is a greeting.
    const step = hasSpoken.has(frame.conn) ? current : (openAt.get(frame.conn) ?? current);
    const count = counts[step];
    if (count !== undefined) count.set(frame.conn, (count.get(frame.conn) ?? 0) + 1);
    lastAt[step] = frame.at;
  }
  return steps.map((step, i) => {
    const count = counts[i]!;
    if (step.kind === 'send') {
      const dueMs = count.size === 0 ? undefined : Math.max(0, (lastAt[i] ?? 0) - (sentAt[i] ?? 0));
      return { ...step, awaits: [...count], ...(dueMs === undefined ? {} : { dueMs }) } satisfies SendStep;
    }
    const greetings = step.kind === 'open' ? (count.get(step.conn) ?? 0) : 0;
    return step.kind === 'open' && greetings > 0 ? { ...step, awaits: greetings } : step;
  });
}

function followersOf(frames: readonly RecordedFrame[], heartbeats: ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const hasSpoken = new Set<number>();
  let current = 0;
  for (const frame of frames) {
    if (frame.direction === 'toServer') {
      current = frame.n;
      hasSpoken.add(frame.conn);
      continue;
    }
    const name = frame.messages.map((message) => message.name ?? '?').join('+');
    if (heartbeats.has(name) || !hasSpoken.has(frame.conn)) continue;
    const key = `${current}/${frame.conn}`;
    const list = found.get(key);
    const signature = signatureOfFrame(frame);
    if (list === undefined) found.set(key, [signature]);
    else list.push(signature);
  }
  return found;
}

/** Client frames whose answer says no. */
export function refusedOf(frames: readonly RecordedFrame[]): Set<number> {
  const refused = new Set<number>();
  const last = new Map<number, number>();
  for (const frame of frames) {
    if (frame.direction === 'toServer') last.set(frame.conn, frame.n);
    else if (frame.messages.some(isRefusal)) refused.add(last.get(frame.conn) ?? 0);
  }
  return refused;
}

function signatureOfFrame({ messages, dissected }: RecordedFrame): string {
  return dissected === undefined ? '?' : signatureOfAll(messages);
}

function lastHeardOf(frames: readonly RecordedFrame[], heartbeats: ReadonlySet<string>): Map<number, string> {
  const last = new Map<number, string>();
  const found = new Map<number, string>();
  for (const frame of frames) {
    const name = frame.messages.map((message) => message.name ?? '?').join('+');
    if (frame.direction === 'toServer') found.set(frame.n, last.get(frame.conn) ?? '');
    else if (!heartbeats.has(name)) last.set(frame.conn, name);
  }
  return found;
}

function betweenOf(frames: readonly RecordedFrame[], heartbeats: ReadonlySet<string>): Map<number, Between> {
  const last = new Map<number, RecordedFrame>();
  const open = new Map<number, RecordedFrame[]>();
  const found = new Map<number, Between>();
  for (const frame of frames) {
    const { conn, n } = frame;
    if (frame.direction === 'toServer') {
      const answers: RecordedFrame[] = [];
      found.set(n, { before: last.get(conn), answers });
      open.set(conn, answers);
      continue;
    }
    if (heartbeats.has(frame.messages.map((message) => message.name ?? '?').join('+'))) continue;
    const heard = owned(frame);
    last.set(conn, heard);
    open.get(conn)?.push(heard);
  }
  return found;
}

const SECRET_KEY = /^(?:pass|password|passwd|pwd|secret)$/i;

/** Long enough that many others can be made of it, and no text that means something else. */
function isName(value: string): boolean {
  const size = new TextEncoder().encode(value).length;
  return size >= 3 && size <= 64 && /^\p{L}[\p{L}\p{N}_.-]*(?: [\p{L}\p{N}_.-]+)*$/u.test(value);
}

/** Names clients chose for themselves: beside a password or for what they create, used again or known to the server. */
function identitiesOf(frames: readonly RecordedFrame[]): string[] {
  const candidates = new Set<string>();
  for (const frame of frames) {
    if (frame.direction !== 'toServer') continue;
    for (const message of frame.messages) {
      const { fields, spec, name } = message;
      const leaves = leavesOf(fields);
      const isSecret = (name: string): boolean => SECRET_KEY.test(name);
      const described = spec?.node.kind === 'object' ? spec.node.keys.map((key) => key.name) : [];
      const isLogin = leaves.some((leaf) => isSecret(lastName(leaf.path))) || described.some(isSecret);
      if (!isLogin && !CREATES.test(name ?? '')) continue;
      for (const leaf of leaves) {
        const { value } = leaf;
        if (typeof value !== 'string' || !isName(value)) continue;
        if (isNaming(message, leaf)) candidates.add(value);
      }
    }
  }
  const uses = new Map<string, { sent: number; heard: number }>();
  for (const frame of frames) {
    for (const { fields } of frame.messages) {
      for (const { value } of leavesOf(fields)) {
        if (typeof value !== 'string' || !candidates.has(value)) continue;
        const use = uses.get(value) ?? { sent: 0, heard: 0 };
        uses.set(value, use);
        if (frame.direction === 'toServer') use.sent += 1;
        else use.heard += 1;
      }
    }
  }
  // Longer ones first: one may be a part of another.
  return [...uses]
    .filter(([, { sent, heard }]) => sent > 1 || heard > 0)
    .map(([name]) => name)
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function remarksOf({ recording }: Plan): { serverRemarks: Set<string>; clientRemarks: Set<string> } {
  const serverRemarks = new Set<string>();
  const clientRemarks = new Set<string>();
  const facts = new Map<string, unknown>();
  const memory: Memory = { recall: (key) => facts.get(key), remember: (key, value) => void facts.set(key, value) };
  const hearings = new Map<number, Hearing>();
  for (const frame of recording.frames) {
    const recorded = recording.connections.get(frame.conn);
    if (recorded === undefined) continue;
    const hearing = hearings.get(frame.conn) ?? new Hearing(recorded, memory);
    hearings.set(frame.conn, hearing);
    const heard = hearing.hear(frame.bytes, frame.direction, recording.began + frame.at / 1000);
    const remarks = frame.direction === 'toClient' ? serverRemarks : clientRemarks;
    for (const info of heard.expert) remarks.add(remarkKey(heard, info));
  }
  return { serverRemarks, clientRemarks };
}
