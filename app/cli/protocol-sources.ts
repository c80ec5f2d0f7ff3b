import { readFileSync } from 'node:fs';
import type { ProtocolSource } from '../../core/session/recorder-messages.ts';
import type { Invocation } from './command.ts';

/** `--protocol-file` as text, for threads that make the protocols themselves. The files were checked when they were read first. */
export function protocolSources(invocation: Invocation): ProtocolSource[] {
  return invocation.texts('protocol-file').map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}
