/** What lies over the page: at most one palette, sheet or dialog, and at most one menu on top of it. */
import type { ReactNode } from 'react';
import type { IconName } from '../icons/icon-set.ts';
import { createStore, type Store } from '../state/store.ts';

export type Overlay =
  | { readonly kind: 'palette' }
  | { readonly kind: 'help' }
  | { readonly kind: 'dialog'; readonly name: DialogName; readonly data?: unknown };

export type DialogName =
  | 'about'
  | 'export'
  | 'goto'
  | 'proxy'
  | 'decode-as'
  | 'save-filter'
  | 'comment'
  | 'add-column'
  | 'doctor'
  | 'capture'
  | 'save-as'
  | 'hide'
  | 'script';

export interface MenuItem {
  readonly title: string;
  readonly icon?: IconName;
  /** Id of the command it stands for: shows its keys. */
  readonly command?: string;
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly note?: string;
  readonly swatch?: string;
  readonly run?: () => void;
}

export type MenuEntry = MenuItem | 'line' | { readonly heading: string };

export interface MenuState {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly node?: ReactNode;
}

export interface Overlays {
  readonly overlay: Store<Overlay | null>;
  readonly menu: Store<MenuState | null>;
  open(overlay: Overlay): void;
  dialog(name: DialogName, data?: unknown): void;
  /** Closes the topmost; false when there was none. */
  closeTop(): boolean;
  /** A menu at the pointer, or below an element. */
  showMenu(
    at: { readonly x: number; readonly y: number } | Element,
    label: string,
    entries: readonly MenuEntry[],
  ): void;
}

export function createOverlays(): Overlays {
  const overlay = createStore<Overlay | null>(null);
  const menu = createStore<MenuState | null>(null);
  return {
    overlay,
    menu,
    open(next) {
      menu.set(null);
      overlay.set(next);
    },
    dialog(name, data) {
      menu.set(null);
      overlay.set({ kind: 'dialog', name, data });
    },
    closeTop() {
      if (menu.get() !== null) menu.set(null);
      else if (overlay.get() !== null) overlay.set(null);
      else return false;
      return true;
    },
    showMenu(at, label, entries) {
      const place = at instanceof Element ? below(at) : at;
      menu.set({ ...place, label, entries });
    },
  };
}

function below(element: Element): { readonly x: number; readonly y: number } {
  const box = element.getBoundingClientRect();
  return { x: box.left, y: box.bottom + 2 };
}
