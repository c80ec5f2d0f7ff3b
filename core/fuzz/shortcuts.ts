/**
 * Before the first case the shortest way to each message was looked for. A script that was played behind the whole session may do
 * with the ways to its last messages.
 */
import { countSends, isSend, isWrong, type Script, type Step } from './script.ts';

/** Steps that have to come before a recorded frame, as far as that is known. */
export type WayTo = (n: number) => readonly Step[] | undefined;

const MOST = 6;

/** From one of its messages on the script as it is, before it only the ways to what follows; the shortest first. */
export function shortcuts(script: Script, wayTo: WayTo): readonly Script[] {
  const { steps } = script;
  const last = steps.findLastIndex(isWrong);
  const end = last < 0 ? steps.length - 1 : last;
  const met = new Set<string>();
  const found: Script[] = [];
  for (let from = end; from > 0; from--) {
    const step = steps[from]!;
    if (!isSend(step) || met.has(step.message)) continue;
    met.add(step.message);
    const made = behind(steps, from, wayTo);
    if (made !== undefined && countSends(made) < countSends(script)) found.push(made);
  }
  const told = new Set<string>();
  const keyed = (one: Script): string => one.steps.map(keyOf).join();
  return found
    .sort((a, b) => countSends(a) - countSends(b))
    .filter((one) => !told.has(keyed(one)) && told.add(keyed(one)).size > 0)
    .slice(0, MOST);
}

function behind(steps: readonly Step[], from: number, wayTo: WayTo): Script | undefined {
  const rest = steps.slice(from);
  const needed = new Set<string>();
  for (const conn of new Set(rest.map((step) => step.conn))) {
    const first = rest.find((step) => isSend(step) && step.conn === conn);
    const way = first !== undefined && isSend(first) ? wayTo(first.n) : [];
    if (way === undefined) return undefined;
    for (const step of way) needed.add(keyOf(step));
  }
  const before = steps
    .slice(0, from)
    .filter((step) => step.kind === 'open' || isWrong(step) || needed.has(keyOf(step)));
  const used = new Set([...before, ...rest].filter(({ kind }) => kind !== 'open').map(({ conn }) => conn));
  return { steps: [...before, ...rest].filter(({ conn }) => used.has(conn)) };
}

function keyOf(step: Step): string {
  return isSend(step) ? `${step.n}` : `${step.kind} ${step.conn}`;
}
