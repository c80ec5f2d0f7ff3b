import type { App } from '../app.ts';

/** Decoded fields shown as columns, here and after the next start. */
export function setFieldColumns(app: App, fieldColumns: readonly string[]): void {
  app.settings.change({ fieldColumns });
  app.view.change({ columns: fieldColumns });
}
