/** A protocol of the user's YAML file; its conditions are filters. */
import type { Protocol } from '../protocol/protocol.ts';
import { loadProtocol } from '../protocol/yaml-protocol.ts';
import type { ProtocolSource } from '../session/recorder-messages.ts';
import { compileFilter } from '../traffic/filter/filter.ts';

/** @throws Error with every mistake of the file, by line and column */
export function compileProtocol(source: ProtocolSource): Protocol {
  const { protocol, problems } = loadProtocol(source.text, (text) => compileFilter(text));
  if (protocol === undefined || problems.length > 0) {
    throw new Error(problems.map((p) => `line ${p.line}, column ${p.column}: ${p.message}`).join('; '));
  }
  return protocol;
}

/** What a thread of the session decodes with: the user's protocols first, then those that ship. Mistakes were told before. */
export function protocolsOf(shipped: readonly Protocol[], sources: readonly ProtocolSource[]): readonly Protocol[] {
  const made = sources.flatMap((source) => {
    try {
      return [compileProtocol(source)];
    } catch {
      return [];
    }
  });
  return [...made.filter((p) => !shipped.some((other) => other.id === p.id)), ...shipped];
}
