/** Puts the chosen theme onto the document: the tokens do the rest. */
import type { SettingsStore } from '../state/settings.ts';

export function applyTheme(settings: SettingsStore): void {
  const more = matchMedia('(prefers-contrast: more)');
  const apply = (): void => {
    const { theme, contrast } = settings.get();
    const { dataset } = document.documentElement;
    if (theme === 'system') delete dataset.theme;
    else dataset.theme = theme;
    if (contrast === 'more' || more.matches) dataset.contrast = 'more';
    else delete dataset.contrast;
  };
  apply();
  settings.subscribe(apply);
  more.addEventListener('change', apply);
}

/** Resolved colours for canvases, which cannot read `light-dark()` by themselves. */
export function tokenColors<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement('i');
  document.body.append(probe);
  const colors = {} as Record<Name, string>;
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colors;
}

/** Calls back when colours may have changed. */
export function onThemeChange(settings: SettingsStore, listener: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const later = (): void => void requestAnimationFrame(listener);
  dark.addEventListener('change', later);
  const end = settings.subscribe(later);
  return () => {
    dark.removeEventListener('change', later);
    end();
  };
}
