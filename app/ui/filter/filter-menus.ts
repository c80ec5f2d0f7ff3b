import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { t } from '../strings/strings.ts';

export function historyMenu(app: App): readonly MenuEntry[] {
  const { filterHistory, savedFilters } = app.settings.get();
  const current = app.view.spec.get().filter;
  const use =
    (text: string): (() => void) =>
    () =>
      void app.filter.apply(text).catch(app.notices.problem);
  const entries: MenuEntry[] = [
    { title: t.filter.save, icon: 'star', disabled: current === '', run: () => app.overlays.dialog('save-filter') },
  ];
  if (savedFilters.length > 0) {
    entries.push({ heading: t.filter.saved });
    for (const saved of savedFilters)
      entries.push({ title: saved.name, note: saved.text, icon: 'star', run: use(saved.text) });
  }
  entries.push({ heading: t.filter.earlier });
  if (filterHistory.length === 0) entries.push({ title: t.filter.noHistory, disabled: true });
  for (const text of filterHistory.slice(0, 15)) entries.push({ title: text, icon: 'history', run: use(text) });
  return entries;
}

/** Hides or shows a message by name, everywhere and for later. */
export function setHidden(app: App, name: string, isHidden: boolean): void {
  const { hiddenMessages } = app.settings.get();
  const others = hiddenMessages.filter((each) => each !== name);
  const next = isHidden ? [...others, name] : others;
  app.settings.change({ hiddenMessages: next });
  app.view.change({ hidden: next });
}

export function showAllHidden(app: App): void {
  app.settings.change({ hiddenMessages: [] });
  app.view.change({ hidden: [] });
}
