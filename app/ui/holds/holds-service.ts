/** Holds, rules and faults as the UI handles them: which held frame is open, which rule is edited, what is sent. */
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { Breakpoint, Rule } from '../../../core/traffic/control.ts';
import type { Direction } from '../../../core/traffic/frame.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Mirror } from '../engine-client/mirror.ts';
import type { Dock } from '../state/dock.ts';
import { createStore, type Store } from '../state/store.ts';
import type { Notices } from '../state/notices.ts';
import { createMessageDraft, type MessageDraft } from '../compose/message-draft.ts';
import { fieldCondition, filterPath } from '../inspector/field-condition.ts';
import { t } from '../strings/strings.ts';

export type HoldsSide = 'rules' | 'breakpoints' | 'faults';

export interface HoldsService {
  /** Frame number of the held frame under edit; 0: none chosen. */
  readonly selected: Store<number>;
  readonly draft: MessageDraft;
  readonly side: Store<HoldsSide>;
  /** Rule being edited; null: none. */
  readonly rule: Store<Rule | null>;
  decide(action: 'forward' | 'drop' | 'duplicate'): Promise<void>;
  /** Sends the frame as edited, or as it came when nothing was. */
  send(): Promise<void>;
  undo(): void;
  /** More time for the frame under edit; 0: no limit. */
  extend(ms: number): Promise<void>;
  addBreakpoint(filter: string, direction: Direction | undefined, once: boolean): Promise<void>;
  setBreakpoints(breakpoints: readonly Breakpoint[]): Promise<void>;
  setRules(rules: readonly Rule[]): Promise<void>;
  newRule(): void;
  newRuleFor(frame: FrameView, field: FieldView): void;
  openRule(id: string): void;
  openFaults(): void;
}

export interface HoldsDeps {
  readonly client: EngineClient;
  readonly mirror: Mirror;
  readonly dock: Dock;
  readonly notices: Notices;
}

const DEFAULT_LIMIT_MS = 30_000;

export function createHoldsService({ client, mirror, dock, notices }: HoldsDeps): HoldsService {
  const selected = createStore(0);
  const side = createStore<HoldsSide>('rules');
  const rule = createStore<Rule | null>(null);
  const draft = createMessageDraft(client);
  const once = new Set<string>();

  const current = (): number => {
    const held = mirror.held.get();
    return held.some((frame) => frame.n === selected.get()) ? selected.get() : (held[0]?.n ?? 0);
  };
  const load = (): void => {
    const n = current();
    if (n !== selected.get()) selected.set(n);
    if (n !== draft.source.get()) {
      if (n === 0) draft.clear();
      else void draft.openFrame(n).catch(notices.problem);
    }
  };
  mirror.held.subscribe(load);
  selected.subscribe(load);
  // "Hold the next one only": its breakpoint leaves when it has caught one.
  mirror.held.subscribe(() => {
    const spent = mirror.held
      .get()
      .map((frame) => frame.breakpoint)
      .filter((id) => once.has(id));
    if (spent.length === 0) return;
    for (const id of spent) once.delete(id);
    void setBreakpoints(mirror.breakpoints.get().filter((each) => !spent.includes(each.id))).catch(notices.problem);
  });

  const setBreakpoints = async (breakpoints: readonly Breakpoint[]): Promise<void> => {
    mirror.breakpoints.set(await client.request('breakpoints.set', { breakpoints }));
  };
  const decide = async (action: 'forward' | 'drop' | 'duplicate'): Promise<void> => {
    const n = current();
    if (n !== 0)
      await client.request('held.decide', { n: [n], action, ...(action === 'duplicate' ? { times: 1 } : {}) });
  };
  const openRuleDraft = (next: Rule): void => {
    rule.set(next);
    side.set('rules');
    dock.show('holds');
  };
  const blank = (): Rule => ({
    id: freeId(
      mirror.rules.get().map((each) => each.id),
      'rule',
    ),
    enabled: true,
    when: '',
    actions: [{ do: 'drop' }],
  });

  return {
    selected,
    draft,
    side,
    rule,
    decide,
    async send() {
      const n = current();
      if (n === 0) return;
      const hex = draft.bytesToSend();
      if (hex === null) throw new Error(t.holds.notSendable);
      if (draft.isChanged()) await client.request('held.decide', { n: [n], action: 'edit', hex });
      else await decide('forward');
    },
    undo: () => draft.undo(),
    async extend(ms) {
      const n = current();
      if (n !== 0) await client.request('held.extend', { n: [n], ms });
    },
    async addBreakpoint(filter, direction, isOnce) {
      const all = mirror.breakpoints.get();
      const id = freeId(
        all.map((each) => each.id),
        'hold',
      );
      if (isOnce) once.add(id);
      const next: Breakpoint = {
        id,
        filter,
        enabled: true,
        limitMs: DEFAULT_LIMIT_MS,
        onLimit: 'forward',
        ...(direction === undefined ? {} : { direction }),
      };
      await setBreakpoints([...all, next]);
      if (rule.get() === null) side.set('breakpoints');
      notices.say(t.holds.holding(filter));
    },
    setBreakpoints,
    async setRules(rules) {
      const set = await client.request('rules.set', { rules });
      mirror.rules.set(set.rules);
      mirror.ruleStatus.set(set.status);
    },
    newRule: () => openRuleDraft(blank()),
    newRuleFor(frame, field) {
      const name = frame.messages[0]?.name;
      const message = name === null || name === undefined ? '' : `message == ${JSON.stringify(name)} and `;
      openRuleDraft({
        ...blank(),
        when: `${message}${fieldCondition(field)}`,
        direction: frame.direction,
        actions: [{ do: 'set', path: filterPath(field.path), value: plainConstant(field.value) }],
      });
    },
    openRule(id) {
      const found = mirror.rules.get().find((each) => each.id === id);
      if (found !== undefined) openRuleDraft(found);
    },
    openFaults() {
      side.set('faults');
      dock.show('holds');
    },
  };
}

function plainConstant(value: unknown): string | number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  const big = (value as { readonly big?: unknown } | null | undefined)?.big;
  return typeof big === 'string' ? big : null;
}

/** `rule-1`, `rule-2`… : the first that is not taken. */
export function freeId(taken: readonly string[], stem: string): string {
  for (let i = 1; ; i++) if (!taken.includes(`${stem}-${i}`)) return `${stem}-${i}`;
}
