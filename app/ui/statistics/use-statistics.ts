import { useApp } from '../app.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { useStore } from '../state/store.ts';
import { useRequest, useTick, type Requested } from '../widgets/use-request.ts';
import { scopeArgs } from './scope.ts';

const REFRESH_MS = 2000;

/** Numbers over the filter and window shown, fresh every two seconds while recording. */
export function useStatistics<T>(
  ask: (client: EngineClient, scope: { readonly filter?: string }) => Promise<T>,
  key = '',
): Requested<T> {
  const app = useApp();
  const spec = useStore(app.view.spec);
  const isLive = useStore(app.mirror.session, (session) => session?.recording === true);
  const tick = useTick(REFRESH_MS, isLive);
  const scope = scopeArgs(spec);
  return useRequest((client) => ask(client, scope), `${key}|${scope.filter ?? ''}|${tick}`);
}
