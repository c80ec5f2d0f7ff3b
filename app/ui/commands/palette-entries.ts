/** What the palette lists: commands about the selected frame, rules and proxies by name, then everything else. */
import type { App } from '../app.ts';
import type { IconName } from '../icons/icon-set.ts';
import { t } from '../strings/strings.ts';
import { fuzzyMatch } from './fuzzy-match.ts';

export interface PaletteEntry {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly note: string;
  readonly icon: IconName;
  readonly chord: string | undefined;
  readonly isEnabled: boolean;
  readonly spans: readonly (readonly [number, number])[];
  run(): void;
}

export function paletteEntries(
  app: App,
  query: string,
): { readonly entries: readonly PaletteEntry[]; readonly total: number } {
  const all = [...frameCommands(app), ...rules(app), ...proxies(app), ...everywhere(app)];
  const order = [...new Set(all.map((entry) => entry.group))];
  const found = all
    .flatMap((entry) => {
      const match = fuzzyMatch(query, `${entry.title} ${entry.note}`);
      return match === null
        ? []
        : [
            {
              entry: { ...entry, spans: match.spans },
              share: match.share,
              score: match.score + match.share * 50 + (entry.isEnabled ? 0 : -20),
            },
          ];
    })
    .sort((a, b) => order.indexOf(a.entry.group) - order.indexOf(b.entry.group) || b.score - a.score);
  // Part of the words is better than nothing, but not beside what has them all.
  const whole = found.filter((each) => each.share === 1);
  const shown = whole.length > 0 ? whole : found;
  return { entries: shown.map(({ entry }) => entry), total: all.length };
}

function fromCommand(app: App, group: string, onFrame: boolean): PaletteEntry[] {
  return app.commands.all
    .filter((command) => (command.onFrame === true) === onFrame && command.id !== 'palette' && command.id !== 'close')
    .map((command) => {
      const isEnabled = command.when?.(app) ?? true;
      return {
        id: command.id,
        group,
        title: command.title,
        note: isEnabled ? (command.note?.(app) ?? '') : (command.reason ?? ''),
        icon: command.icon,
        chord: app.commands.keysOf(command)[0],
        isEnabled,
        spans: [],
        run: () => app.commands.run(command.id),
      };
    });
}

const frameCommands = (app: App): PaletteEntry[] =>
  app.selection.get().focus > 0 ? fromCommand(app, t.commands.groups.frame, true) : [];
const everywhere = (app: App): PaletteEntry[] => fromCommand(app, t.commands.groups.everywhere, false);

function rules(app: App): PaletteEntry[] {
  return app.mirror.rules.get().map((rule) => {
    const status = app.mirror.ruleStatus.get().find((each) => each.id === rule.id);
    return {
      id: `rule.${rule.id}`,
      group: t.commands.groups.rules,
      title: rule.title ?? status?.sentence ?? rule.when,
      note: t.holds.ruleNote(rule.enabled, status?.hits ?? 0),
      icon: 'hold',
      chord: undefined,
      isEnabled: true,
      spans: [],
      run: () => app.holds.openRule(rule.id),
    };
  });
}

function proxies(app: App): PaletteEntry[] {
  return app.mirror.proxies.get().map((proxy) => {
    const isRunning = proxy.state === 'running';
    const { name } = proxy.spec;
    return {
      id: `proxy.${name}`,
      group: t.commands.groups.proxies,
      title: isRunning ? t.proxies.stopNamed(name) : t.proxies.startNamed(name),
      note: proxy.url ?? proxy.spec.listen,
      icon: isRunning ? 'stop' : 'play',
      chord: undefined,
      isEnabled: true,
      spans: [],
      run: () =>
        void app.client.request(isRunning ? 'proxy.stop' : 'proxy.restart', { name }).catch(app.notices.problem),
    };
  });
}
