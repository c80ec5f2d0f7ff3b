/** Settings of this page and those of pages at other addresses are the same: the engine's home folder has them. */
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { TimelineView } from '../timeline/view.ts';
import { readSettings, type Settings, type SettingsStore } from './settings.ts';

const WAIT_MS = 300;

export function keepLook(client: EngineClient, settings: SettingsStore, view: TimelineView): void {
  let known: Settings | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const changed = (): Record<string, unknown> => {
    const now = settings.get();
    const keys = Object.keys(now) as (keyof Settings)[];
    return Object.fromEntries(keys.filter((key) => known?.[key] !== now[key]).map((key) => [key, now[key]]));
  };
  const send = (): void => {
    const look = changed();
    if (known === undefined || Object.keys(look).length === 0) return;
    known = settings.get();
    void client.request('look.set', { look }).catch(() => undefined);
  };

  client.whenReady(() => {
    const before = settings.get();
    client.request('look.get', {}).then(
      ({ look }) => {
        // What was changed here while asking is newer than what is kept.
        known = readSettings(look);
        if (settings.get() === before && Object.keys(look).length > 0) {
          known = readSettings({ ...before, ...look });
          settings.set(known);
          const { fieldColumns, hiddenMessages, colors } = known;
          view.change({ columns: fieldColumns, hidden: hiddenMessages, colors });
        }
        settings.subscribe(() => {
          clearTimeout(timer);
          timer = setTimeout(send, WAIT_MS);
        });
        addEventListener('pagehide', send);
        send();
      },
      // An engine that keeps nothing: this browser remembers by itself.
      () => undefined,
    );
  });
}
