/** Something that was asked for could not be done. The code is an API; the message says what to do. */
export type EngineErrorCode =
  | 'bad-request'
  | 'bad-config'
  | 'bad-filter'
  | 'bad-rule'
  | 'bad-schema'
  | 'bad-url'
  | 'unknown-protocol'
  | 'unknown-proxy'
  | 'unknown-connection'
  | 'unknown-frame'
  | 'not-found'
  | 'unreadable-file'
  | 'not-a-session'
  | 'newer-format'
  | 'port-taken'
  | 'connect-failed'
  | 'tls-failed'
  | 'not-encodable'
  | 'not-allowed'
  | 'read-only'
  | 'missing-tool'
  | 'missing-rights'
  | 'disk-full'
  | 'timeout'
  | 'cancelled'
  | 'script-failed'
  | 'internal';

export class EngineError extends Error {
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}
