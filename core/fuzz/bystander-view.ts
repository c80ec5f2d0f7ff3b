/**
 * How bystanders are answered where nobody says anything wrong, and what is odd in how they are answered now: an answer of another
 * kind, a refusal, a list that is empty, a reply that breaks its description, two who are told different things of the same.
 */
import { summaryOf } from './answers.ts';
import { remarksOf } from './baseline.ts';
import { remarkKey } from './hearing.ts';
import { isBreak } from './judge.ts';
import type { LiveFrame, Run } from './run-script.ts';
import { isSend, OTHER, type Script, type SendStep } from './script.ts';
import type { JudgeWorld } from './suspicion.ts';
import { listsOf, pairsAt, toldAt } from './told.ts';

export interface Oddity {
  /** What tells it from others; the same wherever it is seen. */
  readonly symptom: string;
  /** What happens to bystanders, to go on with after "others". */
  readonly what: string;
  readonly evidence: readonly string[];
  /** The server breaks its own description, whatever was said to it; all else may be what somebody rightly brought about. */
  readonly isBreak: boolean;
}

interface Usual {
  /** Kinds of answers that came each time. */
  always: ReadonlySet<string> | undefined;
  /** That ever came. */
  readonly ever: Set<string>;
  /** Lists that were never empty. */
  full: ReadonlySet<string> | undefined;
  readonly everEmpty: Set<string>;
}

/** A value that both are told. */
interface Shared {
  readonly value: string;
  same: number;
}

/** Times that two must have been told the same of something, before it is odd that they are not. */
const ENOUGH_SAME = 4;
const MOST_SHOWN = 60;

export class UsualView {
  readonly #script: Script;
  readonly #world: JudgeWorld;
  readonly #steps = new Map<number, Usual>();
  readonly #remarks = new Set<string>();
  /** By step of the first of the two, name and path. */
  readonly #shared = new Map<string, Shared>();
  /** Values, by name and path without indices, that are others for others or at other times. */
  readonly #changing = new Set<string>();

  constructor(script: Script, world: JudgeWorld) {
    this.#script = script;
    this.#world = world;
  }

  /** Takes what they were told when nobody said anything wrong. */
  learn(run: Run): void {
    for (const frame of run.frames) for (const remark of remarksOf(frame)) this.#remarks.add(remark);
    for (const [i, step] of this.#sends()) {
      const told = toldAt(run, i, step);
      const known = this.#steps.get(i) ?? { always: undefined, ever: new Set(), full: undefined, everEmpty: new Set() };
      this.#steps.set(i, known);
      const signatures = new Set(told.map(({ heard }) => heard.signature));
      known.always = inBoth(known.always, signatures);
      for (const one of signatures) known.ever.add(one);
      const lists = listsOf(told);
      known.full = inBoth(known.full, lists.full);
      for (const one of lists.empty) known.everEmpty.add(one);
      for (const { key, mine, theirs, pattern } of pairsAt(run, i)) {
        const shared = this.#shared.get(key) ?? { value: mine, same: 0 };
        this.#shared.set(key, shared);
        if (mine === theirs && mine === shared.value) shared.same += 1;
        else this.#changing.add(pattern);
      }
    }
  }

  /** What is odd in what they were told now, the first of each kind. */
  oddIn(run: Run): readonly Oddity[] {
    const odd = [...this.#breaks(run)];
    /** Users whose session went another way: what follows says nothing. */
    const astray = new Set<boolean>();
    for (const [i, step] of this.#sends()) {
      const isOther = step.conn >= OTHER;
      const known = this.#steps.get(i);
      if (known?.always === undefined || known.always.size === 0 || run.steps[i] === undefined) continue;
      if (astray.has(isOther)) continue;
      const told = toldAt(run, i, step);
      const isUsual = told.some(({ heard }) => known.always!.has(heard.signature));
      if (isUsual) odd.push(...this.#emptied(told, step, known), ...this.#contradictions(run, i, astray));
      else {
        astray.add(isOther);
        const other = this.#otherAnswer(told, step, known);
        if (other !== undefined) odd.push(other);
      }
    }
    return odd.filter((one, i) => odd.findIndex(({ symptom }) => symptom === one.symptom) === i);
  }

  *#sends(): Generator<readonly [number, SendStep]> {
    for (const [i, step] of this.#script.steps.entries()) if (isSend(step)) yield [i, step];
  }

  *#breaks(run: Run): Generator<Oddity> {
    const { seed, baseline } = this.#world;
    for (const frame of run.frames) {
      for (const info of frame.heard.expert) {
        // How a connection ends is another matter.
        if (!isBreak(info) || info.code === 'truncated') continue;
        const key = remarkKey(frame.heard, info);
        if (this.#remarks.has(key) || seed.serverRemarks.has(key) || baseline.serverRemarks.has(key)) continue;
        yield {
          symptom: plain(`breaks ${key}`),
          what: `are told what breaks the description of ${frame.heard.name}: ${info.text}`,
          evidence: [summaryOf(frame, this.#world), ...(info.path === undefined ? [] : [`at ${info.path}`])],
          isBreak: true,
        };
      }
    }
  }

  /** Of a kind that never came. Silence is not looked at here. */
  #otherAnswer(told: readonly LiveFrame[], { message, n }: SendStep, known: Usual): Oddity | undefined {
    const { baseline, seed } = this.#world;
    const isNew = ({ heard: { signature, name } }: LiveFrame): boolean =>
      !known.ever.has(signature) &&
      baseline.answers.get(n)?.signatures.has(signature) !== true &&
      seed.scene.chatter?.has(name) !== true;
    const fresh = told.filter(isNew);
    const refusal = fresh.find(({ heard }) => heard.isRefusal);
    const first = refusal ?? fresh[0];
    if (first === undefined) return undefined;
    const { name } = first.heard;
    return {
      symptom: plain(`${refusal === undefined ? 'other' : 'no'} ${message} ${name}`),
      what: `are ${refusal === undefined ? 'answered otherwise' : 'refused'} when they send ${message}: ${name}`,
      evidence: [summaryOf(first, this.#world), `Before, it was answered by ${[...known.always!].join(' or ')}.`],
      isBreak: false,
    };
  }

  *#emptied(told: readonly LiveFrame[], { message }: SendStep, known: Usual): Generator<Oddity> {
    for (const list of listsOf(told).empty) {
      if (known.full?.has(list) !== true || known.everEmpty.has(list)) continue;
      yield {
        symptom: plain(`empty ${message} ${list}`),
        what: `find ${list} empty when they send ${message}`,
        evidence: [...told.slice(0, 2).map((frame) => summaryOf(frame, this.#world)), 'It never was before.'],
        isBreak: false,
      };
    }
  }

  /** The two are told different things of what was always the same for both. */
  *#contradictions(run: Run, i: number, astray: ReadonlySet<boolean>): Generator<Oddity> {
    if (astray.size > 0) return;
    for (const { key, mine, theirs, name, path, pattern } of pairsAt(run, i)) {
      const same = this.#shared.get(key)?.same ?? 0;
      if (mine === theirs || same < ENOUGH_SAME || this.#changing.has(pattern)) continue;
      const message = (this.#script.steps[i] as SendStep).message;
      yield {
        symptom: plain(`differs ${pattern}`),
        what: `are told different things by ${name} when two of them send ${message} at the same time: ${path} is ${brief(mine)} for one and ${brief(theirs)} for the other`,
        evidence: [`one: ${path} = ${brief(mine)}`, `the other: ${path} = ${brief(theirs)}`],
        isBreak: false,
      };
      return;
    }
  }
}

function inBoth(a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> {
  return a === undefined ? b : new Set([...a].filter((one) => b.has(one)));
}

/** Without what parts the pieces of a key. */
function plain(text: string): string {
  return text.replaceAll('|', '/');
}

function brief(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
