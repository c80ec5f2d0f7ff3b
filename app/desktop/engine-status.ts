/** What an engine process tells its shell about its session, each time that changes. */
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

/** The status in a message of the engine; undefined for any other message. */
export function readStatus(message: unknown): EngineStatus | undefined {
  const status = (message as { status?: unknown } | null)?.status as Partial<Record<keyof EngineStatus, unknown>>;
  if (typeof status !== 'object' || status === null) return undefined;
  const { title, path, readOnly, isEmpty, live, connections, protocolFiles } = status;
  const isWhole =
    typeof title === 'string' &&
    typeof path === 'string' &&
    typeof readOnly === 'boolean' &&
    typeof isEmpty === 'boolean' &&
    Number.isInteger(live) &&
    Number.isInteger(connections) &&
    Array.isArray(protocolFiles) &&
    protocolFiles.every((file) => typeof file === 'string');
  return isWhole ? (status as EngineStatus) : undefined;
}
