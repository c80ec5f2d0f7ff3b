/** What a shell with several engines wants to know of each: its session, and whether anything would end with it. */
import type { Engine } from '../../core/engine/engine.ts';

export interface EngineStatus {
  readonly title: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** Nothing recorded and nothing running: another file may take its place. */
  readonly isEmpty: boolean;
  /** Proxies and captures that would end with the engine. */
  readonly live: number;
  readonly connections: number;
  /** The user's own protocols, for sessions opened from here. */
  readonly protocolFiles: readonly string[];
}

/** Tells the status now and whenever it is another. */
export function tellStatus(engine: Engine, tell: (status: EngineStatus) => void): void {
  let told = '';
  let isCapturing = false;
  let isEmpty = true;
  const look = (): void => {
    const status = statusOf(engine, isCapturing);
    if (status === undefined) return;
    isEmpty = status.isEmpty;
    const text = JSON.stringify(status);
    if (text === told) return;
    told = text;
    tell(status);
  };
  engine.events.listen({
    event(event, data) {
      if (event === 'capture') isCapturing = (data as { readonly running: boolean }).running;
      // Rows come sixty times a second; the first of them is all there is to tell.
      if (event === 'grew' ? isEmpty : event === 'session' || event === 'proxies' || event === 'capture') look();
    },
  });
  look();
}

/** Undefined while no session is open: the engine is being closed. */
function statusOf(engine: Engine, isCapturing: boolean): EngineStatus | undefined {
  if (!engine.session.isOpen) return undefined;
  const { title, path, readOnly, frames } = engine.session.info();
  const proxies = engine.proxies.list().filter(({ state }) => state === 'running' || state === 'starting');
  const live = proxies.length + (isCapturing ? 1 : 0);
  return {
    title,
    path,
    readOnly,
    isEmpty: frames === 0 && live === 0,
    live,
    connections: proxies.reduce((sum, { connections }) => sum + connections, 0),
    protocolFiles: engine.protocols.files,
  };
}

const LOOK_MS = 30_000;

/** Calls `end` once nobody has looked at the engine for a while and nothing runs in it. */
export function endUnwatched(engine: Engine, end: () => void): void {
  let isCapturing = false;
  let wasAlone = false;
  engine.events.listen({
    event(event, data) {
      if (event === 'capture') isCapturing = (data as { readonly running: boolean }).running;
    },
  });
  setInterval(() => {
    const isAlone = engine.watchers === 0 && statusOf(engine, isCapturing)?.live === 0;
    if (isAlone && wasAlone) end();
    wasAlone = isAlone;
  }, LOOK_MS).unref();
}
