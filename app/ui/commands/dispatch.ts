/** From key presses to commands. Components that use a key themselves have prevented its default before it gets here. */
import type { App } from '../app.ts';
import type { Command } from './command.ts';
import { chordsOf, normalizeChord } from './keys.ts';

export interface CommandTable {
  readonly all: readonly Command[];
  get(id: string): Command | undefined;
  /** Chords of a command, with the user's changes. */
  keysOf(command: Command): readonly string[];
  run(id: string): void;
  /** First command that fits a chord and may run now. */
  fitting(chord: string, isTyping: boolean): Command | undefined;
}

export function createCommandTable(app: () => App, all: readonly Command[]): CommandTable {
  const byId = new Map(all.map((command) => [command.id, command]));
  const keysOf = (command: Command): readonly string[] => {
    const own = app().settings.get().keys[command.id];
    if (own !== undefined) return own === '' ? [] : [own];
    return command.keys ?? [];
  };
  const start = (command: Command): void => {
    const done = command.run(app());
    if (done instanceof Promise) done.catch((error: unknown) => app().notices.problem(error));
  };
  return {
    all,
    get: (id) => byId.get(id),
    keysOf,
    run(id) {
      const command = byId.get(id);
      if (command !== undefined && (command.when?.(app()) ?? true)) start(command);
    },
    fitting(chord, isTyping) {
      return all.find(
        (command) =>
          (!isTyping || command.whileTyping === true) &&
          keysOf(command).some((key) => normalizeChord(key) === chord) &&
          (command.when?.(app()) ?? true),
      );
    },
  };
}

export function listenForKeys(target: Document, app: App): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const isTyping = isTextField(event.target);
    const chords = chordsOf(event, app.host.isMac);
    if (isOwnKey(event)) return;
    for (const chord of chords) {
      const command = app.commands.fitting(chord, isTyping);
      if (command === undefined) continue;
      event.preventDefault();
      if (!event.repeat || command.repeats === true) app.commands.run(command.id);
      return;
    }
  };
  target.addEventListener('keydown', onKey);
  return () => target.removeEventListener('keydown', onKey);
}

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.shadowRoot !== null) return true;
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'button', 'range', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Space and Enter belong to a focused button or link, arrows to a focused tab. */
function isOwnKey(event: KeyboardEvent): boolean {
  if (!(event.target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key !== ' ' && event.key !== 'Enter') return false;
  return event.target.closest('button, a[href], summary, [role="switch"], [role="menuitem"]') !== null;
}
