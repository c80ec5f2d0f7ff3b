import type { SessionInfo } from '../../../core/contract/verbs.ts';
import type { ReadonlyStore } from '../state/store.ts';

/** Calls when the engine has gone over to another session, whoever asked it to. */
export function onOtherSession(session: ReadonlyStore<SessionInfo | null>, listener: () => void): void {
  let path = session.get()?.path ?? '';
  session.subscribe(() => {
    const before = path;
    path = session.get()?.path ?? path;
    if (before !== '' && before !== path) listener();
  });
}
